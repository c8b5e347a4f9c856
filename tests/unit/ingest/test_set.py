"""The lake holds a set: neither order, overlap, repetition nor the size of a chunk changes what is in it."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainbreak.app.bootstrap import Office
from chainbreak.app.ingest_file import ingest_files, open_parts
from chainbreak.app.init_centre import init_centre
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.base.clock import FixedClock
from chainbreak.base.progress import silent
from chainbreak.base.settings import Settings
from chainbreak.ingest.limits import Limits
from chainbreak.ingest.pipeline import ingest_file
from chainbreak.records import kind_named
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.store.lake import Lake
from chainbreak.store.versions import current_rows

from .conftest import START_US, make_calls, write_csv

CALLS = make_calls(40)


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory) -> Office:
    return init_centre(tmp_path_factory.mktemp("set") / "centre", Settings(), FixedClock(START_US))


def _table(lake: Lake, kind: str) -> list[dict]:
    return sorted(lake.open(kind).to_pyarrow_table().to_pylist(), key=lambda row: row["record_ref"])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    picks=st.lists(st.lists(st.integers(0, 39), min_size=1, max_size=40), min_size=1, max_size=3),
    block=st.integers(300, 4_000),
)
def test_any_files_in_any_blocks_give_the_set_of_their_rows(picks, block, shared_office, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    parts = open_parts(shared_office)
    lakes = []
    for name, chunk, order in (("once", 1 << 20, [[i for pick in picks for i in pick]]), ("parts", block, picks[::-1])):
        lake = Lake(folder / name)
        lakes.append(lake)
        for at, pick in enumerate(order):
            path = write_csv(folder / f"{name}{at}.csv", [CALLS[i] for i in pick])
            run = ingest_file(
                replace(parts, lake=lake, limits=Limits(block=chunk)), kind_named("call"), path, None, silent
            )
            assert run.error == ""
            assert run.accepted + run.duplicates == run.rows_read == len(pick)
    assert _table(lakes[0], "call") == _table(lakes[1], "call")
    assert len(_table(lakes[0], "call")) == len({i for pick in picks for i in pick})


def test_the_same_file_twice_adds_no_version(bring, office, tmp_path):
    path = write_csv(tmp_path / "calls.csv", CALLS)
    bring("call", path)
    version = office.lake.version("call")
    (again,) = bring("call", path)
    assert (again.accepted, again.duplicates, again.lake_version) == (0, 40, None)
    assert office.lake.version("call") == version


def test_a_ref_survives_key_rotation(bring, office, lake_rows, tmp_path):
    path = write_csv(tmp_path / "calls.csv", CALLS)
    bring("call", path)
    before = {row["record_ref"]: row["msisdn"] for row in lake_rows("call")}
    rotate_keys(office, Actor("eve", frozenset({Role.ENGINEER})))
    fresh = Office(office.centre, office.clock)
    (again,) = ingest_files(fresh, SERVICE, "call", [path])
    assert (again.accepted, again.duplicates) == (0, 40)
    after = {row["record_ref"]: row["msisdn"] for row in lake_rows("call")}
    assert before.keys() == after.keys()
    assert all(before[ref] != after[ref] for ref in before)


def _accounts(path: Path, balance: int) -> Path:
    return write_csv(path, [{"account": "C1", "bank": "ABC", "opening_balance_fen": balance}])


def test_versions_of_one_key_are_both_kept_and_one_counts_whatever_came_first(tmp_path):
    current = []
    for order in ((1, 2), (2, 1)):
        office = init_centre(tmp_path / f"c{order[0]}", Settings(), FixedClock(START_US))
        # The same keys in both centres, so that refs can be compared.
        for key in (tmp_path / "c1" / "keys").glob("*.key"):
            (office.centre.keys / key.name).write_bytes(key.read_bytes())
        parts = open_parts(Office(office.centre, office.clock))
        runs = [
            ingest_file(parts, kind_named("account"), _accounts(tmp_path / f"{v}.csv", v), None, silent) for v in order
        ]
        assert [run.conflicts for run in runs] == [0, 1]
        engine = office.engine()
        assert engine.run(engine.table("account")).num_rows == 2
        current.append(engine.run(current_rows(engine.table("account"), "account")).to_pylist())
        engine.close()
    assert len(current[0]) == 1
    assert current[0] == current[1]


def test_the_latest_report_counts(bring, office, tmp_path):
    rows = [{"report_id": "R1", "reported_at_us": START_US + i, "loss_fen": i} for i in (5, 9, 7)]
    (run,) = bring("report", write_csv(tmp_path / "report.csv", rows))
    assert run.accepted == 3
    assert run.conflicts == 1
    engine = office.engine()
    assert engine.run(current_rows(engine.table("report"), "report"))["loss_fen"].to_pylist() == [9]
    engine.close()


def test_rows_that_differ_only_in_a_damaged_identifier_stay_two(bring, lake_rows, tmp_path):
    rows = [{**CALLS[0], "imei": "??1"}, {**CALLS[0], "imei": "??2"}]
    (run,) = bring("call", write_csv(tmp_path / "calls.csv", rows))
    assert (run.accepted, run.unread_identifiers, run.quarantined) == (2, 2, 0)
    assert [row["imei"] for row in lake_rows("call")] == [None, None]


def test_many_small_files_of_a_day_become_few(bring, office, lake_rows, tmp_path):
    from chainbreak.ingest.compaction import PAYS_AT

    for i in range(PAYS_AT):
        bring("domain", write_csv(tmp_path / f"{i}.csv", [{"domain": f"a{i}.example.com"}]))
    assert len(office.lake.files("domain")) == 1
    assert len(lake_rows("domain")) == PAYS_AT
    assert len(office.lake.files("domain", version=2)) == 3


def test_records_with_a_key_come_in_by_more_than_one_chunk(office, lake_rows, tmp_path):
    """The last line lacks its end and so is a chunk of its own."""
    path = tmp_path / "report.csv"
    path.write_text(f"report_id,reported_at_us,narrative\nr1,{START_US},a\nr2,{START_US},b", encoding="utf-8")
    (run,) = ingest_files(office, SERVICE, "report", [path])
    assert (run.error, run.accepted) == ("", 2)
    assert {row["report_id"] for row in lake_rows("report")} == {"r1", "r2"}
