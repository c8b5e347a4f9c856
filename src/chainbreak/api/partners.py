"""Partners over the API: what is on its way to them, every step it took, how they do; queue again, compare, let go."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from chainbreak.api.access import Caller, Writer
from chainbreak.api.shape import safe
from chainbreak.app.let_go import let_go
from chainbreak.app.list_outbox import list_outbox, retry_outbox
from chainbreak.app.list_partners import list_partners
from chainbreak.app.reconcile_now import reconcile_now
from chainbreak.app.record_read import record_read
from chainbreak.app.show_partner import show_partner
from chainbreak.app.show_receipts import show_receipts
from chainbreak.base.clock import US_PER_HOUR

router = APIRouter(tags=["outbox"])
PartnerId = Annotated[str, Query(max_length=32)]


class Again(BaseModel):
    """Which failed messages: of one order, to one partner; neither named: all."""

    partner: str = Field("", max_length=32)
    order_id: str = Field("", max_length=24)


class Wish(BaseModel):
    """Why an order should be let go."""

    reason: str = Field("other", max_length=64)
    note: str = Field("", max_length=2000)


@router.get("/outbox")
def outbox(
    call: Caller, view: Literal["open", "failed", "disputed", "all"] = "open", every: bool = False,
    partner: PartnerId = "", limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> dict[str, Any]:  # fmt: skip
    """Messages to partners, unsettled ones first and withdrawals on top; `every` is the view `all`."""
    record_read(call.office, call.actor, "outbox.list", f"partner:{partner or '*'}", often=True)
    rows = list_outbox(call.office, every=every, view=view, partner=partner, limit=limit)
    return {"ok": True, "items": safe(rows)}


@router.get("/outbox/{order_id}")
def receipts(call: Caller, order_id: str) -> dict[str, Any]:
    """One order at every partner: each step with its time, and whether it is really gone."""
    found = show_receipts(call.office, order_id)
    record_read(call.office, call.actor, "order.read", f"order:{order_id}", case=found["case_ref"])
    return {"ok": True, "item": safe(found)}


@router.post("/outbox/retry")
def retry(call: Writer, body: Again | None = None) -> dict[str, Any]:
    """Queue failed messages again."""
    which = body or Again(partner="", order_id="")
    return {"ok": True, "queued": retry_outbox(call.office, call.actor, **which.model_dump())}


@router.post("/outbox/{order_id}/release")
def release(call: Writer, order_id: str, body: Wish) -> dict[str, Any]:
    """Let go of an order everywhere: an approver's word releases it, a liaison's asks the approvers to."""
    return {"ok": True, "item": let_go(call.office, call.actor, order_id, body.reason, body.note)}


@router.get("/partners")
def partners(call: Caller) -> dict[str, Any]:
    """Enforcement points and what they take."""
    return {"ok": True, "items": list_partners(call.office)}


@router.get("/partners/{partner_id}")
def one(call: Caller, partner_id: str, hours: Annotated[int, Query(ge=1, le=8_760)] = 24) -> dict[str, Any]:
    """How a partner does, with measures of the last `hours`; of its secrets only whether they are set."""
    found = show_partner(call.office, call.actor, partner_id, window_us=hours * US_PER_HOUR)
    return {"ok": True, "item": safe(found)}


@router.post("/partners/{partner_id}/reconcile")
def reconcile(call: Writer, partner_id: str) -> dict[str, Any]:
    """Compare what it really holds with the desk, and mend the difference."""
    return {"ok": True, "item": reconcile_now(call.office, call.actor, partner_id)}
