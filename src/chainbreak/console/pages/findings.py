"""Findings: the dense list in the order it should be read, one finding with its reasons, verdicts by key."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.leads.machine import may
from chainbreak.app.device_records import DETECTOR
from chainbreak.app.explain_finding import explain_finding
from chainbreak.app.give_verdict import JUDGES, give_verdict, undo_verdict
from chainbreak.app.hot_hits import hot_hits
from chainbreak.app.list_findings import count_findings, list_findings
from chainbreak.app.next_finding import next_finding
from chainbreak.app.record_read import record_read
from chainbreak.app.show_finding import show_finding
from chainbreak.app.why_not import why_not
from chainbreak.base.wording import word
from chainbreak.console.session import Signed, Visit
from chainbreak.console.story import story
from chainbreak.console.view import render
from chainbreak.store.desk.findings import LEVELS, OPEN, STATES, Filter

router = APIRouter()
PAGE = 50
# The most telling facts of each detector first; one row of the reference screen holds six beside the probability.
FACTS = (
    "sims", "ports", "callees", "calls", "stayed_over_60_s", "cells", "imeis", "in_fen", "out_fen", "payers", "payees",
    "clients", "reports_naming", "lookups",
)  # fmt: skip
IN_STRIP = 6
_OF_MAPS = re.compile(r"(?:site|cell)\d*(?:_|$)")
LEAST_BITS = 0.05
"""What rounds to 0.0 bits changes no odds, so it is neither for nor against."""
HUE_OF_STATE = {"open": "medium", "confirmed": "done", "false": "lapsed", "unsure": "low", "superseded": "lapsed"}


class Wanted:
    """The filter in an address, and the address that carries it on."""

    def __init__(
        self, state: Annotated[str, Query(pattern=f"^(?:{'|'.join(STATES)})$")] = OPEN,
        detector: Annotated[str, Query(max_length=40)] = "",
        level: Annotated[str, Query(pattern=f"^(?:{'|'.join(LEVELS)})?$")] = "",
        district: Annotated[str, Query(max_length=64)] = "", subject: Annotated[str, Query(max_length=255)] = "",
    ) -> None:  # fmt: skip
        self.state, self.given = state, {"detector": detector, "level": level, "district": district, "subject": subject}

    @property
    def filter(self) -> Filter:
        """As the desk understands it; empty means any."""
        return Filter(self.state, **{name: value or None for name, value in self.given.items()})

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the state is filtered."""
        return any(self.given.values())

    def query(self, **changed: str) -> str:
        """The filter as the query of an address, with some of it changed; defaults are left out."""
        pairs = {"state": self.state, **self.given} | changed
        return urlencode({k: v for k, v in pairs.items() if v and (k, v) != ("state", OPEN)})


Filtered = Annotated[Wanted, Depends()]


@router.get("/findings")
def page(visit: Signed, wanted: Filtered, after: str | None = None) -> Response:
    """The list, with nothing opened."""
    return _page(visit, wanted, None, after)


@router.get("/findings/rows")
def more(visit: Signed, wanted: Filtered, after: str) -> Response:
    """The next rows of the list, for htmx."""
    return render(
        visit, "_finding_rows.html", wanted=wanted, shown=None, hues=HUE_OF_STATE, **_rows(visit, wanted, after)
    )


@router.get("/findings/why-not")
def not_reported(visit: Signed, subject: Annotated[str, Query(max_length=255)] = "") -> Response:
    """Why a thing is not reported: how far each detector's reasons fell short on the newest records."""
    answers = []
    if subject.strip():
        record_read(visit.office, visit.actor, "finding.why_not", subject.strip())
        answers = [answer.as_dict() for answer in why_not(visit.office, subject.strip())]
    hits = hot_hits(visit.office, subject.strip()) if answers else []
    return render(
        visit, "why_not.html", here="findings", subject=subject.strip(), answers=answers, hits=hits, hues=HUE_OF_STATE
    )


@router.get("/findings/{finding_id}")
def one(visit: Signed, wanted: Filtered, finding_id: str) -> Response:
    """One finding beside the list, or alone for htmx. Looking is noted in the log."""
    found = show_finding(visit.office, finding_id)
    record_read(visit.office, visit.actor, "finding.read", f"finding:{finding_id}")
    return _detail(visit, wanted, found) if visit.is_fragment else _page(visit, wanted, found, None)


@router.get("/findings/{finding_id}/again")
def compute_again(visit: Signed, finding_id: str) -> Response:
    """The finding computed again on the data versions it pins, and what would have changed the outcome."""
    record_read(visit.office, visit.actor, "finding.explain", f"finding:{finding_id}")
    explained = explain_finding(visit.office, finding_id).as_dict()
    return render(visit, "_explained.html", explained=explained)


