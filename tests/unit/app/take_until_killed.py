"""A process that takes one list of contacts in, over and over, until it is killed; see test_take_contacts.py."""

from __future__ import annotations

import sys
from pathlib import Path

from chainbreak.act.warnings.model import ContactEvent
from chainbreak.app.bootstrap import open_office
from chainbreak.app.take_contacts import take_contacts
from chainbreak.base.clock import FixedClock
from chainbreak.records.actor import SERVICE

NOW = 1_795_147_200_000_000


def contacts(finding_id: str, count: int) -> list[ContactEvent]:
    """Calls, pages and texts of `count` contacts to a third as many people by four campaigns."""
    kinds = ("call.fraud_line", "visit.scam_domain", "sms.template")
    return [
        ContactEvent(
            kinds[i % 3], f"line:{i % (count // 3):016x}", NOW - i * 1_000_000, f"finding:{finding_id}", "records",
            f"r{i}", f"line:{i % 4:016x}", f"series:S-{i % 4}", facts={"duration_s": i * 37 % 900},
        )
        for i in range(count)
    ]  # fmt: skip


if __name__ == "__main__":
    office = open_office(Path(sys.argv[1]), FixedClock(NOW))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        take_contacts(office, SERVICE, contacts(sys.argv[2], int(sys.argv[3])))
