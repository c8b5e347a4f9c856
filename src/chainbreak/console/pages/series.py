"""Series: the list, and one series with its story, graph, timeline, identifiers, orders and leads, and log."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from chainbreak.app.explain_link import explain_link
from chainbreak.app.link_decisions import DECIDERS
from chainbreak.app.list_orders import list_orders
from chainbreak.app.list_reports import known_districts
from chainbreak.app.list_series import list_series, wanted_series
from chainbreak.app.read_series import admit_series
from chainbreak.app.record_read import record_read
from chainbreak.app.report_rights import must_read
from chainbreak.app.report_texts import type_names
from chainbreak.app.series_graph import MOST_NODES, series_graph
from chainbreak.app.show_series import show_series
from chainbreak.app.what_if import what_if
from chainbreak.app.word_link import Saying, word_series
from chainbreak.base.clock import US_PER_DAY, local_day
from chainbreak.base.errors import SetupError, UsageError
from chainbreak.base.wording import word
from chainbreak.console.ladder import days_drawn, ladder
from chainbreak.console.session import Signed, Visit
from chainbreak.console.show import word_or
from chainbreak.console.view import render

router = APIRouter()
PAGE = 50
TABS = ("story", "graph", "timeline", "identifiers", "orders", "log")
PAIRS = 60
"""Links listed for judging, the weakest first; a larger series has its others on the graph."""
MEMBERS = 300
"""Members listed in one go."""
MOST_DAYS = 400
NEAR = "near_"
DEFAULTS = (("state", "live"), ("order", "changed"))
"""Of the list: what its address need not say."""
Tab = Literal["story", "graph", "timeline", "identifiers", "orders", "log"]
ReportId = Annotated[str, Query(max_length=255)]


class Wanted:
    """The filter of the list, and the address that carries it on."""

    def __init__(
        self, state: Annotated[Literal["live", "ended", "all"], Query()] = "live",
        type: Annotated[str, Query(max_length=40)] = "", district: Annotated[str, Query(max_length=64)] = "",
        order: Annotated[Literal["changed", "size", "loss"], Query()] = "changed",
    ) -> None:  # fmt: skip
        self.state, self.order, self.given = state, order, {"type": type, "district": district}

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the state is filtered."""
        return any(self.given.values())

    def query(self, **changed: str) -> str:
        """The filter as the query of an address; defaults are left out."""
        pairs = {"state": self.state, "order": self.order, **self.given} | changed
        return urlencode({k: v for k, v in pairs.items() if v and (k, v) not in DEFAULTS})


Filtered = Annotated[Wanted, Depends()]


@router.get("/series")
def page(visit: Signed, wanted: Filtered, after: Annotated[str | None, Query(max_length=16)] = None) -> Response:
    """Every series, in the order asked for."""
    admit_series(visit.office, visit.actor, "series.list", "series:*")
    asked = wanted_series(wanted.state, wanted.given["district"], wanted.given["type"], order=wanted.order)
    rows = list_series(visit.office, asked, after=after, limit=PAGE + 1)
    return render(
        visit, "series_list.html", here="series", wanted=wanted, rows=rows[:PAGE], is_first=after is None,
        next_after=rows[PAGE - 1]["series_id"] if len(rows) > PAGE else None,
        districts=known_districts(visit.office), states=("live", "ended", "all"), **names(visit),
    )  # fmt: skip


@router.get("/series/{series_id}")
def one(visit: Signed, series_id: str, tab: Tab = "story", a: ReportId = "", b: ReportId = "") -> Response:
    """One series; `a` and `b`: the pair whose link is explained beside it, the weakest link if none is named."""
    admit_series(visit.office, visit.actor, "series.read", f"series:{series_id}")
    return render(visit, "series.html", **_frame(visit, show_series(visit.office, series_id), tab, a, b))


@router.get("/series/{series_id}/pair")
def pair(visit: Signed, series_id: str, a: ReportId, b: ReportId, tab: Tab = "story") -> Response:
    """Why two reports are linked: alone for htmx, else beside the series."""
    admit_series(visit.office, visit.actor, "link.read", f"series:{series_id}")
    if not visit.is_fragment:
        return one(visit, series_id, tab, a, b)
    shown = show_series(visit.office, series_id)
    return render(visit, "_pair.html", shown=shown, tab=tab, **names(visit), **pair_values(visit, shown, a, b))


