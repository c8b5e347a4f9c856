"""Leads over the API: list, one, next, draft, each move, many at once, measures.

A move of one lead takes `If-Match` with the version that was seen; a batch is answered lead by lead.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, Field

from chainbreak.act.leads.drafting import Wish
from chainbreak.act.leads.model import Lead
from chainbreak.api.access import Call, Caller, Writer
from chainbreak.api.shape import listing, safe
from chainbreak.app.answer_lead import accept_lead, receive_lead, return_lead
from chainbreak.app.bulk_leads import MOST, bulk_leads
from chainbreak.app.close_lead import close_lead
from chainbreak.app.dispatch_lead import dispatch_lead, recall_lead
from chainbreak.app.draft_lead import draft_lead, revise_lead
from chainbreak.app.draft_leads import draft_leads
from chainbreak.app.lead_measures import lead_measures
from chainbreak.app.list_leads import LARGEST_PAGE, STAGES, list_leads, wanted_named
from chainbreak.app.next_lead import next_lead
from chainbreak.app.record_read import record_read
from chainbreak.app.reveal_lead_target import reveal_lead_target
from chainbreak.app.review_lead import review_lead, send_back_lead, withdraw_lead
from chainbreak.app.show_lead_file import show_lead_file
from chainbreak.app.snooze_lead import snooze_lead, undo_lead, wake_lead
from chainbreak.app.work_lead import work_lead
from chainbreak.base.errors import UsageError

router = APIRouter(prefix="/leads", tags=["leads"])
LARGEST = 2**62
"""Beyond this no time is meant, and no database holds it."""
Stage = Annotated[str, Query(pattern=f"^(?:{'|'.join(STAGES)})$")]
Word = Annotated[str, Query(max_length=64)]


class Draft(BaseModel):
    """What a drafter says; what is left out follows from the evidence."""

    series_id: str = Field("", max_length=16)
    findings: list[str] = Field([], max_length=100)
    reports: list[str] = Field([], max_length=400)
    target: str = Field("", max_length=255)
    kind: str = Field("", max_length=12)
    unit: str = Field("", max_length=64)
    question: str = Field("", max_length=2000)
    note: str = Field("", max_length=2000)
    case_ref: str = Field("", max_length=64)
    expires_at_us: int | None = Field(None, ge=0, le=LARGEST)


class Revision(BaseModel):
    """What changes; what is left out stays."""

    unit: str | None = Field(None, max_length=64)
    question: str | None = Field(None, max_length=2000)
    note: str | None = Field(None, max_length=2000)
    case_ref: str | None = Field(None, max_length=64)
    expires_at_us: int | None = Field(None, ge=0, le=LARGEST)


class Reason(BaseModel):
    """Why."""

    reason: str = Field(max_length=2000)


class Dispatch(BaseModel):
    """Whom to ask, and by when; left out: the unit of the draft, the kind's own deadline."""

    unit: str = Field("", max_length=64)
    deadline_us: int | None = Field(None, ge=0, le=LARGEST)


class Return(BaseModel):
    """Why a unit gives a lead back: the class, and the words."""

    code: str = Field(max_length=16)
    reason: str = Field(max_length=2000)


class Outcome(BaseModel):
    """What came of it."""

    outcome: str = Field(max_length=16)
    note: str = Field("", max_length=2000)


class Snooze(BaseModel):
    """Until when, and why."""

    until_us: int = Field(ge=0, le=LARGEST)
    reason: str = Field(max_length=2000)


class Batch(BaseModel):
    """One move of many leads, with what that move needs."""

    move: str = Field(max_length=16)
    lead_ids: list[str] = Field(min_length=1, max_length=MOST)
    reason: str | None = Field(None, max_length=2000)
    code: str | None = Field(None, max_length=16)
    outcome: str | None = Field(None, max_length=16)
    unit: str | None = Field(None, max_length=64)
    deadline_us: int | None = Field(None, ge=0, le=LARGEST)
    until_us: int | None = Field(None, ge=0, le=LARGEST)
    all_or_none: bool = False
    dry_run: bool = False

    def data(self) -> dict[str, str]:
        """What the move needs, as events hold it: times as text."""
        own = {"move", "lead_ids", "all_or_none", "dry_run"}
        return {name: str(value) for name, value in self.model_dump(exclude=own, exclude_none=True).items()}


