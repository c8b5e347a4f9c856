"""The lake keeps every committed row, pins versions, and lets readers read while writers write."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from chainbreak.base.errors import SetupError
from chainbreak.records import KINDS
from chainbreak.store.duck import Duck
from chainbreak.store.lake import Lake

CALL = KINDS["call"]


def calls(*refs: str, day: date = date(2026, 11, 20)) -> pa.Table:
    rows = [
        {"record_ref": r, "local_day": day, "local_hour": 3, "at_us": 1, "kind": "mo_call", "msisdn": -5} for r in refs
    ]
    return pa.Table.from_pylist(rows, schema=CALL.arrow_schema())


def refs_of(lake: Lake, tmp_path: Path, snapshot: dict[str, int]) -> set[str]:
    engine = Duck(lake, snapshot, tmp_path / "scratch")
    try:
        return set(engine.run(engine.table("call").select("record_ref"))["record_ref"].to_pylist())
    finally:
        engine.close()


def test_a_pinned_version_never_changes(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.append("call", calls("a"), CALL.partition_by)
    pinned = lake.snapshot()
    lake.append("call", calls("b", day=date(2026, 11, 21)), CALL.partition_by)
    assert refs_of(lake, tmp_path, pinned) == {"a"}
    assert refs_of(lake, tmp_path, lake.snapshot()) == {"a", "b"}


def test_types_come_back_as_the_kind_says_and_an_absent_table_is_empty(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.append("call", calls("a"), CALL.partition_by)
    engine = Duck(lake, lake.snapshot(), tmp_path / "scratch")
    got = engine.run(engine.table("call")).schema
    assert [(f.name, f.type) for f in got] == [(f.name, f.type) for f in CALL.arrow_schema()]
    assert engine.run(engine.table("transfer")).num_rows == 0
    engine.close()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_table_written_before_a_column_existed_reads_it_as_null(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.append("call", calls("a").drop_columns(["roaming"]), CALL.partition_by)
    engine = Duck(lake, lake.snapshot(), tmp_path / "scratch")
    assert engine.run(engine.table("call"))["roaming"].to_pylist() == [None]
    engine.close()


def test_only_the_days_asked_for_are_opened(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.append("call", calls("a"), CALL.partition_by)
    lake.append("call", calls("b", day=date(2026, 11, 21)), CALL.partition_by)
    assert len(lake.files("call", days=[date(2026, 11, 21)])) == 1
    assert lake.files("call", days=[]) == []


def test_unknown_table_and_version_say_what_is_there(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    with pytest.raises(SetupError, match="CB-ST-010"):
        lake.files("call")
    lake.append("call", calls("a"), CALL.partition_by)
    with pytest.raises(SetupError, match="CB-ST-011"):
        lake.files("call", version=7)


HOLD_LOCK = """
import sys, signal
from pathlib import Path
from chainbreak.store.lake import Lake
with Lake(Path(sys.argv[1])).writing("call"):
    print("held", flush=True)
    signal.pause()
"""


def test_the_lock_of_a_killed_writer_is_free_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD_LOCK, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        with Lake(tmp_path).writing("call"):
            assert holder.wait() != 0


def test_the_session_zone_is_utc_whatever_the_machine_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    engine = Duck(Lake(tmp_path / "lake"), {}, tmp_path / "scratch")
    assert engine._connection.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)
    engine.close()
