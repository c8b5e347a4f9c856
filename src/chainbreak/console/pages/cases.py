"""Cases: the inbox of reports and one report beside it, corrections in place, every step in the history."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.app.correct_report import (
    amend_report,
    assign_report,
    correct_report,
    delete_report,
    restore_report,
    undo_report,
)
from chainbreak.app.link_reports import link_reports
from chainbreak.app.list_reports import (
    filter_of,
    inbox_counts,
    known_districts,
    list_reports,
    next_report,
    series_of,
)
from chainbreak.app.list_traces import list_traces
from chainbreak.app.record_read import record_read
from chainbreak.app.report_rights import MAY_ACT
from chainbreak.app.report_texts import ROLES, type_names
from chainbreak.app.show_report import show_report
from chainbreak.base.wording import word
from chainbreak.console.case_form import local_minute, read_fields
from chainbreak.console.marks import marked_story
from chainbreak.console.session import Signed, Visit
from chainbreak.console.show import word_or
from chainbreak.console.view import render, said
from chainbreak.records.actor import SERVICE

router = APIRouter()
PAGE = 50
TABS = ("all", "unread", "mine", "free", "deleted")
DOUBTFUL = 0.9
"""A type read with less than this probability says so on its row."""


class Wanted:
    """The filter in an address, and the address that carries it on."""

    def __init__(
        self, tab: Annotated[Literal["all", "unread", "mine", "free", "deleted"], Query()] = "all",
        type: Annotated[str, Query(max_length=40)] = "", district: Annotated[str, Query(max_length=64)] = "",
        series: Annotated[Literal["", "yes", "no"], Query()] = "",
    ) -> None:  # fmt: skip
        self.tab, self.given = tab, {"type": type, "district": district, "series": series}

    def filter(self, me: str) -> Any:
        """As the desk understands it."""
        assigned = {"mine": me, "free": ""}.get(self.tab)
        state = "deleted" if self.tab == "deleted" else "open"
        return filter_of(state, assigned=assigned, unread=self.tab == "unread", **self.given)

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the tab is filtered."""
        return any(self.given.values())

    def query(self, **changed: str) -> str:
        """The filter as the query of an address, with some of it changed; defaults are left out."""
        pairs = {"tab": self.tab, **self.given} | changed
        return urlencode({k: v for k, v in pairs.items() if v and (k, v) != ("tab", "all")})

    def path(self, report_id: str = "") -> str:
        """The address of a report within this filter."""
        return (f"/cases/{quote(report_id, safe='')}" if report_id else "/cases") + (
            f"?{q}" if (q := self.query()) else ""
        )


Filtered = Annotated[Wanted, Depends()]


@router.get("/cases")
def page(visit: Signed, wanted: Filtered, after: Annotated[str | None, Query(max_length=255)] = None) -> Response:
    """The inbox, with nothing opened."""
    return _page(visit, wanted, None, after)


@router.get("/cases/rows")
def more(visit: Signed, wanted: Filtered, after: Annotated[str, Query(max_length=255)]) -> Response:
    """The next rows of the inbox, for htmx."""
    return render(visit, "_case_rows.html", wanted=wanted, shown=None, **_rows(visit, wanted, after))


@router.get("/cases/{report_id}")
def one(visit: Signed, wanted: Filtered, report_id: str) -> Response:
    """One report beside the inbox, or alone for htmx. Looking is noted in the log."""
    found = show_report(visit.office, visit.actor, report_id)
    return _detail(visit, wanted, found) if visit.is_fragment else _page(visit, wanted, found, None)


@router.post("/cases/next")
def take_next(visit: Signed, wanted: Filtered) -> Response:
    """Take the newest report of the filter that nobody has."""
    return _answer(visit, wanted, next_report(visit.office, visit.actor, wanted.filter(visit.actor.name)))


@router.post("/cases/undo")
def undo(visit: Signed, wanted: Filtered) -> Response:
    """Take back one's own newest step and show its report."""
    return _answer(visit, wanted, undo_report(visit.office, visit.actor))


@router.post("/cases/{report_id}/assign")
def assign(
    visit: Signed, wanted: Filtered, report_id: str, to: Annotated[Literal["me", "nobody"], Form()] = "me"
) -> Response:
    """Put the report on one's own desk, or back."""
    assign_report(visit.office, visit.actor, report_id, visit.actor.name if to == "me" else "")
    return _answer(visit, wanted, report_id)