def seen_version(if_match: Annotated[str | None, Header(max_length=64)] = None) -> int:
    """The version under which a lead, or a return, was read.

    Raises:
        UsageError: there is no If-Match, or it is no version (CB-UI-013).
    """
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise UsageError("CB-UI-013", "say which version you have seen",
                         next_step="send If-Match with the ETag under which you read it")  # fmt: skip
    return int(text)


Seen = Annotated[int, Depends(seen_version)]


@router.get("")
def many(
    call: Caller, stage: Stage = "all", kind: Word = "", unit: Word = "", series_id: Word = "",
    target: Annotated[str, Query(max_length=255)] = "",
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE - 1)] = 50, next: Annotated[str, Query(max_length=16)] = "",
) -> dict[str, Any]:  # fmt: skip
    """Leads by priority, the highest first; pass `next` of one answer to get the page after it."""
    record_read(call.office, call.actor, "lead.list", "lead:*", often=True)
    rows = list_leads(call.office, call.actor, stage=stage, kind=kind, unit=unit, target=target, series_id=series_id,
                      after=next, limit=limit + 1)  # fmt: skip
    return listing(rows, limit, "lead_id")


@router.get("/measures")
def measures(
    call: Caller, since_us: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
    until_us: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
) -> dict[str, Any]:  # fmt: skip
    """Share true with its interval, times, returned as wrong; the first row is over all, the others one a unit."""
    return {"ok": True, "items": lead_measures(call.office, call.actor, since_us=since_us, until_us=until_us)}


@router.get("/{lead_id}")
def one(call: Caller, response: Response, lead_id: str) -> dict[str, Any]:
    """One lead with its evidence, its priority term by term, its history and what may be done with it."""
    item = show_lead_file(call.office, call.actor, lead_id)
    record_read(call.office, call.actor, "lead.read", f"lead:{lead_id}", case=item["case_ref"])
    response.headers["etag"] = f'"{item["version"]}"'
    return {"ok": True, "item": safe(item)}


@router.post("", status_code=201)
def draft(call: Writer, response: Response, body: Draft) -> dict[str, Any]:
    """A new draft on a series or on findings."""
    said = body.model_dump() | {"findings": tuple(body.findings), "reports": tuple(body.reports)}
    return _answer(call, response, draft_lead(call.office, call.actor, Wish(**said)))


@router.post("/draft-all")
def draft_all(call: Writer, dry_run: bool = False) -> dict[str, Any]:
    """Drafts from every series and finding worth one; the same evidence is never drafted twice."""
    return {"ok": True, "items": draft_leads(call.office, call.actor, dry_run=dry_run)}


@router.post("/next")
def take_next(call: Writer, stage: Stage = "all", kind: Word = "", unit: Word = "") -> dict[str, Any]:
    """Take the lead of highest priority that waits for the caller and nobody else has open; `item` null when none."""
    return {"ok": True, "item": safe(next_lead(call.office, call.actor, wanted_named(stage, kind, unit)))}


@router.post("/bulk")
def bulk(call: Writer, body: Batch) -> dict[str, Any]:
    """One move of many leads at once; `ok` is whether all were moved, each item says its own."""
    items = bulk_leads(call.office, call.actor, body.lead_ids, body.move, body.data(), all_or_none=body.all_or_none,
                       dry_run=body.dry_run)  # fmt: skip
    return {"ok": all(item["ok"] for item in items), "items": items}


@router.post("/{lead_id}/reveal")
def reveal(
    call: Writer, lead_id: str, x_purpose: Annotated[str, Header(max_length=200)] = "",
    x_case: Annotated[str, Header(max_length=64)] = "",
) -> dict[str, Any]:  # fmt: skip
    """What a lead is about, in clear; for the unit that took it on and for roles that see such values."""
    shown = reveal_lead_target(call.office, call.actor, lead_id, purpose=x_purpose, case=x_case)
    return {"ok": True, "item": {"token": shown.token, "value": shown.value}}


@router.post("/{lead_id}/revise")
def revise(call: Writer, response: Response, seen: Seen, lead_id: str, body: Revision) -> dict[str, Any]:
    """Change a lead that is at the centre; it needs a new review."""
    changes = body.model_dump(exclude_none=True)
    return _answer(call, response, revise_lead(call.office, call.actor, lead_id, changes, seen=seen))


