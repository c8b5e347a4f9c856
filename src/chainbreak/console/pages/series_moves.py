"""What a person does to a series: same, different, unsure of a pair; merge, split, take out, name, take back."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.app.decide_link import decide_link
from chainbreak.app.detach_report import detach_report
from chainbreak.app.link_decisions import DECIDERS
from chainbreak.app.link_reports import link_reports
from chainbreak.app.merge_series import merge_series
from chainbreak.app.record_series import KINDS
from chainbreak.app.rename_series import rename_series
from chainbreak.app.show_series import show_series
from chainbreak.app.split_series import split_series
from chainbreak.app.undo_decision import undo_decision
from chainbreak.base.errors import UsageError
from chainbreak.base.wording import word
from chainbreak.console.pages.series import names, pair_values
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render, said

router = APIRouter()
Why = Annotated[str, Form(max_length=2000)]
Report = Annotated[str, Form(max_length=255)]
From = Annotated[str, Query(max_length=16)]
"""The tab a form was sent from."""


@router.post("/series/{series_id}/decide")
def decide(
    visit: Signed, series_id: str, a: Report, b: Report,
    verdict: Annotated[Literal["same", "different", "unsure"], Form()], why: Why = "", tab: From = "story",
) -> Response:  # fmt: skip
    """Same, different or unsure of one pair; the panel then shows what was decided, or the page what became of it."""
    visit.need(*DECIDERS)
    decide_link(visit.office, visit.actor, a, b, verdict, why)
    return _put_in_force(visit, series_id, tab, "decided_link", a, b)


@router.post("/series/{series_id}/undo")
def undo(
    visit: Signed, series_id: str, decision: Annotated[int, Form()] = 0, why: Why = "",
    a: Report = "", b: Report = "", tab: From = "story",
) -> Response:  # fmt: skip
    """Take a decision back: the one named, or one's own newest on this series."""
    visit.need(*DECIDERS)
    shown = show_series(visit.office, series_id)
    number = decision or _own_newest(visit, shown)
    undo_decision(visit.office, visit.actor, number, why.strip() or word("console_series.undo_why", visit.lang))
    return _put_in_force(visit, series_id, tab, "undone_link", a, b)


@router.post("/series/{series_id}/merge")
def merge(visit: Signed, series_id: str, other: Annotated[str, Form(max_length=200)], why: Why = "") -> Response:
    """This series and others are one."""
    visit.need(*DECIDERS)
    merge_series(visit.office, visit.actor, [series_id, *other.replace("，", " ").replace(",", " ").split()], why)
    return _put_in_force(visit, series_id, "log", "decided_link")


@router.post("/series/{series_id}/split")
def split(visit: Signed, series_id: str, report: Annotated[list[str] | None, Form()] = None, why: Why = "") -> Response:
    """The chosen reports do not belong here."""
    visit.need(*DECIDERS)
    chosen = report or []
    if len(chosen) == 1:
        detach_report(visit.office, visit.actor, chosen[0], why)
    else:
        split_series(visit.office, visit.actor, series_id, chosen, why)
    return _put_in_force(visit, series_id, "log", "decided_link")


@router.post("/series/{series_id}/name")
def name(visit: Signed, series_id: str, name: Annotated[str, Form(max_length=400)] = "", why: Why = "") -> Response:
    """How people call it."""
    visit.need(*DECIDERS)
    rename_series(visit.office, visit.actor, series_id, name, why)
    return _back(visit, series_id, "story", "saved")


def _own_newest(visit: Visit, shown: dict[str, Any]) -> int:
    own = [d for d in shown["decisions"]
           if d["actor"] == visit.actor.name and d["kind"] != "undo" and d["undone_by"] is None]  # fmt: skip
    if not own:
        raise UsageError("CB-SE-006", "there is no decision of yours to take back", given=visit.actor.name)
    return int(own[-1]["decision_id"])


def _put_in_force(visit: Visit, series_id: str, tab: str, what: str, a: str = "", b: str = "") -> Response:
    """Link what the decision touched. Where no series changed by it the panel of the pair is enough, and the keyboard
    stays where it was; else the page is shown anew, of the series that this one is now part of.
    """
    told = link_reports(visit.office, visit.actor)
    shown = show_series(visit.office, series_id)
    changed = any(told[kind] for kind in KINDS)
    if visit.is_fragment and a and b and not changed:
        return render(visit, "_pair.html", shown=shown, tab=tab, **names(visit), **pair_values(visit, shown, a, b))
    pair = {"a": a, "b": b} if a and b else {}
    return _back(visit, shown["merged_into"] or series_id, tab, f"{what}_moved" if changed else what, **pair)


def _back(visit: Visit, series_id: str, tab: str, what: str, **more: str) -> Response:
    path = f"/series/{quote(series_id, safe='')}?{urlencode({'tab': tab, **more})}"
    response = Response(headers={"HX-Redirect": path}) if visit.is_fragment else RedirectResponse(path, 303)
    return said(response, what)