@router.get("/series/{series_id}/why/{report_id}")
def why(visit: Signed, series_id: str, report_id: str, panel: bool = False) -> Response:
    """Why a report belongs to its series, in its strongest link: a line for the page of the report, or the panel."""
    must_read(visit.actor)  # whoever takes a report is told why it joined
    record_read(visit.office, visit.actor, "link.read", f"report:{report_id}")
    shown = show_series(visit.office, series_id)
    own = [e for e in shown["edges"] if report_id in (e["a"], e["b"])]
    best = max(own, key=lambda e: (e["bits"], e["a"], e["b"]), default=None)
    other = (best["b"] if best["a"] == report_id else best["a"]) if best else ""
    values = pair_values(visit, shown, report_id, other)
    return render(
        visit, "_pair.html" if panel else "_why_joined.html", shown=shown, links=len(own), other=other, tab="graph",
        **names(visit), **values,
    )  # fmt: skip


@router.get("/series/{series_id}/identifier")
def identifier(visit: Signed, series_id: str, key: Annotated[str, Query(max_length=255)]) -> Response:
    """One identifier of a series: who names it, what it weighs, and what would remain without it."""
    admit_series(visit.office, visit.actor, "series.identifier", f"series:{series_id}")
    shown = show_series(visit.office, series_id)
    rows = (*shown["identifiers"], *shown["suppressed"])
    weight = next((row for row in rows if row["key"] == key), None)
    if weight is None:
        raise UsageError("CB-LK-002", "no two of these reports share this", given=key[:80])
    told = [m for m in shown["members"] if m["report_id"] in weight["reports"]]
    return render(
        visit, "_series_key.html", shown=shown, weight=weight, naming=told, parts=_parts(visit, series_id, key=key),
        **names(visit),
    )  # fmt: skip


@router.get("/series/{series_id}/print")
def printed(visit: Signed, series_id: str) -> Response:
    """The series on paper: sentences fit for a case file, its identifiers and its reports."""
    admit_series(visit.office, visit.actor, "series.print", f"series:{series_id}")
    shown = show_series(visit.office, series_id)
    saying = Saying(visit.lang, visit.office.centre.settings.zone, type_names(visit.office))
    person = visit.session.person.display_name if visit.session else ""
    return render(
        visit, "series_print.html", shown=shown, sentences=word_series(shown, saying), printed_by=person, **names(visit)
    )


@router.get("/series/{series_id}/graph")
def graph(visit: Signed, series_id: str) -> Response:
    """What the graph draws, as JSON for the page's own script."""
    admit_series(visit.office, visit.actor, "series.graph", f"series:{series_id}")
    shown = show_series(visit.office, series_id)
    found, known = series_graph(shown), names(visit)
    zone = visit.office.centre.settings.zone
    for report in found["reports"]:
        report["day"] = f"{local_day(report['reported_at_us'], zone):%m-%d}"
        report["said"] = known["type_name"](report["type"])
    for key in found["keys"]:
        key["said"] = known["kind_word"](key["kind"])
    return JSONResponse(found)


def names(visit: Visit) -> dict[str, Any]:
    """How types and kinds are called in the reader's language, and whether the reader decides on links."""
    types = type_names(visit.office)

    def kind_word(kind: str) -> str:
        if kind.startswith(NEAR):
            return word("console_series.near", visit.lang, what=kind_word(kind.removeprefix(NEAR)))
        for place in ("series.kind", "series.manner", "console_series.term"):
            if told := word_or(f"{place}.{kind}", "", visit.lang):
                return told
        return kind

    return {
        "measured_of": lambda kind, value: _measure(visit, kind, value),
        "types": types, "type_name": lambda key: types.get(key, {}).get(visit.lang, key) or "—",
        "kind_word": kind_word, "may_decide": visit.actor.has(*DECIDERS),
    }  # fmt: skip


def _measure(visit: Visit, kind: str, value: float) -> str:
    """What was measured of a pair, in words: days apart, likeness, same or different."""
    if kind in ("type", "district", "victim"):
        return word(f"console_series.measure.{'same' if value else 'differs'}", visit.lang)
    shown = {"script": f"{value * 100:.0f}", "loss": f"{2**value:.1f}"}.get(kind, f"{value:.1f}".removesuffix(".0"))
    return word(f"console_series.measure.{kind}", visit.lang, n=shown)


