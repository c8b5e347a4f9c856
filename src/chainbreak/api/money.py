"""Following money over the API: trace, a kept trace, the claims of a report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

from chainbreak.api.access import Caller, Writer
from chainbreak.api.shape import safe
from chainbreak.app.claimed import Asked
from chainbreak.app.claims_of_report import claims_of_report
from chainbreak.app.show_trace import show_trace
from chainbreak.app.trace_money import trace_money
from chainbreak.app.trace_rights import admit_trace
from chainbreak.find.tracing import HORIZON_US

router = APIRouter(prefix="/money", tags=["money"])
LARGEST = 2**53 - 1
"""Beyond this no time and no amount is meant, and no JSON number holds it."""
Purpose = Annotated[str, Header(max_length=200)]
CaseNumber = Annotated[str, Header(max_length=64)]


class Part(BaseModel):
    """A transfer that is claimed, and how much of it; left out: all of it."""

    transfer_id: str = Field(min_length=1, max_length=255)
    claim_fen: int | None = Field(None, ge=1, le=LARGEST)


class Wish(BaseModel):
    """What to trace, and how; `horizon_us` null: without end; `as_of_us` left out: to the end of the ledger."""

    what: str = Field(min_length=1, max_length=264)
    rule: str = Field("fifo", min_length=1, max_length=80)
    as_of_us: int | None = Field(None, ge=0, le=LARGEST)
    horizon_us: int | None = Field(HORIZON_US, ge=1, le=LARGEST)
    de_minimis_fen: int = Field(0, ge=0, le=LARGEST)
    direction: Literal["forward", "back"] = "forward"
    transfers: list[Part] = Field([], max_length=1000)


@router.post("/traces", status_code=201)
def trace(call: Writer, body: Wish, x_purpose: Purpose = "", x_case: CaseNumber = "") -> dict[str, Any]:
    """Follow the money of a report or a transfer under one rule, several (`fifo,lib`) or `all`; the run is kept."""
    run = trace_money(
        call.office, call.actor, body.what, body.rule, body.as_of_us, body.horizon_us, body.de_minimis_fen,
        transfers=[Asked(part.transfer_id, part.claim_fen or 0) for part in body.transfers],
        back=body.direction == "back", purpose=x_purpose, case=x_case,
    )  # fmt: skip
    return {"ok": True, "item": safe(run)}


@router.get("/traces/{run_id}")
def one(call: Caller, run_id: str, x_purpose: Purpose = "", x_case: CaseNumber = "") -> dict[str, Any]:
    """A kept run as it was kept, with the SHA-256 of its bytes."""
    return {"ok": True, "item": safe(show_trace(call.office, call.actor, run_id, purpose=x_purpose, case=x_case))}


@router.get("/reports/{report_id}/claims")
def claims(call: Caller, report_id: str, x_purpose: Purpose = "", x_case: CaseNumber = "") -> dict[str, Any]:
    """Which payments are the money a report says was lost: sure ones, and candidates with their reasons."""
    admit_trace(call.office, call.actor, "trace.claims", f"report:{report_id}"[:255], purpose=x_purpose, case=x_case)
    return {"ok": True, "items": safe(claims_of_report(call.office, report_id))}
