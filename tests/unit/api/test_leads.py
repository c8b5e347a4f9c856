"""Leads by program: from a draft to an outcome, versions, batches, measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from browser import Browser
from desk_world import SETUP

from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office

Program = Callable[[str], Browser]


def post(caller: Browser, path: str, body: Any = None, key: str = "", etag: str = "", **headers: str) -> Any:
    sent = {"idempotency-key": key or f"{abs(hash((path, str(body), etag))):020d}", **headers}
    return caller.post(f"/api/v1{path}", json=body or {}, headers=sent | ({"if-match": etag} if etag else {}))


def drafted(program: Program, n: int = 1) -> list[dict[str, Any]]:
    chen = program("chen")
    found = chen.get("/api/v1/findings", params={"limit": n}).json()["items"]
    made = [post(chen, "/leads", {"findings": [row["finding_id"]], "unit": "南屏区"}) for row in found]
    assert [answer.status_code for answer in made] == [201] * n
    return [answer.json()["item"] | {"etag": answer.headers["etag"]} for answer in made]


def test_from_draft_to_outcome_by_programs(office: Office, program: Program) -> None:
    add_person(office, SETUP, "ma", ["officer"])
    (lead,) = drafted(program)
    path, etag = f"/leads/{lead['lead_id']}", lead["etag"]
    for who, move, body in (
        ("lin", "review", {}), ("he", "dispatch", {"unit": "东湖区"}), ("ma", "accept", {}),
        ("ma", "work", {"reason": "到现场"}), ("ma", "outcome", {"outcome": "found"}),
    ):  # fmt: skip
        answer = post(program(who), f"{path}/{move}", body, etag=etag)
        assert answer.status_code == 200, answer.text
        etag = answer.headers["etag"]
    item = program("wu").get(f"/api/v1{path}").json()["item"]
    assert (item["state"], item["outcome"], item["unit"]) == ("closed", "found", "东湖区")
    rows = program("wu").get("/api/v1/leads/measures").json()["items"]
    assert (rows[0]["true"], rows[0]["share_true"]) == (1, 1.0)


def test_a_move_says_which_version_it_has_seen(program: Program) -> None:
    (lead,) = drafted(program)
    path = f"/leads/{lead['lead_id']}/review"
    assert post(program("lin"), path).status_code == 428
    assert post(program("lin"), path, etag='"7"').status_code == 412
    assert post(program("lin"), path, etag="nonsense").status_code == 428
    assert post(program("chen"), path, etag=lead["etag"]).json()["error"]["code"] == "CB-LF-020"


def test_the_same_evidence_is_a_conflict_and_an_unknown_lead_is_not_there(program: Program) -> None:
    (lead,) = drafted(program)
    ref = lead["evidence"][0]["id"]
    again = post(program("chen"), "/leads", {"findings": [ref]}, key="another-key")
    assert (again.status_code, again.json()["error"]["given"]) == (409, lead["lead_id"])
    assert program("chen").get("/api/v1/leads/L-999999").status_code == 404


def test_a_batch_is_answered_lead_by_lead(program: Program) -> None:
    ids = [lead["lead_id"] for lead in drafted(program, 3)]
    body = {"move": "review", "lead_ids": [*ids, "L-000099"], "all_or_none": True}
    none = post(program("lin"), "/leads/bulk", body).json()
    assert (none["ok"], [item["ok"] for item in none["items"]]) == (False, [False] * 4)
    some = post(program("lin"), "/leads/bulk", body | {"all_or_none": False}).json()
    assert [item["ok"] for item in some["items"]] == [True, True, True, False]
    late = {"move": "snooze", "lead_ids": ids, "reason": "等", "until_us": 1}
    assert {item["code"] for item in post(program("lin"), "/leads/bulk", late).json()["items"]} == {"CB-LF-029"}


def test_next_is_nobody_elses_and_pages_are_the_whole_list_once(program: Program) -> None:
    ids = {lead["lead_id"] for lead in drafted(program, 5)}
    taken = [post(program(who), "/leads/next").json()["item"]["lead_id"] for who in ("lin", "he")]
    assert len(set(taken)) == 2
    assert post(program("chen"), "/leads/next").json()["item"] is None
    seen, marker = [], ""
    while marker is not None:
        page = program("wu").get("/api/v1/leads", params={"limit": 2, "next": marker}).json()
        seen += [row["lead_id"] for row in page["items"]]
        marker = page["next"]
    assert len(seen) == 5
    assert set(seen) == ids


def test_a_reveal_needs_the_unit_that_took_it_on_with_purpose_and_case(office: Office, program: Program) -> None:
    add_person(office, SETUP, "ma", ["officer"])
    (lead,) = drafted(program)
    path, why = f"/leads/{lead['lead_id']}/reveal", {"x-purpose": "looking into it", "x-case": "C-1"}
    assert post(program("ma"), path, **why).json()["error"]["code"] == "CB-LF-036"
    assert post(program("chen"), path, key="no-purpose").json()["error"]["code"] == "CB-LF-036"
    assert "value" in post(program("chen"), path, key="with-purpose", **why).json()["item"]
