"""A process that records one of two partitions after the other until it is killed; see test_record_series.py."""

from __future__ import annotations

import sys
from pathlib import Path

from chainbreak.app.bootstrap import open_office
from chainbreak.app.record_series import Linking, record_series
from chainbreak.base.clock import FixedClock
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk import Desk
from chainbreak.store.desk.series import Stay

REPORTS = [f"r{i:04d}" for i in range(1_200)]
SIZES = (4, 6)


def partition(size: int) -> list[list[str]]:
    """Every report in a group of `size`."""
    return [REPORTS[at : at + size] for at in range(0, len(REPORTS), size)]


def linking(size: int) -> Linking:
    facts = {r: Stay(r, 1_000 + i, "东区", "fake_task", 100 * size, 5.0) for i, r in enumerate(REPORTS)}
    return Linking(partition(size), facts, 0, "test", REPORTS)


if __name__ == "__main__":
    office = open_office(Path(sys.argv[1]), FixedClock(1_795_147_200_000_000))
    office.desk = Desk(sys.argv[2], office.clock)
    record_series(office, SERVICE, linking(SIZES[0]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for size in SIZES:
            record_series(office, SERVICE, linking(size))
