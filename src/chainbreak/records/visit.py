"""The states of a visit, named once for the desk and for the rules."""

from __future__ import annotations

OPEN, ACCEPTED, TRAVELLING, ARRIVED, DONE = "open", "accepted", "travelling", "arrived", "done"
CANCELLED, SUPPRESSED = "cancelled", "suppressed"
UNDER_WAY = frozenset({ACCEPTED, TRAVELLING, ARRIVED})
"""Somebody has taken it on: the address may be shown to them, and only to them."""
LIVE = UNDER_WAY | {OPEN}
MADE = LIVE | {DONE}
"""What counts towards 'one visit in so many days'."""
