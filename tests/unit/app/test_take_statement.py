"""A recorded report warns the person it is about, once; the number is a token and the words are in the vault."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from contact_world import CHEN, FRAUD, GU, NOW_US, VICTIM, ago, confirm, events_in, found, line, people
from sqlalchemy import select

from chainbreak.act.warnings.model import ContactEvent
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.purge import purge
from chainbreak.app.take_contacts import take_contacts
from chainbreak.app.take_statement import Told, take_statement
from chainbreak.base.clock import US_PER_DAY, FixedClock
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.records.finding import read_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_warnings import statement, warning

WORDS = "她女儿说：有人自称公安让她屏幕共享，电话 13812345678"
TOLD = Told(VICTIM, "screenshare.reported", "family", "top", ago(4), WORDS, 5_000_000, "police", "东湖区")


@pytest.fixture
def office(empty_centre: Path, tmp_path: Path) -> Office:
    shutil.copytree(empty_centre, tmp_path / "centre")
    office = open_office(tmp_path / "centre", FixedClock(NOW_US))
    people(office)
    return office


def test_it_warns_at_once_and_the_same_again_is_the_same(office: Office) -> None:
    first = take_statement(office, GU, TOLD)
    assert (first["new"], first["tier"], first["recipient"]) == (True, "urgent", line(office, VICTIM))
    again = take_statement(office, GU, replace(TOLD, number="139-0000-0003"))
    assert again == first | {"new": False}
    (event,) = events_in(office)
    assert (event["ground"], event["stake_fen"]) == (f"statement:{first['statement_id']}", 5_000_000)
    with office.desk.read() as conn:
        (row,) = conn.execute(select(statement)).mappings()
        (warned,) = conn.execute(select(warning)).mappings()
    assert (warned["district"], warned["fraud"]) == ("东湖区", "police")
    assert office.vault.text(row["note_ref"]) == WORDS
    assert office.vault.value(Identifier.LINE, read_token(first["recipient"])[1]) == f"+86{VICTIM}"
    database = (office.centre.root / "desk.db").read_bytes() + (office.centre.root / "desk.db-wal").read_bytes()
    assert VICTIM.encode() not in database
    assert "女儿".encode() not in database


def test_it_joins_the_warning_that_is_open_for_the_same_person(office: Office) -> None:
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    call = ContactEvent("call.fraud_line", line(office, VICTIM), ago(9), f"finding:{finding_id}", "records", "r",
                        line(office, FRAUD), facts={"duration_s": 30})  # fmt: skip
    take_contacts(office, SERVICE, [call])
    taken = take_statement(office, GU, TOLD)
    assert taken["tier"] == "urgent"
    assert len({row["warning_id"] for row in events_in(office)}) == 1


def test_two_who_tell_of_one_person_are_one_warning(office: Office) -> None:
    first = take_statement(office, GU, TOLD)
    second = take_statement(office, GU, replace(TOLD, told_by="bank", kind="cash.or_courier", words=""))
    assert first["statement_id"] != second["statement_id"]
    assert first["warning_id"] == second["warning_id"]


def test_what_is_over_is_recorded_and_warns_nobody(office: Office) -> None:
    taken = take_statement(office, GU, replace(TOLD, at_us=NOW_US - 2 * US_PER_DAY))
    assert (taken["new"], taken["warning_id"], events_in(office)) == (True, "", [])


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        (lambda told: replace(told, number="12"), InputError, "CB-ID-01"),
        (lambda told: replace(told, kind="call.fraud_line"), UsageError, "CB-WA-102"),
        (lambda told: replace(told, told_by="neighbour"), UsageError, "CB-WA-102"),
        (lambda told: replace(told, urgency="low"), UsageError, "CB-WA-102"),
        (lambda told: replace(told, words="话" * 4_001), UsageError, "CB-WA-102"),
        (lambda told: replace(told, at_us=NOW_US + US_PER_DAY), UsageError, "CB-WA-102"),
        (lambda told: replace(told, stake_fen=-1), UsageError, "CB-WA-102"),
        (lambda told: replace(told, number="96110"), InputError, "CB-WA-102"),
    ],
)
def test_what_is_no_statement_is_refused_whole(
    office: Office, change: Callable[[Told], Told], error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code):
        take_statement(office, GU, change(TOLD))
    with office.desk.read() as conn:
        assert conn.execute(select(statement)).all() == []


def test_an_analyst_takes_no_statements(office: Office) -> None:
    with pytest.raises(RefusedError, match="CB-WA-101"):
        take_statement(office, CHEN, TOLD)


def test_its_words_go_when_texts_have_had_their_time(office: Office) -> None:
    admin = Actor("admin", frozenset({Role.ADMIN}))
    take_statement(office, GU, TOLD)
    with office.desk.read() as conn:
        note_ref = conn.execute(select(statement.c.note_ref)).scalar_one()
    office.clock.advance(89 * 24 * 3_600)  # type: ignore[attr-defined]
    purge(office, admin)
    assert office.vault.count_texts([note_ref]) == 1
    office.clock.advance(2 * 24 * 3_600)  # type: ignore[attr-defined]
    assert {row["class"]: row["rows"] for row in purge(office, admin)}["text"] == 1
    assert office.vault.count_texts([note_ref]) == 0