@router.post("/findings/next")
def take_next(visit: Signed, wanted: Filtered) -> Response:
    """Take the next finding of the filter that nobody else has open, and lock it."""
    found = next_finding(visit.office, visit.actor, wanted.filter)
    if found is None:
        return _answer(visit, wanted, None)
    return _answer(visit, wanted, found)


@router.post("/findings/undo")
def undo(visit: Signed, wanted: Filtered) -> Response:
    """Take back one's own newest verdict and show its finding."""
    return _answer(visit, wanted, show_finding(visit.office, undo_verdict(visit.office, visit.actor)))


@router.post("/findings/{finding_id}/verdict")
def judge(
    visit: Signed, wanted: Filtered, finding_id: str, verdict: Annotated[Literal["c", "f", "u"], Form()],
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Confirmed, false or unsure."""
    give_verdict(visit.office, visit.actor, finding_id, verdict, note.strip())
    return _answer(visit, wanted, show_finding(visit.office, finding_id))


def _answer(visit: Visit, wanted: Wanted, found: dict[str, Any] | None) -> Response:
    path = (f"/findings/{found['finding_id']}" if found else "/findings") + f"?{wanted.query()}"
    if not visit.is_fragment:
        return RedirectResponse(path, 303)
    response = _detail(visit, wanted, found)
    response.headers["HX-Push-Url"] = path
    return response


def _detail(visit: Visit, wanted: Wanted, found: dict[str, Any] | None) -> Response:
    return render(visit, "_finding.html", wanted=wanted, **_one(visit, found))


def _page(visit: Visit, wanted: Wanted, found: dict[str, Any] | None, after: str | None) -> Response:
    counts = count_findings(visit.office)
    by_state = {state: sum(row["n"] for row in counts if row["state"] == state) for state in STATES}
    record_read(visit.office, visit.actor, "finding.list", "finding:*", often=True)
    return render(
        visit, "findings.html", here="findings", wanted=wanted, by_state=by_state, levels=LEVELS,
        detectors=sorted({row["detector"] for row in counts}), total=sum(by_state.values()),
        shown=found["finding_id"] if found else None, is_first=after is None,
        **_rows(visit, wanted, after), **_one(visit, found),
    )  # fmt: skip


def _rows(visit: Visit, wanted: Wanted, after: str | None) -> dict[str, Any]:
    rows = list_findings(visit.office, wanted.filter, after=after, limit=PAGE + 1)
    return {"rows": rows[:PAGE], "next_after": rows[PAGE - 1]["finding_id"] if len(rows) > PAGE else None}


def _one(visit: Visit, found: dict[str, Any] | None) -> dict[str, Any]:
    rights = {"may_judge": visit.actor.has(*JUDGES), "may_draft_lead": may("draft", visit.actor)}
    common = {"found": found, "hues": HUE_OF_STATE, **rights}
    if not found:
        return common
    told = story(found["facts"], lambda key, **given: word(key, visit.lang, **given))
    about = {"is_device": found["detector"] == DETECTOR, "story": told if found["detector"] == DETECTOR else ""}
    return common | about | reasons_of(found) | _facts(found["facts"])


def reasons_of(found: dict[str, Any]) -> dict[str, Any]:
    """What speaks for it, what against, and what was looked at and weighs nothing; the heaviest first."""
    heavy = sorted([*found["evidence"], *found["counter_evidence"]], key=lambda r: -abs(r["bits"]))
    weighing = [r for r in heavy if abs(r["bits"]) >= LEAST_BITS]
    return {
        "speak_for": [r for r in weighing if r["bits"] > 0], "speak_against": [r for r in weighing if r["bits"] < 0],
        "weigh_nothing": [r for r in heavy if abs(r["bits"]) < LEAST_BITS],
    }  # fmt: skip


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of the strip, the most telling first, and the others; coordinates are for maps."""
    shown = {k: v for k, v in facts.items() if isinstance(v, (int, float, str)) and v != "" and not _OF_MAPS.match(k)}
    numbers = sorted(
        (name for name, value in shown.items() if not isinstance(value, str)),
        key=lambda name: (FACTS.index(name) if name in FACTS else len(FACTS), name),
    )
    first = numbers[:IN_STRIP]
    return {
        "first_facts": [(name, shown[name]) for name in first],
        "other_facts": [(name, value) for name, value in shown.items() if name not in first],
    }
