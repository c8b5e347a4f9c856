"""Visits: who goes to which door, in which order, by when, what is asked there and what proves it. Pure rules."""
