"""Holding stolen money over the API: proposals of a run, drafts from them, void claims, the golden hour."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel, Field

from chainbreak.api.access import Caller, Writer
from chainbreak.api.shape import safe
from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.golden_hour import golden_hour, report_clock
from chainbreak.app.propose_holds import captured_by_k, propose_holds
from chainbreak.app.void_claim import void_claim

router = APIRouter(prefix="/money", tags=["money"])
LARGEST = 2**53 - 1
RunId = Annotated[str, Path(max_length=16)]
Minutes = Annotated[float | None, Query(ge=0, le=1440)]
Moment = Annotated[int | None, Query(ge=0, le=LARGEST)]
Purpose = Annotated[str, Header(max_length=200)]
CaseNumber = Annotated[str, Header(max_length=64)]


class Drafts(BaseModel):
    """Which proposals to draft from: of `accounts`, the first `top`, or all; empty texts follow from the report."""

    accounts: list[Annotated[str, Field(max_length=32)]] = Field([], max_length=1000)
    top: int | None = Field(None, ge=1, le=1000)
    case_ref: str = Field("", max_length=64)
    purpose: str = Field("", max_length=200)
    latency_min: float | None = Field(None, ge=0, le=1440)


class Reason(BaseModel):
    """Why, in words."""

    reason: str = Field(min_length=1, max_length=2000)


@router.get("/traces/{run_id}/holds")
def proposals(
    call: Caller, run_id: RunId, latency_min: Minutes = None, x_purpose: Purpose = "", x_case: CaseNumber = ""
) -> dict[str, Any]:
    """Where to hold how much of what a run found, the best order first, and what the first K orders capture."""
    rows = propose_holds(call.office, call.actor, run_id, latency_min=latency_min, purpose=x_purpose, case=x_case)
    return {"ok": True, "items": safe(rows), "captured": safe(captured_by_k(call.office, rows))}


@router.post("/traces/{run_id}/drafts", status_code=201)
def draft(call: Writer, run_id: RunId, body: Drafts) -> dict[str, Any]:
    """Draft orders from proposals, all in one write; each is answered for."""
    rows = draft_holds(call.office, call.actor, run_id, accounts=body.accounts, top=body.top, case=body.case_ref,
                       purpose=body.purpose, latency_min=body.latency_min)  # fmt: skip
    return {"ok": True, "items": safe(rows)}


@router.post("/claims/{claim_id}/void")
def void(call: Writer, claim_id: Annotated[str, Path(max_length=16)], body: Reason) -> dict[str, Any]:
    """Take a claim back and let go what was held for it alone."""
    return {"ok": True, "item": safe(void_claim(call.office, call.actor, claim_id, body.reason))}


@router.get("/clock")
def centre(
    call: Caller, by: Literal["month", "bank", "district"] = "month", since_us: Moment = None, until_us: Moment = None
) -> dict[str, Any]:
    """The golden hour of the centre: minutes of each step, money lost in it, survival curves."""
    return {"ok": True, "item": safe(golden_hour(call.office, call.actor, by, since_us, until_us))}


@router.get("/reports/{report_id}/clock")
def clock(call: Caller, report_id: Annotated[str, Path(max_length=255)]) -> dict[str, Any]:
    """The golden hour of one report."""
    return {"ok": True, "item": safe(report_clock(call.office, call.actor, report_id))}
