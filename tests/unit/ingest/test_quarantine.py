"""Rejected rows say why and where, hide what they hold, and come back once."""

import json

import pytest

from chainbreak.app.list_quarantine import list_quarantine
from chainbreak.app.replay_quarantine import fix_row, replay_quarantine
from chainbreak.base.errors import InputError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk.ingests import read_lateness, read_runs

from .conftest import START_US, make_calls, write_csv

ANA = Actor("ana", frozenset({Role.ENGINEER}))
CALLS = make_calls(8)
FAULTY = [
    CALLS[0],
    {**CALLS[1], "duration_s": "-3"},
    {**CALLS[2], "kind": "teleport"},
    {**CALLS[3], "at_us": ""},
    {**CALLS[4], "at_us": "1795132800"},  # seconds where microseconds belong
    {**CALLS[5], "duration_s": "1.5"},
    CALLS[6],
]


@pytest.fixture
def ingested(bring, tmp_path):
    (run,) = bring("call", write_csv(tmp_path / "calls.csv", FAULTY))
    return run


def test_each_bad_row_names_reason_column_and_line(ingested, office):
    assert (ingested.accepted, ingested.quarantined) == (2, 5)
    found = [(row["line"], row["code"], row["column"]) for row in list_quarantine(office)]
    assert found == [
        (3, "CB-IN-032", "duration_s"), (4, "CB-IN-033", "kind"), (5, "CB-IN-030", "at_us"),
        (6, "CB-IN-032", "at_us"), (7, "CB-IN-031", "duration_s"),
    ]  # fmt: skip
    assert "content" not in list_quarantine(office)[0]
    assert [row["line"] for row in list_quarantine(office, reason="CB-IN-033")] == [4]
    assert list_quarantine(office, date="2026-11-20")
    assert not list_quarantine(office, date="2026-11-19")


def test_contents_are_sealed_and_shown_for_a_purpose_and_a_case_only(ingested, office):
    stored = b"".join(path.read_bytes() for path in office.centre.quarantine.rglob("*") if path.is_file())
    assert b"teleport" not in stored
    assert CALLS[2]["peer"].encode() not in stored
    with pytest.raises(UsageError, match="CB-IN-043"):
        list_quarantine(office, actor=ANA)
    shown = list_quarantine(office, reason="CB-IN-033", actor=ANA, purpose="mapping", case="C-7")
    assert json.loads(shown[0]["content"])["kind"] == "teleport"


def test_a_fixed_row_comes_back_once(ingested, office, lake_rows):
    ident = list_quarantine(office, reason="CB-IN-033")[0]["id"]
    with pytest.raises(InputError, match="CB-IN-042"):
        fix_row(office, ANA, ident, {"kind": "still wrong"})
    assert fix_row(office, ANA, ident, {"kind": "mo_call"})["accepted"] == 1
    assert len(lake_rows("call")) == 3
    with pytest.raises(UsageError, match="CB-IN-040"):
        fix_row(office, ANA, ident, {"kind": "mo_call"})
    with pytest.raises(UsageError, match="CB-IN-041"):
        fix_row(office, ANA, list_quarantine(office)[0]["id"], {"durations": "1"})


def test_replay_with_a_better_mapping_brings_back_what_it_reads_and_does_so_once(ingested, office, lake_rows, tmp_path):
    columns = "\n".join(f"  {name}: {name}" for name in CALLS[0] if name not in ("kind", "at_us"))
    (tmp_path / "m.yml").write_text(
        "kind: call\ncolumns:\n  at_us: {from: at_us, time: us}\n  kind: {from: kind, values: {teleport: mo_call}}\n"
        + columns
    )
    first = replay_quarantine(office, ANA, mapping=str(tmp_path / "m.yml"), reason="CB-IN-033")
    assert first == {"tried": 1, "accepted": 1, "duplicates": 0, "still_rejected": 0}
    assert replay_quarantine(office, ANA, mapping=str(tmp_path / "m.yml"))["accepted"] == 0
    assert len(lake_rows("call")) == 3
    assert len(list_quarantine(office)) == 4


def test_ingesting_again_quarantines_nothing_twice(ingested, office, bring, tmp_path):
    bring("call", tmp_path / "calls.csv")
    assert len(list_quarantine(office)) == 5


def test_a_line_that_is_no_row_is_given_whole_and_fixed_from_nothing(bring, office, lake_rows, tmp_path):
    (tmp_path / "domain.csv").write_text("domain,registrar\na.example.com,R\none,too,many\n")
    (run,) = bring("domain", tmp_path / "domain.csv")
    assert run.reasons == {"CB-IN-014": 1}
    assert run.rows_read == 2
    ident = list_quarantine(office)[0]["id"]
    with pytest.raises(InputError, match="CB-IN-042"):
        fix_row(office, ANA, ident, {"registrar": "X"})
    fix_row(office, ANA, ident, {"domain": "b.example.com", "registrar": "X"})
    assert {row["domain"] for row in lake_rows("domain")} == {"a.example.com", "b.example.com"}


def test_runs_and_lateness_stand_on_the_desk_with_their_leaf(ingested, office):
    with office.desk.read() as conn:
        (run,) = read_runs(conn)
        (late,) = read_lateness(conn, START_US + 3 * 86_400_000_000)
    assert run["accepted"] == 2
    assert run["reasons"]["CB-IN-032"] == 2
    assert run["actor"] == "service"
    assert late["kind"] == "call"
    assert late["late_s"] == (START_US + 3 * 86_400_000_000 - ingested.newest_us) // 1_000_000
