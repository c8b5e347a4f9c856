"""A centre whose lake holds the kit's small world."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.records import kind_named

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "contract"))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A new centre with the small world already ingested."""
    from small_world import WORLD_END_US, small_world

    made = init_centre(tmp_path / "centre", Settings(), FixedClock(WORLD_END_US + 60_000_000))
    for name, table in small_world().items():
        made.lake.append(name, table, kind_named(name).partition_by)
    return made
