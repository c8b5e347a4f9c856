"""Leads: what a unit in the field is asked to find out, by when, on which evidence, and what came of it.

Everything here is pure: no clock, no database. `app/move_lead.py` keeps what `machine.step` gives.
"""
