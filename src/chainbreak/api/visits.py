"""Visits over the API: the lists, one, each step, the result, the address for a purpose and a case.

A result's `Idempotency-Key` is its own: sent again, however late, it is answered as it was the first time.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, Field

from chainbreak.act.warnings.visits.model import OF_ENTRY
from chainbreak.api.access import Caller, Writer, writing
from chainbreak.api.shape import safe
from chainbreak.app.finish_visit import finish_visit, settle_result
from chainbreak.app.list_visits import ORDERS, SHOWN, list_visits
from chainbreak.app.plan_visits import plan_visits
from chainbreak.app.prove_visit import confirm_visit, make_code, prove_by_distance, use_code
from chainbreak.app.record_read import record_read
from chainbreak.app.show_visit import show_visit
from chainbreak.app.visit_address import enter_address, reveal_address
from chainbreak.app.visit_duty import on_duty, put_on_duty, take_off_duty
from chainbreak.app.work_visit import accept_visit, arrive_visit, hand_off_visit, leave_visit

router = APIRouter(prefix="/visits", tags=["visits"])
LARGEST = 2**62
Time = Annotated[int | None, Field(ge=0, le=LARGEST)]
Answer = Annotated[str, Field(max_length=8)]


class Accept(BaseModel):
    """Who goes along; needed at night."""

    second: str = Field("", max_length=64)


class Address(BaseModel):
    """Where the visit goes, and who says so."""

    address: str = Field(max_length=400)
    source: str = Field("citizen", max_length=64)


class Result(BaseModel):
    """What came of a visit; times by the officer's phone."""

    entry: str = Field(max_length=12, description=", ".join(OF_ENTRY))
    outcome: str = Field(max_length=16)
    answers: dict[str, Answer] = Field(default={}, max_length=50)
    card_left: bool = False
    left_at_us: Time = None
    arrived_at_us: Time = None
    ended_at_us: Time = None
    code: str = Field("", max_length=8)


class HandOff(BaseModel):
    """To which unit, and why."""

    unit: str = Field(max_length=64)
    reason: str = Field(max_length=24)


class Position(BaseModel):
    """Where the phone is; only its distance to the mast is kept."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Duty(BaseModel):
    """Who, for which unit ("": off duty), from which cell."""

    name: str = Field(max_length=64)
    unit: str = Field("", max_length=64)
    place: str = Field("", max_length=64)


class Way(BaseModel):
    """How the code proves the visit."""

    way: Literal["said", "card"] = "said"


class Code(Way):
    """A code as it was said or read out."""

    code: str = Field(max_length=8)


class Key(BaseModel):
    """The key of a result."""

    client_key: str = Field(max_length=64)


@router.get("")
def many(
    call: Caller, shown: Annotated[str, Query(pattern=f"^(?:{'|'.join(SHOWN)})$")] = "unit",
    order: Annotated[str, Query(pattern=f"^(?:{'|'.join(ORDERS)})$")] = "left",
) -> dict[str, Any]:  # fmt: skip
    """Visits that the caller may see, by minutes left or as planned; at most 3,000."""
    rows = list_visits(call.office, call.actor, shown, order)
    record_read(call.office, call.actor, "visit.list", "visit:*", often=True)
    return {"ok": True, "items": safe(rows)}


@router.get("/duty")
def duty(call: Caller) -> dict[str, Any]:
    """Who is on duty, by unit."""
    return {"ok": True, "items": safe(on_duty(call.office, call.actor))}


@router.post("/duty")
def put_duty(call: Writer, body: Duty) -> dict[str, Any]:
    """Put an officer on duty for a unit, or take them off with an empty one."""
    if body.unit:
        put_on_duty(call.office, call.actor, body.name, body.unit, body.place)
    else:
        take_off_duty(call.office, call.actor, body.name)
    return {"ok": True, "items": safe(on_duty(call.office, call.actor))}


@router.post("/plan")
def plan(call: Writer) -> dict[str, Any]:
    """Plan every unit now; one item a visit, with what will be late."""
    return {"ok": True, "items": safe(plan_visits(call.office, call.actor))}


@router.get("/{visit_id}")
def one(call: Caller, visit_id: str) -> dict[str, Any]:
    """One visit; its address is no part of it."""
    found = show_visit(call.office, call.actor, visit_id)
    record_read(call.office, call.actor, "visit.read", f"visit:{visit_id}", case=found["warning_id"], often=True)
    items = [item.model_dump() for item in found["checklist"]["items"]]
    return {"ok": True, "item": safe(found | {"checklist": found["checklist"] | {"items": items}})}


@router.post("/{visit_id}/accept")
def accept(call: Writer, visit_id: str, body: Accept) -> dict[str, Any]:
    """Take it on, or open the time for its address again."""
    return _told(accept_visit(call.office, call.actor, visit_id, body.second))


@router.post("/{visit_id}/leave")
def leave(call: Writer, visit_id: str) -> dict[str, Any]:
    """Set out."""
    return _told(leave_visit(call.office, call.actor, visit_id))


@router.post("/{visit_id}/arrive")
def arrive(call: Writer, visit_id: str) -> dict[str, Any]:
    """Stand at the door."""
    return _told(arrive_visit(call.office, call.actor, visit_id))


@router.post("/{visit_id}/handoff")
def handoff(call: Writer, visit_id: str, body: HandOff) -> dict[str, Any]:
    """Give it to another unit."""
    return _told(hand_off_visit(call.office, call.actor, visit_id, body.unit, body.reason))


@router.post("/{visit_id}/result", dependencies=[Depends(writing)])
def result(
    call: Caller, visit_id: str, body: Result, idempotency_key: Annotated[str, Header(max_length=64)] = ""
) -> dict[str, Any]:  # fmt: skip
    """What came of it: `standing` is taken, or conflict with its `reason`; `code` right, wrong or empty."""
    said = body.model_dump(exclude={"code"})
    sent = finish_visit(call.office, call.actor, visit_id, said, idempotency_key, body.code)
    return {"ok": True, "item": {"visit_id": visit_id, **vars(sent)}}


@router.post("/{visit_id}/address")
def address(call: Writer, visit_id: str, body: Address) -> dict[str, Any]:
    """Seal an address, as a partner's data say it."""
    enter_address(call.office, call.actor, visit_id, body.address, body.source)
    return {"ok": True, "item": {"visit_id": visit_id}}


