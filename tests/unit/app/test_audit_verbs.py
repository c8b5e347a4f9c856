"""The verbs of the log on a real centre: what they do, who may, and that each read is itself in the log."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.export_log import export_log
from chainbreak.app.init_centre import init_centre
from chainbreak.app.list_entries import list_entries
from chainbreak.app.prove_entry import prove_entry
from chainbreak.app.publish_checkpoint import publish_checkpoint, rotate_checkpoint_key
from chainbreak.app.verify_log import verify_apart, verify_log
from chainbreak.app.who_saw import who_saw
from chainbreak.app.witness_log import witness_log
from chainbreak.audit.export import receipt_bytes
from chainbreak.audit.log import Entry, append_many
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.records.actor import Actor, Role

AUDITOR = Actor("zhao", frozenset({Role.AUDITOR}))
ADMIN = Actor("qian", frozenset({Role.ADMIN}))
LINE = "line:9f3a000000000001"
NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = init_centre(tmp_path / "centre", Settings(name="某市 反诈中心"), FixedClock(NOON_US))
    with made.desk.begin() as conn:
        append_many(conn, [
            Entry(NOON_US, "li", "analyst", "console", "vault.reveal", LINE, "call the victim", "case:7", {"n": 1}),
            Entry(NOON_US + 15 * 3_600_000_000, "wu", "analyst", "console", "vault.reveal", LINE),
            Entry(NOON_US + 16 * 3_600_000_000, "li", "analyst", "console", "finding.verdict", "finding:1"),
        ])  # fmt: skip
    return made


def test_who_looked_at_a_line_and_which_looks_deserve_a_question(office: Office) -> None:
    rows = who_saw(office, AUDITOR, LINE, purpose="complaint 3")
    assert [(row["actor"], row["unusual"]) for row in rows] == [("li", ""), ("wu", "no purpose; no case; at night")]


def test_each_read_of_the_log_is_the_next_entry_in_it(office: Office) -> None:
    who_saw(office, AUDITOR, LINE, purpose="complaint 3", case="case:9")
    newest = list_entries(office, AUDITOR, purpose="weekly check", limit=1)[0]
    assert (newest["action"], newest["object"], newest["purpose"], newest["case"]) == (
        "audit.who_saw", LINE, "complaint 3", "case:9")  # fmt: skip
    assert list_entries(office, AUDITOR, purpose="weekly check", limit=1)[0]["action"] == "audit.list"


def test_filters_narrow_by_actor_noun_verb_and_object(office: Office) -> None:
    def found(**narrow: str) -> list[int]:
        return [row["sequence"] for row in list_entries(office, AUDITOR, purpose="check", **narrow)]  # type: ignore[arg-type]

    assert found(who="wu") == [2]
    assert found(action="vault") == found(action="vault.reveal") == found(object=LINE) == [2, 1]
    assert found(action="vaul") == []


@pytest.mark.parametrize(("actor", "purpose", "code"), [(ADMIN, "curious", "CB-AU-014"), (AUDITOR, " ", "CB-AU-015")])
def test_a_refused_read_is_refused_and_is_in_the_log(office: Office, actor: Actor, purpose: str, code: str) -> None:
    with pytest.raises(Exception, match=code):
        who_saw(office, actor, LINE, purpose=purpose)
    newest = list_entries(office, AUDITOR, purpose="check", limit=1)[0]
    assert (newest["actor"], newest["action"], newest["object"]) == (actor.name, "audit.refused", LINE)


def test_from_checkpoint_to_a_receipt_that_an_outsider_checks(office: Office, tmp_path: Path) -> None:
    publish_checkpoint(office)
    parts = prove_entry(office, AUDITOR, 1, purpose="for the person", opened=True)
    (tmp_path / "receipt.json").write_bytes(receipt_bytes(parts))
    key = (office.centre.log / "vkey").read_text(encoding="utf-8")
    checked = verify_apart(tmp_path / "receipt.json", key=key)
    assert checked["sound"], checked["said"]
    parts["entry"] = parts["entry"].replace("case:7", "case:8")
    (tmp_path / "receipt.json").write_bytes(receipt_bytes(parts))
    assert not verify_apart(tmp_path / "receipt.json", key=key)["sound"]


def test_export_witness_rotation_and_both_verifiers_agree(office: Office, tmp_path: Path) -> None:
    publish_checkpoint(office)
    key = (office.centre.log / "vkey").read_text(encoding="utf-8")
    rotate_checkpoint_key(office, ADMIN)
    publish_checkpoint(office)
    told = witness_log(office.centre.log, tmp_path / "w.key", tmp_path / "w.json", office.clock, log_key=key)
    assert told["log_key"] == "as known"
    done = export_log(office, AUDITOR, tmp_path / "out", purpose="court")
    inside = verify_log(office)
    assert (inside["sound"], inside["entries"], inside["uncovered"]) == (True, done["entries"], 0)
    outside = verify_apart(tmp_path / "out", key=key, witnesses=[told["witness"]])
    assert outside["sound"], outside["said"]
    assert any("2 key(s)" in line for line in outside["said"])
    last = (tmp_path / "out" / "entries.jsonl").read_bytes().splitlines()[-1]
    assert json.loads(last)["action"] == "audit.export"


def test_a_centre_written_anew_fails_given_the_note_the_witness_kept(office: Office, tmp_path: Path) -> None:
    publish_checkpoint(office)
    kept = tmp_path / "kept.note"
    witness_log(office.centre.log, tmp_path / "w.key", tmp_path / "w.json", office.clock)
    kept.write_text(json.loads((tmp_path / "w.json").read_text(encoding="utf-8"))["note"], encoding="utf-8")
    office.desk.close()
    for path in (office.centre.root / "desk.db", office.centre.root / "settings.toml"):
        path.unlink()
    for extra in ("desk.db-wal", "desk.db-shm"):
        (office.centre.root / extra).unlink(missing_ok=True)
    for folder in ("checkpoints", "cosigned"):
        shutil.rmtree(office.centre.log / folder)
    again = init_centre(office.centre.root, office.centre.settings, office.clock)
    with again.desk.begin() as conn:
        append_many(conn, [Entry(NOON_US, "li", "analyst", "cli", "order.draft", "order:1")] * 9)
    publish_checkpoint(again)
    assert verify_log(again)["sound"]
    assert not verify_log(again, [kept])["sound"]
    with pytest.raises(Exception, match="CB-AU-010"):
        witness_log(office.centre.log, tmp_path / "w.key", tmp_path / "w.json", office.clock)


def test_an_export_never_mixes_with_what_is_there(office: Office, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").touch()
    with pytest.raises(Exception, match="CB-AU-012"):
        export_log(office, AUDITOR, tmp_path / "out", purpose="court")


def test_only_an_administrator_changes_the_key(office: Office) -> None:
    with pytest.raises(Exception, match="CB-AU-016"):
        rotate_checkpoint_key(office, AUDITOR)