def _frame(visit: Visit, shown: dict[str, Any], tab: str, a: str, b: str) -> dict[str, Any]:
    edges = sorted(shown["edges"], key=lambda e: (e["bits"], e["a"], e["b"]))
    if not (a and b) and edges:
        a, b = edges[0]["a"], edges[0]["b"]
    known = names(visit)
    keys = sorted(shown["identifiers"], key=lambda row: (-row["bits"], row["key"]))
    return {
        "here": "series", "shown": shown, "tab": tab, "tabs": TABS, "pairs": edges[:PAIRS], "all_pairs": len(edges),
        "bridges": {frozenset((e["a"], e["b"])) for e in shown["bridges"]}, "identifiers": keys,
        "judged": _judged(shown), "most": MOST_NODES, "listed": shown["members"][:MEMBERS],
        "orders": _orders(visit, keys) if tab == "orders" else [],
        "timeline": _timeline(shown) if tab == "timeline" else [], "days": _days(visit, shown),
        **known, **pair_values(visit, shown, a, b),
    }  # fmt: skip


def pair_values(visit: Visit, shown: dict[str, Any], a: str, b: str) -> dict[str, Any]:
    """What the panel of a pair shows: the explanation, its ladder, and the reason offered for a decision."""
    if not (a and b) or a == b:
        return {"explained": None, "pair": None}
    try:
        explained = explain_link(visit.office, a, b)
    except SetupError:
        return {"explained": None, "pair": (a, b)}
    edge = next((e for e in shown["edges"] if {e["a"], e["b"]} == {a, b}), None)
    return {
        "explained": explained, "pair": (a, b), "rungs": ladder(explained), "edge": edge,
        "parts": _parts(visit, shown["series_id"], edge=(a, b)) if edge and shown["state"] == "live" else None,
    }  # fmt: skip


def _parts(visit: Visit, series_id: str, **wrong: Any) -> list[int] | None:
    """Sizes of what the series would fall into, the largest first; None where that cannot be computed."""
    try:
        return [len(part) for part in what_if(visit.office, series_id, **wrong)["parts"]]
    except (SetupError, UsageError):
        return None


def _judged(shown: dict[str, Any]) -> dict[frozenset[str], str]:
    """Pair -> what stands decided of it, the newest last said."""
    return {
        frozenset((d["a"], d["b"])): d["kind"]
        for d in shown["decisions"]
        if d["kind"] in ("same", "different", "unsure") and d["undone_by"] is None
    }


def _orders(visit: Visit, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Orders about the identifiers of the series, those that weigh most asked for first."""
    found = [row for key in keys[:50] for row in list_orders(visit.office, about=key["key"], limit=5)]
    return list({row["order_id"]: row for row in found}.values())


def _timeline(shown: dict[str, Any]) -> list[dict[str, Any]]:
    """Reports and what happened to the series in one line of time, the newest first."""
    told = [{"at_us": m["reported_at_us"], "member": m, "event": None} for m in shown["members"]]
    told += [{"at_us": e["at_us"], "member": None, "event": e} for e in shown["events"]]
    return sorted(told, key=lambda row: -row["at_us"])[:1000]


def _days(visit: Visit, shown: dict[str, Any]) -> dict[str, Any]:
    """Reports by day from the first to the last, in weeks when there are too many days to draw."""
    zone = visit.office.centre.settings.zone
    if not shown["members"]:
        return {"drawn": "", "weeks": False, "n": 0}
    first, last = (local_day(shown[at], zone) for at in ("since_us", "until_us"))
    span = (last - first).days + 1
    unit = 1 if span <= MOST_DAYS else 7
    counted = Counter((local_day(m["reported_at_us"], zone) - first).days // unit for m in shown["members"])
    starts = [shown["since_us"] + i * unit * US_PER_DAY for i in range((span + unit - 1) // unit)]
    rows = [(f"{local_day(at, zone)}", counted.get(i, 0)) for i, at in enumerate(starts)]
    return {"drawn": days_drawn(rows), "weeks": unit == 7, "n": span}
