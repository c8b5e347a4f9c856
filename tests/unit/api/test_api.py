"""One error shape on every route, whatever the reason; and the line from finding to order by program."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from browser import Browser

from chainbreak.app.bootstrap import Office
from chainbreak.base.wording import codes
from chainbreak.web.guard import Guard

Program = Callable[[str], Browser]
PUBLIC = {"/livez", "/readyz", "/api/v1/log/checkpoint"}
OF_PARTNERS = {"/api/v1/receipts", "/api/v1/warnings/events", "/api/v1/warnings/phrase"}
"""Partners answer with a token and a number of their own."""


def routes(web: Guard) -> list[tuple[str, str]]:
    """Each method and path of the description, with its places filled by names that exist nowhere."""
    described = web.app.openapi()["paths"]
    return [
        (method.upper(), re.sub(r"\{(?:sequence|version)\}", "1", path).replace("{", "none-").replace("}", ""))
        for path, methods in described.items()
        for method in methods
    ]


def assert_shape(answer: Any, status: int | None = None) -> dict[str, Any]:
    body = answer.json()
    assert status is None or answer.status_code == status, answer.text
    assert set(body) == {"ok", "error", "errors", "request_id"}
    assert body["ok"] is False
    assert set(body["error"]) == {"code", "message", "given", "allowed", "hint", "docs"}
    assert body["error"]["code"] in codes()
    assert body["error"]["docs"] == f"/errors/{body['error']['code']}"
    assert all(set(e) == {"field", "code", "message"} for e in body["errors"])
    assert answer.headers["x-request-id"] == body["request_id"]
    return body


def test_every_route_refuses_a_stranger_in_the_one_shape(web: Guard, program: Program) -> None:
    stranger = program("chen")
    stranger.headers.pop("authorization")
    asked = 0
    for method, path in routes(web):
        if path not in PUBLIC:
            assert_shape(stranger.request(method, path, json={}), 401)
            asked += 1
    assert asked > 20


def test_every_route_answers_a_wrong_method_in_the_one_shape(web: Guard, program: Program) -> None:
    chen = program("chen")
    for _, path in routes(web):
        assert_shape(chen.request("DELETE", path), 405)


def test_every_write_needs_a_key_of_its_own(web: Guard, program: Program) -> None:
    both, asked = program("both"), 0
    for method, path in routes(web):
        if method != "GET" and path not in OF_PARTNERS:
            body = assert_shape(both.request(method, path, json={}), 422)
            assert body["error"]["code"] == "CB-UI-009", path
            asked += 1
    assert asked >= 11


def test_every_write_answers_nonsense_in_the_one_shape(web: Guard, program: Program) -> None:
    admin = program("both")
    for method, path in routes(web):
        if method == "POST":
            answer = admin.post(
                path,
                content=b"[nonsense",
                headers={"content-type": "application/json", "idempotency-key": "nonsense-1"},
            )
            if answer.status_code != 200:
                assert_shape(answer)
                assert 400 <= answer.status_code < 500, path


def test_every_route_answers_a_fault_of_ours_in_the_one_shape(office: Office, web: Guard, program: Program) -> None:
    boss = program("both")
    with office.desk.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE person RENAME TO away")
    for method, path in routes(web):
        if path not in PUBLIC:
            body = assert_shape(boss.request(method, path, json={}))
            assert "away" not in str(body)


def test_unknown_addresses_and_large_bodies_have_the_shape_too(program: Program) -> None:
    chen = program("chen")
    assert assert_shape(chen.get("/api/v1/nothing"), 404)["error"]["code"] == "CB-UI-004"
    too_much = b"x" * (1 << 20) + b"y"
    assert assert_shape(chen.post("/api/v1/orders", content=too_much), 413)["error"]["code"] == "CB-UI-010"


def test_health_needs_no_sign_in(program: Program) -> None:
    chen = program("chen")
    chen.headers.pop("authorization")
    assert chen.get("/livez").json() == {"ok": True}
    assert chen.get("/readyz").json() == {"ok": True}


def test_findings_page_by_page_are_the_whole_list_once(program: Program) -> None:
    chen, seen, marker = program("chen"), [], None
    while True:
        body = chen.get("/api/v1/findings", params={"limit": 4} | ({"next": marker} if marker else {})).json()
        seen += [item["finding_id"] for item in body["items"]]
        marker = body["next"]
        if marker is None:
            break
    assert len(seen) == len(set(seen)) == 6


def test_integers_beyond_a_double_are_text(program: Program) -> None:
    chen = program("chen")
    found = chen.get("/api/v1/findings").json()["items"][0]
    assert isinstance(found["found_at_us"], int)
    assert found["found_at"].endswith("Z")
    one = chen.get(f"/api/v1/findings/{found['finding_id']}").json()["item"]
    assert one["found_at_us"] == str(found["found_at_us"])


def test_a_write_needs_its_key_and_the_same_key_twice_changes_nothing(program: Program) -> None:
    chen = program("chen")
    found = chen.get("/api/v1/findings").json()["items"][0]["finding_id"]
    path, body = f"/api/v1/findings/{found}/verdict", {"verdict": "confirmed"}
    assert assert_shape(chen.post(path, json=body), 422)["error"]["code"] == "CB-UI-009"
    key = {"Idempotency-Key": "verdict-0001"}
    assert chen.post(path, json=body, headers=key).json()["ok"] is True
    again = assert_shape(chen.post(path, json=body, headers=key), 409)
    assert again["error"]["code"] == "CB-DK-006"
    assert len(chen.get(f"/api/v1/findings/{found}").json()["item"]["verdicts"]) == 1


def test_from_draft_to_approved_by_two_programs(program: Program) -> None:
    both, lin = program("both"), program("lin")
    found = next(f for f in both.get("/api/v1/findings").json()["items"] if f["subject_kind"] == "line")
    draft = {"finding_id": found["finding_id"], "case_ref": "C-1", "purpose": "阻断涉诈呼叫"}
    made = both.post("/api/v1/orders", json=draft, headers={"Idempotency-Key": "draft-000001"})
    assert made.status_code == 201, made.text
    order = made.json()["item"]
    path = f"/api/v1/orders/{order['order_id']}"
    drafted = {"If-Match": made.headers["etag"]}
    submitted = both.post(f"{path}/submit", headers=drafted | {"Idempotency-Key": "submit-000001"})
    assert submitted.json()["item"]["standing"] == "submitted"
    signature, seen = {"digest": order["digest"]}, {"If-Match": submitted.headers["etag"]}
    own = both.post(f"{path}/approve", json=signature, headers=seen | {"Idempotency-Key": "approve-000001"})
    assert assert_shape(own, 403)["error"]["code"] == "CB-OR-030"
    signed = lin.post(f"{path}/approve", json=signature, headers=seen | {"Idempotency-Key": "approve-000001"})
    assert signed.json()["item"]["standing"] == "approved"
    again = {"If-Match": signed.headers["etag"], "Idempotency-Key": "approve-000002"}
    assert_shape(lin.post(f"{path}/approve", json=signature, headers=again), 409)


def test_a_move_from_an_older_version_is_refused_with_both_versions(program: Program) -> None:
    both, lin = program("both"), program("lin")
    found = next(f for f in both.get("/api/v1/findings").json()["items"] if f["subject_kind"] == "line")
    draft = {"finding_id": found["finding_id"], "case_ref": "C-1", "purpose": "阻断涉诈呼叫"}
    made = both.post("/api/v1/orders", json=draft, headers={"Idempotency-Key": "draft-000001"})
    path = f"/api/v1/orders/{made.json()['item']['order_id']}"
    old = {"If-Match": made.headers["etag"]}
    assert made.headers["etag"] == both.get(path).headers["etag"]
    unsaid = assert_shape(both.post(f"{path}/submit", headers={"Idempotency-Key": "submit-000001"}), 428)
    assert unsaid["error"]["code"] == "CB-UI-013"
    both.post(f"{path}/submit", headers=old | {"Idempotency-Key": "submit-000001"})
    late = both.post(f"{path}/withdraw", json={"reason": ""}, headers=old | {"Idempotency-Key": "withdraw-0001"})
    body = assert_shape(late, 412)
    assert (body["error"]["given"], body["error"]["allowed"]) == (
        made.headers["etag"].strip('"'), both.get(path).headers["etag"].strip('"')
    )  # fmt: skip
    assert {"field": "state", "code": "changed", "message": "draft → submitted"} in body["errors"]
    assert lin.get(path).json()["item"]["standing"] == "submitted"
    for nonsense in ("*", '"99999999999-x"', "²"):
        answer = both.post(f"{path}/withdraw", json={"reason": ""}, headers={
            "If-Match": nonsense.encode(), "Idempotency-Key": "withdraw-0002"})  # fmt: skip
        assert_shape(answer, 412)


def test_a_refused_write_does_not_use_its_key_up_and_keys_of_two_people_never_meet(program: Program) -> None:
    chen, both = program("chen"), program("both")
    first, second = (f["finding_id"] for f in chen.get("/api/v1/findings").json()["items"][:2])
    key = {"Idempotency-Key": "verdict-0001"}
    path = "/api/v1/findings/{}/verdict"
    assert_shape(chen.post(path.format("none"), json={"verdict": "false"}, headers=key), 404)
    assert chen.post(path.format(first), json={"verdict": "false"}, headers=key).status_code == 200
    assert both.post(path.format(second), json={"verdict": "false"}, headers=key).status_code == 200


def test_orders_page_by_page_are_the_whole_list_once(program: Program) -> None:
    both, seen, marker = program("both"), [], None
    for i, found in enumerate(both.get("/api/v1/findings").json()["items"]):
        draft = {"finding_id": found["finding_id"], "case_ref": "C-1", "purpose": "阻断"}
        both.post("/api/v1/orders", json=draft, headers={"Idempotency-Key": f"draft-{i:06d}"})
    whole = [item["order_id"] for item in both.get("/api/v1/orders").json()["items"]]
    while True:
        page = both.get("/api/v1/orders", params={"limit": 2} | ({"next": marker} if marker else {})).json()
        seen += [item["order_id"] for item in page["items"]]
        if (marker := page["next"]) is None:
            break
    assert seen == whole
    assert len(whole) > 2
    assert assert_shape(both.get("/api/v1/orders", params={"next": "x"}), 422)["error"]["code"] == "CB-UI-008"


def test_the_log_is_read_with_a_purpose_by_auditors_alone(program: Program) -> None:
    wu = program("wu")
    assert assert_shape(wu.get("/api/v1/log/entries"), 403)["error"]["code"] == "CB-AU-015"
    assert wu.get("/api/v1/log/entries", headers={"X-Purpose": "review"}).json()["items"]
    assert assert_shape(program("chen").get("/api/v1/log/entries", headers={"X-Purpose": "x"}), 403)
    assert program("chen").get("/api/v1/log/verify").json()["item"]["sound"] is True


def test_a_cookie_alone_does_not_write(office: Office, web: Guard) -> None:
    from desk_world import SETUP

    from chainbreak.app.issue_sign_in_link import issue_sign_in_link

    browser = Browser(web, base_url="http://testserver")
    browser.post(issue_sign_in_link(office, SETUP, "chen"))
    assert browser.get("/api/v1/findings").status_code == 200
    assert assert_shape(browser.post("/api/v1/findings/next"), 403)["error"]["code"] == "CB-UI-002"
