"""Findings over the API: list, one, take the next, verdict, undo."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field

from chainbreak.api.access import Caller, Writer
from chainbreak.api.shape import listing, safe
from chainbreak.app.give_verdict import give_verdict
from chainbreak.app.list_findings import LARGEST_PAGE, list_findings
from chainbreak.app.next_finding import next_finding
from chainbreak.app.record_read import record_read
from chainbreak.app.show_device import PURPOSE as DEVICE_PURPOSE
from chainbreak.app.show_device import as_plain, show_device
from chainbreak.app.show_finding import show_finding
from chainbreak.app.show_lead import PURPOSE as LEAD_PURPOSE
from chainbreak.app.show_lead import show_lead
from chainbreak.store.desk.findings import LEVELS, STATES, Filter

router = APIRouter(prefix="/findings", tags=["findings"])
State = Annotated[str, Query(pattern=f"^(?:{'|'.join(STATES)})$")]
Level = Annotated[str | None, Query(pattern=f"^(?:{'|'.join(LEVELS)})$")]


Purpose = Annotated[str, Header(max_length=200)]


class Verdict(BaseModel):
    """What somebody says of a finding."""

    verdict: Literal["confirmed", "false", "unsure"]
    note: str = Field("", max_length=2000)


@router.get("")
def many(
    call: Caller, state: State = "open", level: Level = None, detector: str | None = None,
    district: str | None = None, subject: str | None = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE - 1)] = 50, next: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Findings, most urgent first; pass `next` of one answer to get the page after it."""
    wanted = Filter(state, detector, level, district, subject)
    record_read(call.office, call.actor, "finding.list", "finding:*", often=True)
    return listing(list_findings(call.office, wanted, after=next, limit=limit + 1), limit, "finding_id")


@router.get("/{finding_id}")
def one(call: Caller, finding_id: str) -> dict[str, Any]:
    """One finding with its reasons, verdicts, orders and cases."""
    found = show_finding(call.office, finding_id)
    record_read(call.office, call.actor, "finding.read", f"finding:{finding_id}")
    return {"ok": True, "item": safe(found)}


@router.get("/{finding_id}/device")
def device(
    call: Caller, finding_id: str, day: Annotated[str, Query(max_length=10)] = "", x_purpose: Purpose = ""
) -> dict[str, Any]:
    """The device behind a finding, from its records: cards, handsets, cells, hours, numbers called, hot-list hits."""
    told = show_device(call.office, call.actor, finding_id, day, purpose=x_purpose or DEVICE_PURPOSE)
    return {"ok": True, "item": safe(as_plain(told))}


@router.get("/{finding_id}/lead")
def lead(
    call: Caller, finding_id: str, x_purpose: Purpose = "", x_case: Annotated[str, Header(max_length=64)] = ""
) -> dict[str, Any]:
    """The lead for a visit: where the device stands, when somebody is there, how sure, what would refute it."""
    told = show_lead(call.office, call.actor, finding_id, purpose=x_purpose or LEAD_PURPOSE, case=x_case)
    return {"ok": True, "item": safe(told)}


@router.post("/next")
def take_next(call: Writer, level: Level = None, detector: str | None = None) -> dict[str, Any]:
    """Take the most urgent open finding that nobody else has; `item` null when there is none."""
    found = next_finding(call.office, call.actor, Filter(detector=detector, level=level))
    return {"ok": True, "item": safe(found)}


@router.post("/{finding_id}/verdict")
def judge(call: Writer, finding_id: str, body: Verdict) -> dict[str, Any]:
    """Say what a finding is."""
    return {"ok": True, "verdict_id": give_verdict(call.office, call.actor, finding_id, body.verdict, body.note)}