@router.post("/cases/{report_id}/correct")
async def correct(visit: Signed, wanted: Filtered, report_id: str) -> Response:
    """Correct fields, roles of identifiers, and add identifiers, in one step with one reason."""
    from starlette.concurrency import run_in_threadpool

    form = await visit.request.form()
    values, roles, add = read_fields(visit, form)
    why = str(form.get("why", ""))[:2000]
    await run_in_threadpool(correct_report, visit.office, visit.actor, report_id, values, why, roles=roles, add=add)
    return await run_in_threadpool(_answer, visit, wanted, report_id)


@router.post("/cases/{report_id}/amend")
def amend(
    visit: Signed, wanted: Filtered, report_id: str, narrative: Annotated[str, Form(max_length=40_000)] = "",
    why: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """A new version of the story."""
    amend_report(visit.office, visit.actor, report_id, narrative, why)
    return _answer(visit, wanted, report_id)


@router.post("/cases/{report_id}/delete")
def delete(
    visit: Signed, wanted: Filtered, report_id: str, why: Annotated[str, Form(max_length=2000)] = "",
    back: Annotated[str, Form(max_length=1)] = "",
) -> Response:  # fmt: skip
    """Take the report out of everything computed, or bring it back."""
    (restore_report if back else delete_report)(visit.office, visit.actor, report_id, why)
    return _answer(visit, wanted, report_id)


@router.post("/cases/{report_id}/link")
def link(visit: Signed, report_id: str) -> Response:
    """Have the service bring the series up to date now, and say which one this report joined and why."""
    visit.need(*MAY_ACT)
    link_reports(visit.office, SERVICE)
    if not visit.is_fragment:
        return RedirectResponse(Wanted().path(report_id), 303)
    with visit.office.desk.read() as conn:
        series_id = series_of(conn, [report_id]).get(report_id, "")
    return render(visit, "_linked.html", report_id=report_id, series_id=series_id)


def _answer(visit: Visit, wanted: Wanted, report_id: str | None) -> Response:
    path = wanted.path(report_id or "")
    if not visit.is_fragment:
        return said(RedirectResponse(path, 303), "saved")
    found = show_report(visit.office, visit.actor, report_id) if report_id else None
    response = _detail(visit, wanted, found)
    response.headers["HX-Push-Url"] = path
    return response


def _detail(visit: Visit, wanted: Wanted, found: dict[str, Any] | None) -> Response:
    return render(visit, "_case.html", wanted=wanted, **_one(visit, found), **_words(visit))


def _page(visit: Visit, wanted: Wanted, found: dict[str, Any] | None, after: str | None) -> Response:
    listed = _rows(visit, wanted, after)
    counts = inbox_counts(visit.office, visit.actor)
    record_read(visit.office, visit.actor, "report.list", "report:*", often=True)
    return render(
        visit, "cases.html", here="cases", wanted=wanted, counts=counts, tabs=TABS, most=1000,
        districts=known_districts(visit.office), shown=found["report_id"] if found else None,
        is_first=after is None, **listed, **_one(visit, found),
    )  # fmt: skip


def _words(visit: Visit) -> dict[str, Any]:
    names = type_names(visit.office)
    return {
        "types": names, "type_name": lambda key: names.get(key, {}).get(visit.lang, key) or "—",
        "may_act": visit.actor.has(*MAY_ACT),
    }  # fmt: skip


def _rows(visit: Visit, wanted: Wanted, after: str | None) -> dict[str, Any]:
    listed = list_reports(visit.office, visit.actor, wanted.filter(visit.actor.name), after=after, limit=PAGE + 1)
    rows = listed["rows"]
    following = rows[PAGE - 1]["report_id"] if len(rows) > PAGE else None
    return {
        "rows": rows[:PAGE], "next_after": following, "waiting": listed["waiting"], "doubtful": DOUBTFUL,
        **_words(visit),
    }  # fmt: skip


def _one(visit: Visit, found: dict[str, Any] | None) -> dict[str, Any]:
    if not found:
        return {"found": None}

    def t(key: str, **given: object) -> str:
        return word(key, visit.lang, **given)

    def kind_word(kind: str) -> str:
        return word_or(f"console.thing.{kind}", word_or(f"console_cases.kind.{kind}", kind, visit.lang), visit.lang)

    zone = visit.office.centre.settings.zone
    traces = list_traces(visit.office, visit.actor, f"report:{found['report_id']}", 1)
    return {
        "found": found, "roles": ROLES, "kind_word": kind_word, "trace": traces[0] if traces else None,
        "story": marked_story(found["narrative"], found["spans"], found["words"], t, kind_word),
        "occurred_local": local_minute(found["occurred_at_us"], zone),
        "districts_known": known_districts(visit.office),
    }  # fmt: skip
