"""Spark's own ways: lake files as the other engine sees them, the machine's zone, and what is said when parts lack."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from both_engines import QUIET, Engines

from chainbreak.app.bootstrap import Office
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import SetupError, UsageError
from chainbreak.base.settings import Settings
from chainbreak.records import KINDS
from chainbreak.store.lake import Lake
from chainbreak.store.spark import Spark

pytestmark = QUIET
CALL = KINDS["call"]
TOKEN = -(2**62) - 1


def calls(*days: date | None) -> pa.Table:
    rows = [{"record_ref": str(d), "local_day": d, "local_hour": 3, "at_us": 1, "msisdn": TOKEN} for d in days]
    return pa.Table.from_pylist(rows, schema=CALL.arrow_schema())


def test_lake_files_of_two_ages_read_alike(engines_on: Callable[[Lake], Engines], tmp_path: Path) -> None:
    lake = Lake(tmp_path / "湖 {1}")
    lake.append("call", calls(date(2026, 11, 1)).drop_columns(["ta", "auth_ms"]), CALL.partition_by)
    lake.append("call", calls(date(2026, 11, 1), date(2026, 11, 2)), CALL.partition_by)
    both = engines_on(lake)
    for kind in ("call", "report"):  # there is no table of reports
        duck, spark = (engine.run(engine.table(kind)) for engine in (both.duck, both.spark))
        types = [(field.name, field.type) for field in KINDS[kind].arrow_schema()]
        assert [(f.name, f.type) for f in spark.schema] == [(f.name, f.type) for f in duck.schema] == types
        assert sorted(map(repr, spark.to_pylist())) == sorted(map(repr, duck.to_pylist()))
    assert both.spark.run(both.spark.table("call"))["msisdn"].to_pylist() == [TOKEN] * 3


def test_rows_put_stored_and_kept_come_back_alike(engines_on: Callable[[Lake], Engines], tmp_path: Path) -> None:
    rows = pa.table(
        {"id": pa.array([1, None, TOKEN]), "s": pa.array(["a", None, "反诈"]), "x": pa.array([0.5, None, 1])}
    )
    for n in (1, 2):
        pq.write_table(rows.slice(n - 1, 2), tmp_path / f"part [{n}].parquet")
    both = engines_on(Lake(tmp_path / "lake"))
    for engine in (both.duck, both.spark):
        put = engine.put("rows", rows)
        kept = engine.checkpoint("kept", put.mutate(more=put.id + 1))
        kept_again = engine.checkpoint("kept", put.mutate(more=put.id + 1))
        stored = engine.stored("rows", sorted(tmp_path.glob("*.parquet")))
        assert sorted(map(repr, engine.run(put).to_pylist())) == sorted(map(repr, rows.to_pylist()))
        assert engine.run(kept).equals(engine.run(kept_again))
        assert engine.run(stored).num_rows == 4
        assert engine.run(kept).schema == rows.schema.append(pa.field("more", pa.int64()))
        assert engine.run(stored).schema == rows.schema


def test_the_session_stands_in_utc_on_a_machine_that_does_not(jvm: Spark) -> None:
    machine = jvm._session._jvm.java.util.TimeZone.getDefault().getID()
    assert machine == "Asia/Shanghai"
    assert jvm._session.conf.get("spark.sql.session.timeZone") == "UTC"


def test_it_listens_on_loopback_only(jvm: Spark) -> None:
    process = jvm._session.sparkContext._gateway.proc.pid
    listening = "0A"
    open_to_all = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == listening and line.split()[9] in _sockets_of(process)
    ]
    loopback = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")
    assert open_to_all
    assert [address for address in open_to_all if not address.startswith(loopback)] == []


def _sockets_of(process: int) -> set[str]:
    links = [str(fd.readlink()) for fd in Path(f"/proc/{process}/fd").iterdir() if fd.is_symlink()]
    return {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:")}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return init_centre(tmp_path / "centre", Settings(), FixedClock(1))


def test_without_java_it_says_what_to_install(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"CB-ST-021.*openjdk-17-jre-headless"):
        office.engine(name="spark")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SetupError, match=r"CB-ST-021.*JAVA_HOME"):
        office.engine(name="spark")


def test_without_pyspark_it_says_what_to_install(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(SetupError, match=r"CB-ST-020.*chainbreak\[spark\]"):
        office.engine(name="spark")


def test_an_unknown_engine_is_refused(office: Office) -> None:
    with pytest.raises(UsageError, match=r"CB-US-001.*duckdb, spark"):
        office.engine(name="polars")
