"""A centre into which the kit's small world comes piece by piece."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

TESTS = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(TESTS / "contract"), str(TESTS / "support")]

from small_world import START_US, WORLD_END_US, small_world  # noqa: E402 needs the path
from standing_mules import StandingMules  # noqa: E402

from chainbreak.app.bootstrap import Office  # noqa: E402
from chainbreak.app.init_centre import init_centre  # noqa: E402
from chainbreak.app.watch_records import Step, watch_records  # noqa: E402
from chainbreak.base.clock import US_PER_DAY, FixedClock  # noqa: E402
from chainbreak.base.settings import Settings  # noqa: E402
from chainbreak.find import registry  # noqa: E402
from chainbreak.find.contract.detector import Detector  # noqa: E402
from chainbreak.find.contract.runner import run_one  # noqa: E402
from chainbreak.records import kind_named  # noqa: E402


class Watched:
    """A centre with reference tables, fed with events by and by."""

    def __init__(self, folder: Path) -> None:
        self.world = small_world()
        self.office = init_centre(folder, Settings(), FixedClock(WORLD_END_US + 60_000_000))
        for name, table in self.world.items():
            if not kind_named(name).time:
                self.feed(name, table)

    def feed(self, kind: str, rows: pa.Table) -> None:
        """One batch into the lake."""
        if rows.num_rows:
            self.office.lake.append(kind, rows, kind_named(kind).partition_by)

    def days(self, kind: str, first: int, last: int) -> pa.Table:
        """The world's events from day `first` up to, not including, day `last`."""
        table = self.world[kind]
        at = table[str(kind_named(kind).time)]
        low, high = START_US + first * US_PER_DAY, START_US + last * US_PER_DAY
        return table.filter(pc.and_(pc.greater_equal(at, low), pc.less(at, high)))

    def look(self, names: Sequence[str] = ("mules",)) -> list[Step]:
        """What one look of a watch that starts and ends does."""
        return list(watch_records(self.office, names, once=True))

    def in_one_run(self, detector: Detector) -> list[bytes]:
        """What one run finds on the newest records."""
        engine = self.office.engine()
        try:
            return [f.as_bytes() for f in run_one(engine, detector).findings]
        finally:
            engine.close()

    def kept(self, state: str) -> list[str]:
        """Subjects of the findings in that state."""
        from chainbreak.store.desk.findings import Filter, page

        with self.office.desk.read() as conn:
            return sorted(row.subject for row in page(conn, Filter(state=state), limit=1_000))


def contents(step: Step) -> list[bytes]:
    """The findings of a step."""
    return [f.as_bytes() for f in step.findings]


@pytest.fixture
def watched(tmp_path: Path, standing: Detector) -> Watched:
    """A new centre without events, whose mules is a detector of which something stands."""
    return Watched(tmp_path / "centre")


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Detector:
    """The detector that `mules` names in this test."""
    detector = StandingMules()
    others = tuple(d for d in registry.detectors() if d.name != "mules")
    monkeypatch.setattr(registry, "detectors", lambda: (*others, detector))
    return detector


__all__ = ["Office", "Watched", "contents"]
