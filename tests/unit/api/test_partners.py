"""Partners and the outbox by program: the same reads and moves as the pages', with the same rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from delivered import delivered_order
from desk_world import SETUP

from chainbreak.app.add_person import GIVEN_ROLES, add_person
from chainbreak.app.bootstrap import Office
from chainbreak.records.actor import Role

Program = Callable[[str], Browser]
SEE = {Role.LIAISON, Role.APPROVER, Role.COMMANDER, Role.AUDITOR, Role.ADMIN}


def key(name: str) -> dict[str, str]:
    return {"idempotency-key": f"partners-{name}"}


@pytest.fixture
def order_id(office: Office) -> str:
    return delivered_order(office)


def test_what_went_out_is_read_step_by_step(program: Program, order_id: str) -> None:
    zhou = program("zhou")
    assert zhou.get("/api/v1/outbox").json()["items"] == []
    [row] = zhou.get("/api/v1/outbox", params={"view": "all", "partner": "carriers"}).json()["items"]
    assert (row["order_id"], row["state"]) == (order_id, "verified")
    [at] = zhou.get(f"/api/v1/outbox/{order_id}").json()["item"]["partners"]
    assert [step["step"] for step in at["messages"][0]["steps"]] == ["queued", "sent", "acknowledged", "verified"]
    item = zhou.get("/api/v1/partners/carriers", params={"hours": 1}).json()["item"]
    assert (item["block_n"], item["block_p95_ms"], item["secrets"]) == (1, None, [])
    assert zhou.get("/api/v1/outbox", params={"view": "nonsense"}).status_code == 422
    assert zhou.get("/api/v1/partners/nobody").status_code == 404


def test_a_liaison_asks_and_an_approver_releases(program: Program, order_id: str) -> None:
    path, body = f"/api/v1/outbox/{order_id}/release", {"reason": "wrong_object"}
    assert program("zhou").post(path, json=body, headers=key("ask")).json()["item"]["outcome"] == "asked"
    assert program("lin").post(path, json=body, headers=key("let-go")).json()["item"]["outcome"] == "released"
    again: Any = program("lin").post(path, json=body, headers=key("let-go"))
    assert again.status_code == 409, "the same wish twice is one release"


@pytest.mark.parametrize("role", sorted(GIVEN_ROLES))
def test_rights_are_those_of_the_pages(office: Office, program: Program, order_id: str, role: str) -> None:
    add_person(office, SETUP, "caller", [role])
    caller = program("caller")
    may = {
        "see": caller.get("/api/v1/partners/carriers").status_code == 200,
        "retry": caller.post("/api/v1/outbox/retry", json={}, headers=key("retry")).status_code == 200,
        "compare": caller.post("/api/v1/partners/carriers/reconcile", headers=key("compare")).status_code == 200,
        "release": caller.post(f"/api/v1/outbox/{order_id}/release", json={}, headers=key("go")).status_code == 200,
    }
    liaison = role == Role.LIAISON
    assert may == {"see": role in SEE, "retry": liaison, "compare": liaison,
                   "release": role in (Role.LIAISON, Role.APPROVER)}  # fmt: skip
