"""Holding stolen money where it lies: proposals from a trace, how long money stays, the clock of the golden hour."""
