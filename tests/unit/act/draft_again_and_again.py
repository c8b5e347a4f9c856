"""A process that drafts all holds of a run and withdraws them again until it is killed; see test_holds_killed.py."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from chainbreak.app.bootstrap import open_office
from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.list_orders import list_orders
from chainbreak.app.withdraw_order import withdraw_order
from chainbreak.base.clock import FixedClock
from chainbreak.records.actor import Actor, Role

LI = Actor("li", frozenset({Role.FUND_DESK}))

if __name__ == "__main__":
    office = open_office(Path(sys.argv[1]), FixedClock(int(sys.argv[2])))
    for turn in count():
        for row in list_orders(office, states=["draft"]):
            withdraw_order(office, LI, row["order_id"])
        if turn == 1:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
        draft_holds(office, LI, sys.argv[3], key=f"{sys.argv[4]}-{turn}")
