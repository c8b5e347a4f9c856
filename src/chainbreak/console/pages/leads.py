"""Leads: the list by what is most urgent, one lead with its evidence and clocks, batches, measures."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.leads.machine import may
from chainbreak.act.leads.model import KINDS, OUTCOMES, RETURN_REASONS
from chainbreak.app.bulk_leads import bulk_leads
from chainbreak.app.device_records import DETECTOR
from chainbreak.app.draft_leads import draft_leads
from chainbreak.app.lead_measures import lead_measures
from chainbreak.app.list_leads import ALL, STAGES, count_leads, list_leads, list_units, wanted_named
from chainbreak.app.next_lead import next_lead
from chainbreak.app.record_read import record_read
from chainbreak.app.show_lead_file import show_lead_file
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.base.wording import codes
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render
from chainbreak.records.actor import Role

router = APIRouter()
PAGE = 50
HOURS = (4, 24, 48, 72, 168)
"""Choices of a deadline, from the hours in which victims can still be reached to a week for an outlet."""
FULL_POINTS = 60.0
"""Where the bar of one term is full: half a million yuan that may be caught, or sixty people at risk."""
HUES = {
    "draft": "low", "sent_back": "high", "reviewed": "medium", "dispatched": "medium", "accepted": "medium",
    "worked": "medium", "returned": "high", "closed": "done", "withdrawn": "lapsed", "lapsed": "lapsed",
}  # fmt: skip
# What each role came for; who holds several sees first what others wait for.
FIRST: dict[Role, str] = {
    Role.OFFICER: "out", Role.APPROVER: "review", Role.LIAISON: "dispatch", Role.COMMANDER: "dispatch",
    Role.ANALYST: "review", Role.FUND_DESK: "review", Role.HOTLINE: "review",
}  # fmt: skip
BATCH: dict[str, tuple[str, ...]] = {
    "review": ("review", "send_back", "withdraw", "snooze"), "dispatch": ("dispatch", "send_back", "snooze"),
    "out": ("accept", "recall", "snooze"), "working": ("recall", "snooze"), "returned": ("withdraw", "snooze"),
    "snoozed": ("wake",),
}  # fmt: skip
"""Moves that a batch of a stage may make; an outcome and a return are about one lead and its own reasons."""


class Wanted:
    """The filter in an address, and the address that carries it on. No stage: the one the role came for."""

    def __init__(
        self, visit: Signed, stage: Annotated[str, Query(pattern=f"^(?:{'|'.join(STAGES)})?$")] = "",
        kind: Annotated[str, Query(pattern=f"^(?:{'|'.join(KINDS)})?$")] = "",
        unit: Annotated[str, Query(max_length=64)] = "", series: Annotated[str, Query(max_length=16)] = "",
    ) -> None:  # fmt: skip
        actor = visit.actor
        self.stage = stage or next((first for role, first in FIRST.items() if actor.has(role)), ALL)
        self.given = {"kind": kind, "unit": unit, "series": series}

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the stage is filtered."""
        return any(self.given.values())

    def query(self, **changed: str) -> str:
        """The filter as the query of an address, with some of it changed; empty parts are left out."""
        return urlencode({k: v for k, v in ({"stage": self.stage, **self.given} | changed).items() if v})


Filtered = Annotated[Wanted, Depends()]
Line = Annotated[str, Form(max_length=64)]


@router.get("/leads")
def page(visit: Signed, wanted: Filtered, after: Annotated[str, Query(max_length=16)] = "") -> Response:
    """The list, with nothing opened."""
    return show_page(visit, wanted, None, after=after)


@router.get("/leads/rows")
def more(visit: Signed, wanted: Filtered, after: Annotated[str, Query(max_length=16)]) -> Response:
    """The next rows of the list, for htmx."""
    return render(visit, "_lead_rows.html", wanted=wanted, shown=None, hues=HUES, **_rows(visit, wanted, after))


@router.get("/leads/measures")
def measured(visit: Signed) -> Response:
    """How well leads do, over all and by unit."""
    rows = lead_measures(visit.office, visit.actor)
    record_read(visit.office, visit.actor, "lead.measures", "lead:*", often=True)
    return render(visit, "lead_measures.html", here="leads", measured=rows)


@router.get("/leads/{lead_id}")
def one(visit: Signed, wanted: Filtered, lead_id: str) -> Response:
    """One lead beside the list, or alone for htmx. Looking is noted in the log."""
    found = show_lead_file(visit.office, visit.actor, lead_id)
    record_read(visit.office, visit.actor, "lead.read", f"lead:{lead_id}", case=found["case_ref"])
    return detail(visit, wanted, found) if visit.is_fragment else show_page(visit, wanted, found)