@router.post("/{lead_id}/review")
def review(call: Writer, response: Response, seen: Seen, lead_id: str) -> dict[str, Any]:
    """Pass a lead that somebody else drafted."""
    return _answer(call, response, review_lead(call.office, call.actor, lead_id, seen=seen))


@router.post("/{lead_id}/send-back")
def send_back(call: Writer, response: Response, seen: Seen, lead_id: str, body: Reason) -> dict[str, Any]:
    """Give a lead back to its drafter."""
    return _answer(call, response, send_back_lead(call.office, call.actor, lead_id, body.reason, seen=seen))


@router.post("/{lead_id}/withdraw")
def withdraw(call: Writer, response: Response, seen: Seen, lead_id: str, body: Reason) -> dict[str, Any]:
    """Give up a lead that no unit has."""
    return _answer(call, response, withdraw_lead(call.office, call.actor, lead_id, body.reason, seen=seen))


@router.post("/{lead_id}/dispatch")
def dispatch(call: Writer, response: Response, seen: Seen, lead_id: str, body: Dispatch) -> dict[str, Any]:
    """Send a reviewed lead to a unit."""
    lead = dispatch_lead(call.office, call.actor, lead_id, body.unit, body.deadline_us, seen=seen)
    return _answer(call, response, lead)


@router.post("/{lead_id}/recall")
def recall(call: Writer, response: Response, seen: Seen, lead_id: str, body: Reason) -> dict[str, Any]:
    """Call back a lead that a unit has."""
    return _answer(call, response, recall_lead(call.office, call.actor, lead_id, body.reason, seen=seen))


@router.post("/{lead_id}/receive")
def receive(call: Writer, response: Response, seen: Seen, lead_id: str) -> dict[str, Any]:
    """Sign for a lead."""
    return _answer(call, response, receive_lead(call.office, call.actor, lead_id, seen=seen))


@router.post("/{lead_id}/accept")
def accept(call: Writer, response: Response, seen: Seen, lead_id: str) -> dict[str, Any]:
    """Take a lead on."""
    return _answer(call, response, accept_lead(call.office, call.actor, lead_id, seen=seen))


@router.post("/{lead_id}/return")
def give_back(call: Writer, response: Response, seen: Seen, lead_id: str, body: Return) -> dict[str, Any]:
    """Give a lead back to the centre."""
    return _answer(call, response, return_lead(call.office, call.actor, lead_id, body.code, body.reason, seen=seen))


@router.post("/{lead_id}/work")
def work(call: Writer, response: Response, seen: Seen, lead_id: str, body: Reason) -> dict[str, Any]:
    """Note progress."""
    return _answer(call, response, work_lead(call.office, call.actor, lead_id, body.reason, seen=seen))


@router.post("/{lead_id}/outcome")
def outcome(call: Writer, response: Response, seen: Seen, lead_id: str, body: Outcome) -> dict[str, Any]:
    """Say what came of a lead."""
    return _answer(call, response, close_lead(call.office, call.actor, lead_id, body.outcome, body.note, seen=seen))


@router.post("/{lead_id}/snooze")
def snooze(call: Writer, response: Response, seen: Seen, lead_id: str, body: Snooze) -> dict[str, Any]:
    """Keep a lead out of the lists until a day."""
    return _answer(call, response, snooze_lead(call.office, call.actor, lead_id, body.until_us, body.reason, seen=seen))


@router.post("/{lead_id}/wake")
def wake(call: Writer, response: Response, seen: Seen, lead_id: str) -> dict[str, Any]:
    """End a snooze."""
    return _answer(call, response, wake_lead(call.office, call.actor, lead_id, seen=seen))


@router.post("/{lead_id}/undo")
def undo(call: Writer, response: Response, seen: Seen, lead_id: str) -> dict[str, Any]:
    """Take back one's own last step."""
    return _answer(call, response, undo_lead(call.office, call.actor, lead_id, seen=seen))


def _answer(call: Call, response: Response, lead: Lead) -> dict[str, Any]:
    item = show_lead_file(call.office, call.actor, lead.lead_id)
    response.headers["etag"] = f'"{item["version"]}"'
    return {"ok": True, "item": safe(item)}