@router.post("/{visit_id}/reveal")
def reveal(
    call: Writer, visit_id: str, x_purpose: Annotated[str, Header(max_length=200)] = "",
    x_case: Annotated[str, Header(max_length=64)] = "",
) -> dict[str, Any]:  # fmt: skip
    """The address, for who has taken the visit on and for a time; every look is a leaf of the log."""
    shown = reveal_address(call.office, call.actor, visit_id, purpose=x_purpose, case=x_case)
    return {"ok": True, "item": {"address": shown.value, "until_us": shown.until_us}}


@router.post("/{visit_id}/distance")
def distance(call: Writer, visit_id: str, body: Position) -> dict[str, Any]:
    """How far the phone is from the mast, to the hundred metres."""
    metres = prove_by_distance(call.office, call.actor, visit_id, body.lat, body.lon)
    return {"ok": True, "item": {"visit_id": visit_id, "metres": metres}}


@router.post("/{visit_id}/confirm")
def confirm(call: Writer, visit_id: str) -> dict[str, Any]:
    """The colleague's word."""
    confirm_visit(call.office, call.actor, visit_id)
    return {"ok": True, "item": {"visit_id": visit_id}}


@router.post("/{visit_id}/code")
def code(call: Writer, visit_id: str, body: Way) -> dict[str, Any]:
    """A one-time code, told in this answer alone."""
    return {"ok": True, "item": {"visit_id": visit_id, "code": make_code(call.office, call.actor, visit_id, body.way)}}


@router.post("/{visit_id}/use-code")
def enter_code(call: Writer, visit_id: str, body: Code) -> dict[str, Any]:
    """A code that was said at the door, or read from the slip; each wrong try counts."""
    use_code(call.office, call.actor, visit_id, body.way, body.code)
    return {"ok": True, "item": {"visit_id": visit_id, "way": body.way}}


@router.post("/{visit_id}/settle")
def settle(call: Writer, visit_id: str, body: Key) -> dict[str, Any]:
    """A result that could not be taken has been seen to."""
    settle_result(call.office, call.actor, visit_id, body.client_key)
    return {"ok": True, "item": {"visit_id": visit_id}}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {"ok": True, "item": safe(row)}
