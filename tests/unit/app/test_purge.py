"""Time travel: the right rows go, the certificate checks, a hold stops it and ends by itself, the log verifies."""

from __future__ import annotations

import base64
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.init_centre import init_centre
from chainbreak.app.legal_hold import lift_hold, place_hold
from chainbreak.app.purge import purge
from chainbreak.app.verify_log import verify_log
from chainbreak.audit.log import Entry, append, read_payload
from chainbreak.audit.note import PublicKey, read_note
from chainbreak.audit.tree import root_at
from chainbreak.base.clock import US_PER_DAY, FixedClock
from chainbreak.base.settings import Settings
from chainbreak.identity import sealed
from chainbreak.records.actor import Actor, Role

ADMIN = Actor("qian", frozenset({Role.ADMIN}))
AUDITOR = Actor("zhao", frozenset({Role.AUDITOR}))
NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
TODAY = date(2026, 11, 20)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = init_centre(tmp_path / "centre", Settings(), FixedClock(NOON_US - 400 * US_PER_DAY))
    with made.desk.begin() as conn:
        append(conn, Entry.by(ADMIN, made.clock.now_us(), "vault.reveal", "line:00", payload={"shown": "old"}))
    made.clock.at_us = NOON_US  # type: ignore[attr-defined]
    with made.desk.begin() as conn:
        append(conn, Entry.by(ADMIN, NOON_US, "vault.reveal", "line:00", payload={"shown": "new"}))
    days = [TODAY - timedelta(days=n) for n in (0, 89, 90, 91, 179, 180, 181, 400)]
    refs = [f"{i + 1:016x}{i + 1:016x}" for i in range(len(days))]
    for kind in ("message", "call"):
        made.lake.append(kind, pa.table({"record_ref": refs, "local_day": pa.array(days, pa.date32())}), ["local_day"])
    made.vault.add_texts(refs, [f"原文{i}" for i in range(len(days))])
    for name, age_days in (("old", 31), ("new", 29)):
        rows = pa.table({"content": ["x", "y"], "at_us": [NOON_US - age_days * US_PER_DAY] * 2})
        sealed.append(made.centre.quarantine, name, rows, made.keys.seal_key)
    return made


def gone(rows: list[dict[str, object]]) -> dict[str, object]:
    return {str(row["class"]): row["rows"] for row in rows if row["rows"]}


EXPECTED = {"quarantine": 2, "text": 5, "reveal": 1, "call": 2, "message": 2}


def test_the_right_rows_go_and_the_rest_stays(office: Office) -> None:
    assert gone(purge(office, ADMIN, dry_run=True)) == EXPECTED
    assert gone(purge(office, ADMIN)) == EXPECTED
    assert sealed.names(office.centre.quarantine) == ["new"]
    assert office.vault.counts()["texts"] == 3
    assert office.vault.text(f"{3:016x}" * 2) == "原文2"
    for kind in ("message", "call"):
        left = office.lake.open(kind).to_pyarrow_table()["local_day"].to_pylist()
        assert min(left) == TODAY - timedelta(days=180)
    with office.desk.read() as conn:
        assert read_payload(conn, 1) is None
        assert read_payload(conn, 2) == {"shown": "new"}
    assert gone(purge(office, ADMIN)) == {}
    verdict = verify_log(office)
    assert (verdict["sound"], verdict["erased"]) == (True, 1)


def test_no_file_of_the_lake_still_holds_what_was_purged(office: Office) -> None:
    purge(office, ADMIN)
    days = {p.parent.name for p in (office.centre.lake / "call").rglob("*.parquet")}
    assert min(days) == f"local_day={TODAY - timedelta(days=180)}"


def test_a_dry_run_changes_nothing(office: Office) -> None:
    before = verify_log(office)
    purge(office, ADMIN, dry_run=True)
    assert verify_log(office) == before
    assert gone(purge(office, ADMIN, dry_run=True)) == EXPECTED


def test_the_certificate_is_signed_and_its_roots_are_the_log_s(office: Office) -> None:
    rows = {row["class"]: row for row in purge(office, ADMIN)}
    note = read_note(office.centre.log / "certificates" / rows["call"]["certificate"])
    assert note.signed_by(PublicKey.parse((office.centre.log / "purge.vkey").read_text(encoding="utf-8")))
    lines = dict(line.split(" ", 1) for line in note.text.splitlines()[1:])
    assert (lines["class"], lines["destroyed"]) == ("call", "2")
    with office.desk.read() as conn:
        for word in ("log_before", "log_after"):
            size, root = lines[word].split(" ")
            assert base64.b64decode(root) == root_at(conn, int(size))


def test_a_hold_keeps_a_class_until_its_own_end(office: Office) -> None:
    place_hold(office, AUDITOR, "call", NOON_US + 10 * US_PER_DAY, reason="case before the court")
    held = {row["class"]: row for row in purge(office, ADMIN)}["call"]
    assert (held["rows"], bool(held["held_until"]), held["certificate"]) == (2, True, "")
    assert office.lake.count_before("call", TODAY - timedelta(days=180)) == 2
    office.clock.advance(11 * 86_400)  # type: ignore[attr-defined]
    assert gone(purge(office, ADMIN))["call"] == 4  # two more days have had their time


def test_a_hold_can_be_lifted(office: Office) -> None:
    place_hold(office, AUDITOR, "call", NOON_US + US_PER_DAY, reason="court")
    lift_hold(office, AUDITOR, "call", reason="case closed")
    assert {row["class"]: row for row in purge(office, ADMIN)}["call"]["certificate"]


@pytest.mark.parametrize("until_us", [NOON_US, NOON_US + 367 * US_PER_DAY])
def test_a_hold_has_an_end_within_a_year(office: Office, until_us: int) -> None:
    with pytest.raises(Exception, match="CB-PU-003"):
        place_hold(office, AUDITOR, "call", until_us, reason="court")


def test_roles(office: Office) -> None:
    with pytest.raises(Exception, match="CB-PU-002"):
        purge(office, AUDITOR)
    with pytest.raises(Exception, match="CB-PU-002"):
        place_hold(office, ADMIN, "call", NOON_US + US_PER_DAY, reason="court")
    with pytest.raises(Exception, match="CB-PU-004"):
        place_hold(office, AUDITOR, "call", NOON_US + US_PER_DAY, reason=" ")


@pytest.mark.parametrize("text", ["call = 0", "call = true", "cal = 3", "call = '3'", "call ="])
def test_a_wrong_retention_table_stops_before_any_work(office: Office, text: str) -> None:
    (office.centre.root / "retention.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match="CB-PU-001"):
        purge(office, ADMIN)


def test_a_centre_sets_its_own_days(office: Office) -> None:
    (office.centre.root / "retention.toml").write_text("call = 399", encoding="utf-8")
    assert gone(purge(office, ADMIN))["call"] == 1
