"""What goip@2 counts of cards, and between them, ends with its window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from small_world import small_world

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.contract.runner import records_of, reduced
from chainbreak.find.detectors.goip.v2 import Goip
from chainbreak.records import kind_named
from chainbreak.store.duck import Duck
from chainbreak.store.lake import Lake

TIES = ("swaps", "shared", "ports", "inside", "relays")


def a_month_before(calls: pa.Table) -> pa.Table:
    """The same calls 30 days earlier, as other records."""
    said = {
        "at_us": pc.subtract(calls["at_us"], 30 * US_PER_DAY),
        "local_day": pa.array([day - timedelta(days=30) for day in calls["local_day"].to_pylist()], pa.date32()),
        "record_ref": pa.array([f"{n:032x}" for n in range(calls.num_rows)]),
    }
    for name, values in said.items():
        at = calls.schema.get_field_index(name)
        calls = calls.set_column(at, calls.schema.field(at), values)
    return calls


def ties_in(folder: Path, calls: list[pa.Table]) -> dict[str, list[dict[str, int]]]:
    """Reduced tables of pairs of the small world with these calls."""
    lake = Lake(folder / "lake")
    for name, table in (small_world() | {"call": pa.concat_tables(calls)}).items():
        lake.append(name, table, kind_named(name).partition_by)
    engine = Duck(lake, lake.snapshot(), folder / "scratch", memory_limit_mib=512, threads=1)
    try:
        stamp, tables = records_of(engine, Goip())
        rows = reduced(engine, Goip(), tables, stamp)
        return {name: rows[name].sort_by([("a", "ascending"), ("b", "ascending")]).to_pylist() for name in TIES}
    finally:
        engine.close()


def test_ties_of_cards_older_than_the_window_do_not_count(tmp_path: Path) -> None:
    calls = small_world()["call"]
    now = ties_in(tmp_path / "now", [calls])
    assert now["swaps"]
    assert ties_in(tmp_path / "then", [calls, a_month_before(calls)]) == now
