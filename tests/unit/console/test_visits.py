"""Visits on pages and over the API: who sees what, and that no way but the right one leads to an address."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from desk_world import SETUP, make_world
from visit_world import SOUTH, visit_of, visit_row, visit_world

from chainbreak.app.bootstrap import Office
from chainbreak.app.find_actor import find_actor
from chainbreak.app.issue_api_token import issue_api_token
from chainbreak.app.issue_sign_in_link import issue_sign_in_link
from chainbreak.app.visit_address import enter_address
from chainbreak.app.work_visit import accept_visit
from chainbreak.base.clock import FixedClock
from chainbreak.base.wording import LANGS
from chainbreak.web.application import create_app

NOON_US = 1_795_147_200_000_000
STREET = "桂花路"
SignIn = Callable[[str], Browser]
WHY = {"purpose": "上门劝阻", "case": "C-7"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = make_world(tmp_path / "centre", FixedClock(NOON_US), findings=2)
    yield office
    office.desk.close()


@pytest.fixture
def first(office: Office) -> str:
    """A visit with an address, in the unit of ma and luo."""
    visit_id = visit_of(office, visit_world(office)["urgent"][0])
    enter_address(office, find_actor(office, "gu"), visit_id, f"东湖区{STREET}7号2单元301")
    return visit_id


@pytest.fixture
def program(office: Office) -> SignIn:
    app = create_app(office)

    def program(name: str) -> Browser:
        client = Browser(app, base_url="http://testserver", raise_server_exceptions=False)
        client.headers["authorization"] = f"Bearer {issue_api_token(office, SETUP, name)}"
        return client

    return program


@pytest.fixture
def sign_in(office: Office) -> SignIn:
    app = create_app(office)

    def sign_in(name: str) -> Browser:
        browser = Browser(app, base_url="http://testserver", raise_server_exceptions=False)
        browser.post(issue_sign_in_link(office, SETUP, name))
        return browser

    return sign_in


def test_the_address_is_in_one_answer_that_no_browser_keeps(office: Office, first: str, sign_in: SignIn) -> None:
    accept_visit(office, find_actor(office, "ma"), first)
    ma = sign_in("ma")
    shown = ma.press(f"/visits/{first}/reveal", **WHY)
    assert STREET in shown.text
    assert shown.headers["cache-control"] == "no-store"
    for path in (f"/visits/{first}", "/visits", "/visits/print", "/visits?shown=unit", "/visits/offline?lang=zh"):
        page = ma.get(path)
        assert (page.status_code, STREET in page.text, page.headers["cache-control"]) == (200, False, "no-store"), path


def test_every_way_round_to_the_address_is_refused(
    office: Office, first: str, sign_in: SignIn, program: SignIn
) -> None:
    def ways(name: str) -> list[tuple[int, bool]]:
        page = sign_in(name).press(f"/visits/{first}/reveal", **WHY)
        headers = {"x-purpose": "visit", "x-case": "C-7", "idempotency-key": secrets.token_hex(8)}
        api = program(name).post(f"/api/v1/visits/{first}/reveal", headers=headers)
        return [(answer.status_code, STREET in answer.text) for answer in (page, api)]

    refused = [(403, False)] * 2
    assert ways("ma") == refused, "before it is taken on"
    accept_visit(office, find_actor(office, "ma"), first)
    assert ways("ma") == [(200, True)] * 2
    for other in ("luo", "tang", "bai", "he", "gu", "wu", "admin", "lin"):
        assert ways(other) == refused, other
    bare = program("ma").post(f"/api/v1/visits/{first}/reveal", headers={"idempotency-key": "bare-0001"})
    assert bare.status_code == 403, "no purpose, no case"
    assert STREET not in program("ma").get(f"/api/v1/visits/{first}").text
    assert isinstance(office.clock, FixedClock)
    office.clock.advance(office.centre.settings.visit_address_min * 60)
    assert ways("ma") == refused, "after its time"
    accept_visit(office, find_actor(office, "ma"), first)
    assert ways("ma") == [(200, True)] * 2
    sign_in("ma").press(f"/visits/{first}/result", entry="met", outcome="1", client_key="key-00000001")
    assert ways("ma") == refused, "after the visit"


def test_a_phone_sends_a_result_as_often_as_it_likes(office: Office, first: str, program: SignIn) -> None:
    accept_visit(office, find_actor(office, "ma"), first)
    body = {"entry": "met", "outcome": "dissuaded", "arrived_at_us": NOON_US + 5, "answers": {"call_ended": "yes"}}
    key = {"idempotency-key": "phone-key-0001"}
    ma = program("ma")
    answers = [ma.post(f"/api/v1/visits/{first}/result", json=body, headers=key).json()["item"] for _ in range(3)]
    assert answers == [{"visit_id": first, "standing": "taken", "reason": "", "code": ""}] * 3
    late = ma.post(f"/api/v1/visits/{first}/result", json=body, headers={"idempotency-key": "phone-key-0002"})
    assert late.json()["item"]["standing"] == "conflict"
    assert ma.post(f"/api/v1/visits/{first}/result", json=body).status_code == 422, "a result has a key"
    assert visit_row(office, first)["outcome"] == "dissuaded"


def test_steps_over_the_api(office: Office, first: str, program: SignIn) -> None:
    ma = program("ma")
    for step, state in (("accept", "accepted"), ("leave", "travelling"), ("arrive", "arrived")):
        answer = ma.post(f"/api/v1/visits/{first}/{step}", json={}, headers={"idempotency-key": f"step-{step}"})
        assert answer.json()["item"]["state"] == state, answer.text
    rows = ma.get("/api/v1/visits", params={"shown": "mine"}).json()["items"]
    assert [row["state"] for row in rows if row["visit_id"] == first] == ["arrived"]
    assert program("tang").get(f"/api/v1/visits/{first}").status_code == 403
    assert program("ma").get("/api/v1/visits/V-000000000000").status_code == 404
    assert {row["unit"] for row in program("tang").get("/api/v1/visits").json()["items"]} == {SOUTH}


@pytest.mark.parametrize("lang", LANGS)
def test_what_a_phone_keeps_knows_nobody(first: str, sign_in: SignIn, lang: str) -> None:
    ma = sign_in("ma")
    shell = ma.get(f"/visits/offline?lang={lang}")
    for secret in ("csrf", "马警官", "ma<", first, "W-", STREET, "line:"):
        assert secret not in shell.text, secret
    worker = ma.get(f"/visits/worker.js?lang={lang}")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["content-security-policy"].startswith("default-src 'self'")


def test_only_the_pages_of_visits_may_ask_where_the_phone_is(first: str, sign_in: SignIn) -> None:
    ma = sign_in("ma")
    assert "geolocation=(self)" in ma.get(f"/visits/{first}").headers["permissions-policy"]
    for path in ("/visits", "/", "/me", "/api/v1/visits"):
        assert "geolocation=()" in ma.get(path).headers["permissions-policy"]


def test_the_slip_has_a_code_and_nothing_of_the_person(office: Office, first: str, sign_in: SignIn) -> None:
    accept_visit(office, find_actor(office, "ma"), first)
    slip = sign_in("ma").press(f"/visits/{first}/card").text
    code = re.search(r"<strong>(\d{3} \d{3})</strong>", slip)
    assert code is not None
    assert STREET not in slip
    assert sign_in("gu").press(f"/visits/{first}/card-code", code=code[1]).status_code == 200
    again = sign_in("gu").press(f"/visits/{first}/card-code", code=code[1])
    assert (again.status_code, "CB-WA-168" in again.text) == (403, True)


def test_who_is_on_duty_for_nothing_is_told_why_the_list_is_empty(first: str, sign_in: SignIn) -> None:
    assert "您还没有值班单位" in sign_in("bai").get("/visits").text
    assert sign_in("qian").get("/visits").status_code == 403


def test_what_leads_and_desks_do_is_in_the_api_too(office: Office, first: str, program: SignIn) -> None:
    def post(who: str, path: str, **body: object) -> tuple[int, dict[str, Any]]:
        key = {"idempotency-key": secrets.token_hex(8)}
        answer = program(who).post(f"/api/v1/visits/{path}", json=body, headers=key)
        return answer.status_code, answer.json()

    assert {item["visit_id"] for item in post("he", "plan")[1]["items"]} >= {first}
    assert "bai" in {item["name"] for item in post("he", "duty", name="bai", unit=SOUTH)[1]["items"]}
    assert "bai" not in {item["name"] for item in post("he", "duty", name="bai")[1]["items"]}
    assert post("ma", "plan")[0] == post("ma", "duty", name="bai", unit=SOUTH)[0] == 403
    accept_visit(office, find_actor(office, "ma"), first)
    code = post("gu", f"{first}/code")[1]["item"]["code"]
    assert post("ma", f"{first}/use-code", code=code)[0] == 200
    assert post("ma", f"{first}/use-code", code=code)[0] == 403
    assert post("ma", f"{first}/settle", client_key="nothing-here")[0] == 403
    assert post("he", f"{first}/settle", client_key="nothing-here")[0] == 422
