"""Rows of partners become events: good ones whatever the others are, each contact once, nothing left in clear."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from contact_world import (
    ACCOUNTS,
    CHEN,
    FRAUD,
    LINES,
    MULE,
    NOW_US,
    OWN,
    QIAN,
    SECOND,
    SITE,
    VICTIM,
    ago,
    bring,
    confirm,
    events_in,
    found,
    leg,
    line,
    people,
    token,
)
from sqlalchemy import select

from chainbreak.act.warnings.partner_event import PartnerEvent
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.bring_events import bring_events
from chainbreak.app.collect_contacts import watch_contacts
from chainbreak.app.take_partner_events import Brought, take_partner_events
from chainbreak.base.clock import FixedClock, rfc3339
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_warnings import statement, warning


@pytest.fixture(scope="module")
def prepared(empty_centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A confirmed line, site and account."""
    root = tmp_path_factory.mktemp("partners") / "centre"
    shutil.copytree(empty_centre, root)
    office = open_office(root, FixedClock(NOW_US))
    people(office)
    bring(office, "line", LINES)
    bring(office, "account", ACCOUNTS)
    for name in (line(office, FRAUD), SITE, token(office, Identifier.ACCOUNT, MULE)):
        confirm(office, found(office, name))
    office.desk.close()
    return root


@pytest.fixture
def office(prepared: Path, tmp_path: Path) -> Office:
    shutil.copytree(prepared, tmp_path / "centre")
    return open_office(tmp_path / "centre", FixedClock(NOW_US))


def row(minutes: float = 10, **more: Any) -> dict[str, Any]:
    return {"kind": "call.fraud_line", "number": VICTIM, "indicator": FRAUD, "at": rfc3339(ago(minutes)),
            "ref": f"x{minutes}", **more}  # fmt: skip


def take(office: Office, *rows: Any, source: str = "carrier-a") -> Brought:
    return take_partner_events(office, QIAN, source, rows)


def test_a_running_call_grows_by_its_reference(office: Office) -> None:
    assert take(office, row(facts={"running": True, "duration_s": 60})).opened == 1
    more = row(facts={"duration_s": 900}, ended_at=rfc3339(ago(1)), number="+86 139-0000-0003")
    done = take(office, more, more)
    assert (done.new, done.grown, done.repeated, done.faults) == (0, 1, 1, [])
    (event,) = events_in(office)
    assert event["facts"] == {"duration_s": 900, "running": True}
    assert (event["source"], event["ref"], event["ended_at_us"]) == ("carrier-a", "x10", ago(1))


def test_bad_rows_say_why_and_the_others_are_taken(office: Office) -> None:
    done = take(
        office, row(1), 7, row(2, indicator="13911112222"), row(3, number="12"), row(4, number="10086"),
        row(5, at=1_700_000_000), row(6, facts={"pitch": 1}), row(7, indicator=""), row(8, at="2026-11-20T12:00:00"),
        row(60 * 30), row(9, kind="visit.scam_domain", indicator=f"M.{SITE}."), row(11, ended_at=rfc3339(ago(12))),
    )  # fmt: skip
    assert [(fault.row, fault.code, fault.field) for fault in done.faults] == [
        (1, "CB-WA-104", ""), (2, "CB-WA-107", "indicator"), (3, "CB-ID-010", "number"), (4, "CB-WA-104", "number"),
        (5, "CB-WA-104", "at"), (6, "CB-WA-104", "facts.pitch"), (7, "CB-WA-104", ""), (8, "CB-WA-104", "at"),
        (9, "CB-WA-014", "at"), (11, "CB-WA-104", ""),
    ]  # fmt: skip
    assert (done.rows, done.bad, done.new) == (12, 10, 2)
    assert {event["indicator"] for event in events_in(office)} == {line(office, FRAUD), SITE}
    told = " ".join(f"{fault.field} {fault.allowed}" for fault in done.faults)
    assert "13911112222" not in told


