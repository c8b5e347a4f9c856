"""Orders over the API: list, one, why, draft, and each move.

Every write takes an idempotency key, and a move the version that was seen. Letting go and entering a partner's answer
do not: neither may wait for somebody to read the order again.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.model import Order, State
from chainbreak.api.access import Call, Caller, Mover, Writer
from chainbreak.api.shape import listing, safe
from chainbreak.app.acknowledge_order import acknowledge_order
from chainbreak.app.approve_order import approve_order
from chainbreak.app.check_order import check_order
from chainbreak.app.draft_order import draft_order
from chainbreak.app.list_orders import list_orders
from chainbreak.app.record_read import record_read
from chainbreak.app.release_order import release_order
from chainbreak.app.return_order import return_order
from chainbreak.app.show_order import show_order
from chainbreak.app.submit_order import submit_order
from chainbreak.app.why_order import why_order
from chainbreak.app.withdraw_order import withdraw_order

router = APIRouter(prefix="/orders", tags=["orders"])
LARGEST = 2**62
"""Beyond this no time or amount is meant, and no database holds it."""


class Draft(BaseModel):
    """What a drafter says; what is left out is as the finding and the rules propose."""

    finding_id: str = Field(max_length=16)
    case_ref: str = Field(max_length=64)
    purpose: str = Field(max_length=2000)
    kind: str = Field("", max_length=24)
    rung: str | None = Field(None, max_length=32)
    object: str | None = Field(None, max_length=255)
    ladder_reason: str = Field("", max_length=2000)
    amount_fen: int | None = Field(None, ge=1, le=LARGEST)
    expires_at_us: int | None = Field(None, ge=0, le=LARGEST)


class Signature(BaseModel):
    """The digest that was shown."""

    digest: str = Field(pattern="^[0-9a-f]{64}$")


class Reason(BaseModel):
    """Why."""

    reason: str = Field(max_length=2000)
    note: str = Field("", max_length=2000)


class Answer(BaseModel):
    """What a partner answered."""

    target: str = Field(max_length=32)
    outcome: Literal["full", "partial", "rejected"]
    code: str = Field("", max_length=32)
    meaning: str = Field("", max_length=400)
    held_fen: int | None = Field(None, ge=0, le=LARGEST)


@router.get("")
def many(
    call: Caller, state: Annotated[list[State] | None, Query()] = None, kind: str | None = None,
    about: str | None = None, case_ref: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    next: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:  # fmt: skip
    """Orders, the last changed first; pass `next` of one answer to get the page after it."""
    record_read(call.office, call.actor, "order.list", "order:*", often=True)
    rows = list_orders(
        call.office, states=state, kind=kind, about=about, case_ref=case_ref, before=next, limit=limit + 1
    )
    return listing(rows, limit, "marker")


@router.get("/{order_id}")
def one(call: Caller, response: Response, order_id: str) -> dict[str, Any]:
    """One order with its digest, history, delivery and legal basis."""
    order = show_order(call.office, order_id)
    record_read(call.office, call.actor, "order.read", f"order:{order_id}", case=order["case_ref"])
    response.headers["etag"] = f'"{order["version"]}"'
    return {"ok": True, "item": safe(order)}


@router.get("/{order_id}/check")
def check(call: Caller, order_id: str) -> dict[str, Any]:
    """What still stands between the order and its next move by the caller."""
    return {"ok": True, "items": check_order(call.office, call.actor, order_id)}


@router.get("/{order_id}/why")
def why(call: Caller, order_id: str) -> dict[str, Any]:
    """What the order rests on, and what rests on it."""
    record_read(call.office, call.actor, "order.read", f"order:{order_id}")
    return {"ok": True, "item": safe(why_order(call.office, order_id))}


@router.post("", status_code=201)
def draft(call: Writer, response: Response, body: Draft) -> dict[str, Any]:
    """A new draft from a finding."""
    wish = Wish(**body.model_dump(exclude={"finding_id"}))
    return _answer(call, response, draft_order(call.office, call.actor, body.finding_id, wish))


@router.post("/{order_id}/submit")
def submit(call: Mover, response: Response, order_id: str) -> dict[str, Any]:
    """Hand in for approval."""
    return _answer(call, response, submit_order(call.office, call.actor, order_id))


@router.post("/{order_id}/approve")
def approve(call: Mover, response: Response, order_id: str, body: Signature) -> dict[str, Any]:
    """Sign a digest."""
    return _answer(call, response, approve_order(call.office, call.actor, order_id, body.digest))


@router.post("/{order_id}/return")
def send_back(call: Mover, response: Response, order_id: str, body: Reason) -> dict[str, Any]:
    """Return with a reason."""
    return _answer(call, response, return_order(call.office, call.actor, order_id, body.reason))


@router.post("/{order_id}/withdraw")
def withdraw(call: Mover, response: Response, order_id: str, body: Reason) -> dict[str, Any]:
    """Take back what no partner holds."""
    return _answer(call, response, withdraw_order(call.office, call.actor, order_id, body.reason))


@router.post("/{order_id}/release")
def release(call: Writer, response: Response, order_id: str, body: Reason) -> dict[str, Any]:
    """Let go before the end."""
    return _answer(call, response, release_order(call.office, call.actor, order_id, body.reason, body.note))


@router.post("/{order_id}/ack")
def acknowledge(call: Writer, response: Response, order_id: str, body: Answer) -> dict[str, Any]:
    """Enter a partner's answer."""
    answer = (body.target, body.outcome, body.code, body.meaning, body.held_fen)
    return _answer(call, response, acknowledge_order(call.office, call.actor, order_id, *answer))


def _answer(call: Call, response: Response, order: Order) -> dict[str, Any]:
    item = show_order(call.office, order.order_id)
    response.headers["etag"] = f'"{item["version"]}"'
    return {"ok": True, "item": safe(item)}
