"""Honest lines that look like fraud, by family: trades, shared and cloned handsets, machines, crowds."""