@router.post("/leads/next")
def take_next(visit: Signed, wanted: Filtered) -> Response:
    """Take the first of the filter that waits for the person and nobody else has open, and lock it."""
    given = wanted.given
    found = next_lead(visit.office, visit.actor, wanted_named(wanted.stage, given["kind"], given["unit"]))
    return answer(visit, wanted, found)


@router.post("/leads/draft-all")
def draft_all(visit: Signed, wanted: Filtered) -> Response:
    """Draft from everything worth a lead, or from the series of the filter; of each is said what became of it."""
    series = wanted.given["series"]
    drafted = draft_leads(visit.office, visit.actor, series=[series] if series else [])
    return show_page(visit, wanted, None, drafted=drafted)


@router.post("/leads/bulk")
def bulk(
    visit: Signed, wanted: Filtered, move: Line, lead: Annotated[list[str] | None, Form()] = None,
    reason: Annotated[str, Form(max_length=2000)] = "", unit: Line = "",
    hours: Annotated[int, Form(ge=0, le=5_000)] = 0, days: Annotated[int, Form(ge=0, le=200)] = 0,
    together: Line = "",
) -> Response:  # fmt: skip
    """One move of all the chosen, each answered for."""
    now = visit.office.clock.now_us()
    data = {"reason": reason.strip(), "unit": unit.strip()} if reason or unit else {}
    if hours and move == "dispatch":
        data["deadline_us"] = str(now + hours * US_PER_HOUR)
    if days and move == "snooze":
        data["until_us"] = str(now + days * US_PER_DAY)
    rows = bulk_leads(visit.office, visit.actor, lead or [], move, data, all_or_none=bool(together))
    told = [row | {"title": codes()[row["code"]]["title"][visit.lang] if row["code"] else ""} for row in rows]
    return show_page(visit, wanted, None, batch=told, batch_move=move)


def answer(visit: Visit, wanted: Wanted, found: dict[str, Any] | None) -> Response:
    """What a write is answered with: the lead as it stands, alone for htmx or at its own address."""
    path = (f"/leads/{found['lead_id']}" if found else "/leads") + f"?{wanted.query()}"
    if not visit.is_fragment:
        return RedirectResponse(path, 303)
    response = detail(visit, wanted, found)
    response.headers["HX-Push-Url"] = path
    return response


def detail(visit: Visit, wanted: Wanted, found: dict[str, Any] | None) -> Response:
    """The detail alone."""
    return render(visit, "_lead_file.html", wanted=wanted, **_one(visit, found))


def show_page(visit: Visit, wanted: Wanted, found: dict[str, Any] | None, *, after: str = "", **told: Any) -> Response:
    """List and detail; `told`: what became of a batch or of drafting, in place of the detail."""
    counts = count_leads(visit.office, visit.actor)
    record_read(visit.office, visit.actor, "lead.list", "lead:*", often=True)
    moves = [move for move in BATCH.get(wanted.stage, ()) if may(move, visit.actor)]
    return render(
        visit, "leads.html", here="leads", wanted=wanted, counts=counts, kinds=list(KINDS), batch_moves=moves,
        shown=found["lead_id"] if found else None, is_first=not after, may_draft=may("draft", visit.actor),
        **{"batch": None, "batch_move": "", "drafted": None, **told}, **_rows(visit, wanted, after),
        **_one(visit, found),
    )  # fmt: skip


def _rows(visit: Visit, wanted: Wanted, after: str) -> dict[str, Any]:
    given = wanted.given
    rows = list_leads(
        visit.office, visit.actor, stage=wanted.stage, kind=given["kind"], unit=given["unit"],
        series_id=given["series"], after=after, limit=PAGE + 1,
    )  # fmt: skip
    return {"rows": rows[:PAGE], "next_after": rows[PAGE - 1]["lead_id"] if len(rows) > PAGE else None}


def _one(visit: Visit, found: dict[str, Any] | None) -> dict[str, Any]:
    common = {"found": found, "hues": HUES, "hours": HOURS, "units": list_units(visit.office)}
    if found is None:
        return common
    evidence = found["evidence"]
    kept_h = KINDS[found["kind"]].deadline_us // US_PER_HOUR
    return common | {
        "default_hours": min(HOURS, key=lambda h: abs(h - kept_h)), "outcomes": list(OUTCOMES),
        "return_reasons": RETURN_REASONS, "full_points": FULL_POINTS, "site_detector": DETECTOR,
        "findings": [e for e in evidence if e["kind"] == "finding"],
        "reports": [e for e in evidence if e["kind"] == "report"],
        "own": visit.actor.name in found["editors"],
    }  # fmt: skip
