"""Series and links over the API: list, one, explain, decide, merge, split, detach, undo, events, contradictions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel, Field

from chainbreak.api.access import Caller, Writer
from chainbreak.api.shape import listing, safe
from chainbreak.app.contradictions import contradictions
from chainbreak.app.decide_link import decide_link
from chainbreak.app.detach_report import detach_report
from chainbreak.app.explain_link import explain_link
from chainbreak.app.export_series import saying_of
from chainbreak.app.list_events import list_events
from chainbreak.app.list_series import LARGEST_PAGE, list_series
from chainbreak.app.merge_series import merge_series
from chainbreak.app.read_series import admit_series
from chainbreak.app.rename_series import rename_series
from chainbreak.app.show_series import show_series
from chainbreak.app.split_series import split_series
from chainbreak.app.undo_decision import undo_decision
from chainbreak.app.word_link import word_pair, word_series
from chainbreak.store.desk.series import STATES, Wanted

router = APIRouter(tags=["series"])
State = Annotated[str, Query(pattern=f"^(?:{'|'.join((*STATES, 'all'))})$")]
Moment = Annotated[int | None, Query(ge=0, le=2**53)]
Purpose = Annotated[str, Header(max_length=200)]
CaseNumber = Annotated[str, Header(max_length=64)]
Language = Annotated[Literal["", "zh", "en"], Query()]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE - 1)]
Why = Annotated[str, Field(min_length=1, max_length=2000)]
Id = Annotated[str, Field(max_length=255)]


class Word(BaseModel):
    """What somebody says of two reports."""

    a: Id
    b: Id
    word: Literal["same", "different", "unsure"]
    why: Why


class Merge(BaseModel):
    """Series that are one."""

    series: list[Id] = Field(min_length=2, max_length=100)
    why: Why


class Split(BaseModel):
    """Reports that do not belong to the series."""

    reports: list[Id] = Field(min_length=1, max_length=10_000)
    why: Why


class Detach(BaseModel):
    """A report that does not belong to its series."""

    report_id: Id
    why: Why


class Name(BaseModel):
    """What people call a series."""

    name: str = Field(max_length=200)
    why: Why


class Reason(BaseModel):
    """Why."""

    why: Why


@router.get("/series")
def many(
    call: Caller, state: State = "live", district: str | None = None, type: str | None = None,
    least_loss_fen: Moment = None, new_since_us: Moment = None, changed_since_us: Moment = None,
    limit: Limit = 50, next: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Series, those that changed last first; pass `next` of one answer to get the page after it."""
    admit_series(call.office, call.actor, "series.list", "series:*", often=True)
    wanted = Wanted(None if state == "all" else state, district, type, least_loss_fen, new_since_us, changed_since_us)
    return listing(list_series(call.office, wanted, after=next, limit=limit + 1), limit, "series_id")


@router.get("/series/events")
def events(call: Caller, series: str = "", next: Annotated[int, Query(ge=0, le=2**53)] = 0, limit: Limit = 50
           ) -> dict[str, Any]:  # fmt: skip
    """What happened to series, oldest first; pass `next` of one answer to get what came after it."""
    admit_series(call.office, call.actor, "series.list", "series:*", often=True)
    return listing(list_events(call.office, series, after=next, limit=limit + 1), limit, "event_id")


@router.get("/series/contradictions")
def clashes(call: Caller) -> dict[str, Any]:
    """Decisions that cannot all be kept, with each of them."""
    admit_series(call.office, call.actor, "series.list", "series:*", often=True)
    return {"ok": True, "items": safe(contradictions(call.office))}


@router.get("/series/{series_id}")
def one(call: Caller, series_id: str, lang: Language = "", x_purpose: Purpose = "", x_case: CaseNumber = ""
        ) -> dict[str, Any]:  # fmt: skip
    """One series with its reports, evidence, events and decisions, and its `story` in sentences."""
    admit_series(call.office, call.actor, "series.read", f"series:{series_id}", purpose=x_purpose, case=x_case)
    shown = show_series(call.office, series_id)
    return {"ok": True, "item": safe(shown), "story": word_series(shown, saying_of(call.office, lang))}


@router.post("/series/merge")
def merge(call: Writer, body: Merge) -> dict[str, Any]:
    """Say that series are one."""
    return {"ok": True, "item": merge_series(call.office, call.actor, body.series, body.why)}


@router.post("/series/{series_id}/split")
def split(call: Writer, series_id: str, body: Split) -> dict[str, Any]:
    """Take reports out of a series."""
    return {"ok": True, "item": split_series(call.office, call.actor, series_id, body.reports, body.why)}


@router.post("/series/{series_id}/name")
def rename(call: Writer, series_id: str, body: Name) -> dict[str, Any]:
    """Give a series a name."""
    return {"ok": True, "item": rename_series(call.office, call.actor, series_id, body.name, body.why)}


@router.get("/links")
def explain(
    call: Caller, a: Annotated[str, Query(max_length=255)], b: Annotated[str, Query(max_length=255)],
    lang: Language = "", x_purpose: Purpose = "", x_case: CaseNumber = "",
) -> dict[str, Any]:  # fmt: skip
    """Why two reports are linked, or are not: terms in bits that add up, and the same in sentences."""
    admit_series(call.office, call.actor, "link.read", f"report:{a}", purpose=x_purpose, case=x_case)
    told = explain_link(call.office, a, b)
    return {"ok": True, "item": safe(told), "story": word_pair(told, saying_of(call.office, lang))}


@router.post("/links/decide")
def decide(call: Writer, body: Word) -> dict[str, Any]:
    """Say of two reports whether one gang did both."""
    return {"ok": True, "item": decide_link(call.office, call.actor, body.a, body.b, body.word, body.why)}


@router.post("/links/detach")
def detach(call: Writer, body: Detach) -> dict[str, Any]:
    """Take one report out of its series."""
    return {"ok": True, "item": detach_report(call.office, call.actor, body.report_id, body.why)}


@router.post("/links/decisions/{decision_id}/undo")
def undo(call: Writer, decision_id: Annotated[int, Path(ge=1, le=2**53)], body: Reason) -> dict[str, Any]:
    """Take a decision back."""
    return {"ok": True, "item": undo_decision(call.office, call.actor, decision_id, body.why)}