def test_what_two_tell_of_is_one_contact(office: Office) -> None:
    bring(office, "call", [leg(30, VICTIM, FRAUD, "mt_call", 300)])
    list(watch_contacts(office, once=True))
    done = take(office, row(30 - 4 / 60, ref="abc", facts={"running": True}))
    assert (done.new, done.grown) == (0, 1)
    bring(office, "lookup", [{"at_us": ago(5), "client": VICTIM, "domain": SITE}])
    take(office, row(20, kind="visit.scam_domain", indicator=SITE, facts={"form_sent": True}),
         row(18, kind="visit.scam_domain", indicator=SITE))  # fmt: skip
    list(watch_contacts(office, once=True))
    events = events_in(office)
    assert [(e["kind"], e["source"], e["ended_at_us"]) for e in events] == [
        ("call.fraud_line", "records", ago(25)), ("visit.scam_domain", "carrier-a", ago(5)),
    ]  # fmt: skip
    assert events[0]["facts"] == {"duration_s": 300, "outgoing": False, "running": True}


def test_a_payment_that_the_bank_told_of_first_is_the_one_in_the_ledger(office: Office) -> None:
    paid = row(6, kind="transfer.toward_mule", indicator=MULE, stake_fen=90_000, facts={"stoppable": True})
    assert take(office, paid, source="bank-b").opened == 1
    bring(office, "transfer", [{"transfer_id": "t1", "booked_at_us": ago(5), "payer": OWN, "payee": MULE,
                                "amount_fen": 90_000, "kind": "payment"}])  # fmt: skip
    list(watch_contacts(office, once=True))
    (event,) = events_in(office)
    assert event["recipient"] == line(office, VICTIM) != line(office, SECOND)
    assert event["facts"] == {"amount_fen": 90_000, "made": True, "new_payee": True, "stoppable": True}


def test_a_report_of_a_partner_is_a_statement_with_its_words_in_the_vault(office: Office) -> None:
    told = row(3, kind="screenshare.reported", indicator="", words="客户正在共享屏幕", told_by="bank", stake_fen=1_000)
    done = take(office, told, source="bank-b")
    assert (done.opened, done.faults) == (1, [])
    assert take(office, told, source="bank-b").repeated == 1
    with office.desk.read() as conn:
        (kept,) = conn.execute(select(statement)).mappings()
        (warned,) = conn.execute(select(warning)).mappings()
    assert (kept["source"], kept["told_by"], warned["tier"]) == ("bank-b", "bank", "urgent")
    assert office.vault.text(kept["note_ref"]) == "客户正在共享屏幕"


def test_nothing_in_clear_stays_on_the_desk(office: Office) -> None:
    take(office, row(3, kind="transfer.toward_mule", indicator=MULE, stake_fen=1_000), row(4))
    office.desk.close()
    database = b"".join(path.read_bytes() for path in office.centre.root.glob("desk.db*"))
    assert VICTIM.encode() not in database
    assert MULE.encode() not in database


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_file_is_taken_row_by_row(office: Office, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"events.{form}"
    if form == "csv":
        path.write_text(
            "kind,number,at,ref,indicator,duration_s,running\r\n"
            f"call.fraud_line,{VICTIM},{rfc3339(ago(9))},a,{FRAUD},300,true\r\n"
            f"call.fraud_line,{VICTIM},{rfc3339(ago(9))},b,{SITE},,\r\n",
            encoding="utf-8-sig",
        )
    else:
        good = json.dumps(row(9, ref="a", facts={"duration_s": 300, "running": True}))
        path.write_text(good + "\nnot json\n", encoding="utf-8")
    done = bring_events(office, QIAN, "carrier-a", path)
    assert (done.rows, done.new, [fault.row for fault in done.faults]) == (2, 1, [3 if form == "csv" else 2])
    (event,) = events_in(office)
    assert event["facts"] == {"duration_s": 300, "running": True}
    assert bring_events(office, QIAN, "carrier-a", path).repeated == 1


def test_what_is_no_file_of_events_is_refused(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(b"kind\xff\xfe")
    with pytest.raises(InputError, match="CB-WA-103"):
        bring_events(office, QIAN, "carrier-a", path)
    with pytest.raises(InputError, match="CB-WA-103"):
        bring_events(office, QIAN, "carrier-a", tmp_path / "nowhere.ndjson")


def test_who_sends_has_a_role_and_a_name(office: Office) -> None:
    with pytest.raises(RefusedError, match="CB-WA-101"):
        take_partner_events(office, CHEN, "carrier-a", [row()])
    for name in ("records", "Carrier A", ""):
        with pytest.raises(UsageError, match="CB-WA-103"):
            take(office, row(), source=name)


def test_the_documented_schema_is_the_form_that_is_read() -> None:
    page = Path(__file__).resolve().parents[3] / "docs/reference/contact-event.schema.json"
    assert json.loads(page.read_text(encoding="utf-8")) == PartnerEvent.model_json_schema()
