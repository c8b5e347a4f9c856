"""A process that enters the bank's receipts of a return one by one until it is killed; see test_returns_killed.py."""

from __future__ import annotations

import sys
from pathlib import Path

from chainbreak.app.bootstrap import open_office
from chainbreak.app.move_return import read_return
from chainbreak.app.pay_return import Receipt, pay_return
from chainbreak.base.clock import FixedClock
from chainbreak.records.actor import Actor, Role

SUN = Actor("sun", frozenset({Role.LIAISON}))

if __name__ == "__main__":
    office = open_office(Path(sys.argv[1]), FixedClock(int(sys.argv[3])))
    with office.desk.read() as conn:
        claims = [share.claim_id for share in read_return(conn, sys.argv[2]).shares]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for claim in claims:  # from the first again after each kill: what was entered before is no second payment
        pay_return(office, SUN, sys.argv[2], [Receipt(claim, f"B-{claim}")])
