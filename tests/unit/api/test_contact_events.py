"""Contacts over the API: a partner's token, a program's, and nobody's; bad rows are told, good ones taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from contact_world import FRAUD, NOW_US, VICTIM, ago, confirm, events_in, found, line
from desk_world import SETUP
from sqlalchemy import insert

from chainbreak.app.add_person import GIVEN_ROLES, add_person
from chainbreak.app.bootstrap import Office
from chainbreak.app.issue_receipt_token import issue_receipt_token
from chainbreak.app.take_partner_events import MAY_SEND
from chainbreak.base.clock import rfc3339
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk.tables_delivery import partner
from chainbreak.web.guard import Guard

Program = Callable[[str], Browser]
PATH = "/api/v1/warnings/events"
LIAISON = Actor("zhou", frozenset({Role.LIAISON, Role.ADMIN}))


def body(*more: dict[str, Any]) -> dict[str, Any]:
    good = {"kind": "call.fraud_line", "number": VICTIM, "indicator": FRAUD, "at": rfc3339(ago(5)), "ref": "c1"}
    return {"events": [good, *more]}


@pytest.fixture
def bank(office: Office, web: Guard) -> Browser:
    """A partner with a token, and a confirmed line of fraud."""
    assert office.clock.now_us() == NOW_US
    with office.desk.begin() as conn:
        conn.execute(insert(partner).values(
            partner_id="bank-b", format="numbers", kinds="", name_zh="乙银行", name_en="Bank B", call="", active=True,
            serial=0, address="", settings="{}",
        ))  # fmt: skip
    confirm(office, found(office, line(office, FRAUD)))
    client = Browser(web, base_url="http://testserver", raise_server_exceptions=False)
    client.headers["authorization"] = f"Bearer {issue_receipt_token(office, LIAISON, 'bank-b')}"
    return client


def test_a_partner_sends_under_its_own_name_and_again_changes_nothing(office: Office, bank: Browser) -> None:
    answer = bank.post(PATH, json=body({"kind": "call.fraud_line"})).json()
    assert answer["ok"] is False
    assert [(fault["row"], fault["code"], fault["field"]) for fault in answer["faults"]] == [(1, "CB-WA-104", "number")]
    assert (answer["item"]["new"], answer["item"]["bad"]) == (1, 1)
    again = bank.post(PATH, json=body()).json()
    assert (again["ok"], again["item"]["repeated"]) == (True, 1)
    (event,) = events_in(office)
    assert (event["source"], event["recipient"]) == ("bank-b", line(office, VICTIM))


def test_no_token_sends_nothing_and_a_partners_reads_nothing(office: Office, web: Guard, bank: Browser) -> None:
    nobody = Browser(web, base_url="http://testserver", raise_server_exceptions=False)
    assert nobody.post(PATH, json=body()).status_code == 401
    nobody.headers["authorization"] = "Bearer bank-b.wrong"
    assert nobody.post(PATH, json=body()).status_code == 401
    assert events_in(office) == []
    assert bank.get("/api/v1/findings").status_code == 401


@pytest.mark.parametrize("role", sorted(GIVEN_ROLES))
def test_programs_send_with_the_roles_that_may(office: Office, bank: Browser, program: Program, role: str) -> None:
    add_person(office, SETUP, "caller", [role])
    answer = program("caller").post(PATH, json=body())
    assert (answer.status_code == 200) == (Role(role) in MAY_SEND), answer.text
    assert {event["source"] for event in events_in(office)} == ({"api.caller"} if Role(role) in MAY_SEND else set())


def test_more_than_a_request_holds_is_refused_whole(office: Office, bank: Browser) -> None:
    many = [{"ref": str(n)} for n in range(2_001)]
    assert bank.post(PATH, json={"events": many}).status_code == 422
    assert bank.post(PATH, json={"events": []}).status_code == 422
    assert bank.post(PATH, content=b"x" * (1 << 21)).status_code == 413
    assert events_in(office) == []
