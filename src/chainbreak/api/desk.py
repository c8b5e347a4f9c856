"""The rest of the desk over the API: today, appeals, ingests, people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from chainbreak.api.access import Caller, Writer
from chainbreak.api.shape import safe
from chainbreak.app.add_person import add_person
from chainbreak.app.decide_appeal import accept_appeal, decide_appeal, list_appeals
from chainbreak.app.list_people import list_people
from chainbreak.app.list_runs import list_runs, list_sources
from chainbreak.app.show_today import show_today
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Role

router = APIRouter()


class Decision(BaseModel):
    """What was decided, and why."""

    upheld: bool
    reason: str = Field(max_length=4000)


class NewPerson(BaseModel):
    """Somebody who starts here."""

    name: str = Field(max_length=32)
    display_name: str = Field("", max_length=120)
    roles: list[str]


@router.get("/today", tags=["today"])
def today(call: Caller) -> dict[str, Any]:
    """What waits for somebody."""
    return {"ok": True, "item": safe(show_today(call.office))}


@router.get("/appeals", tags=["appeals"])
def appeals(call: Caller, overdue: bool = False) -> dict[str, Any]:
    """Undecided appeals, the first due first."""
    return {"ok": True, "items": safe(list_appeals(call.office, overdue=overdue))}


@router.post("/appeals/{appeal_id}/accept", tags=["appeals"])
def accept(call: Writer, appeal_id: str) -> dict[str, Any]:
    """Note that an appeal is complete."""
    accept_appeal(call.office, call.actor, appeal_id)
    return {"ok": True}


@router.post("/appeals/{appeal_id}/decide", tags=["appeals"])
def decide(call: Writer, appeal_id: str, body: Decision) -> dict[str, Any]:
    """Decide an appeal."""
    done = decide_appeal(call.office, call.actor, appeal_id, upheld=body.upheld, reason=body.reason)
    return {"ok": True, "item": done}


@router.get("/ingests", tags=["ingest"])
def ingests(call: Caller, kind: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> dict[str, Any]:
    """The newest ingests."""
    return {"ok": True, "items": safe(list_runs(call.office, limit, kind))}


@router.get("/sources", tags=["ingest"])
def sources(call: Caller) -> dict[str, Any]:
    """How far each record kind is behind."""
    return {"ok": True, "items": safe(list_sources(call.office))}


@router.get("/people", tags=["people"])
def people(call: Caller) -> dict[str, Any]:
    """Everybody who works or worked here; for administrators."""
    if not call.actor.has(Role.ADMIN):
        raise RefusedError("CB-UI-003", "not within your rights", allowed=Role.ADMIN)
    items = [
        {"name": p.name, "display_name": p.display_name, "roles": sorted(p.roles), "active": p.active}
        for p in list_people(call.office)
    ]
    return {"ok": True, "items": items}


@router.post("/people", tags=["people"], status_code=201)
def add(call: Writer, body: NewPerson) -> dict[str, Any]:
    """Add a person."""
    add_person(call.office, call.actor, body.name, body.roles, body.display_name)
    return {"ok": True, "name": body.name}
