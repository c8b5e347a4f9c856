"""Measures of a detector on simulated worlds whose truth is known (spec/goip.md 8). No detector reads any of it."""
