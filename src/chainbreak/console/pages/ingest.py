"""What came in: sources and how far behind they are, ingests with their counts, rejected rows and their way back."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.app.list_quarantine import list_quarantine
from chainbreak.app.list_runs import list_runs, list_sources
from chainbreak.app.record_read import record_read
from chainbreak.app.replay_quarantine import fix_row, replay_quarantine
from chainbreak.app.reveal_identifier import OPEN_US
from chainbreak.base.clock import US_PER_S
from chainbreak.base.wording import codes
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render, said
from chainbreak.records.actor import Role

router = APIRouter()
SHOWN = 200
Name = Annotated[str, Query(max_length=255)]
Text = Annotated[str, Form(max_length=255)]


@router.get("/ingest")
def page(visit: Signed, kind: Annotated[str, Query(max_length=32)] = "") -> Response:
    """Sources and the newest ingests."""
    runs, sources = list_runs(visit.office, kind=kind or None), list_sources(visit.office)
    return render(visit, "ingest.html", here="ingest", kind=kind, sources=sources, runs=runs)


@router.get("/ingest/quarantine")
def rejected(visit: Signed, file: Name = "", reason: Name = "") -> Response:
    """Rejected rows that are out, without their contents."""
    return _rejected(visit, file, reason, list_quarantine(visit.office, file=file, reason=reason))


@router.post("/ingest/quarantine/reveal")
def reveal(visit: Signed, purpose: Text, case: Text, file: Text = "", reason: Text = "") -> Response:
    """The same with contents, for a purpose and a case; the look is in the log and the page says who looks."""
    visit.need(Role.ENGINEER)
    rows = list_quarantine(
        visit.office, file=file, reason=reason, actor=visit.actor, purpose=purpose.strip(), case=case.strip()
    )
    response = _rejected(visit, file, reason, [row | {"fields": json.loads(row["content"])} for row in rows], True)
    # The browser itself leaves the page in time, with or without scripts.
    response.headers["refresh"] = f"{OPEN_US // US_PER_S}; url=/ingest/quarantine"
    return response


@router.post("/ingest/quarantine/replay")
def replay(visit: Signed, file: Text = "", reason: Text = "") -> Response:
    """Read the rejected rows again by the mapping they came with."""
    visit.need(Role.ENGINEER)
    replay_quarantine(visit.office, visit.actor, file=file, reason=reason)
    return said(RedirectResponse("/ingest/quarantine", 303), "replayed")


@router.post("/ingest/quarantine/{row_id}/fix")
def fix(visit: Signed, row_id: str, column: Text, value: Annotated[str, Form(max_length=4000)]) -> Response:
    """Correct one column of one row and bring it in."""
    visit.need(Role.ENGINEER)
    fix_row(visit.office, visit.actor, row_id, {column: value})
    return said(RedirectResponse("/ingest/quarantine", 303), "fixed")


def _rejected(visit: Visit, file: str, reason: str, rows: list[dict[str, Any]], is_open: bool = False) -> Response:
    record_read(visit.office, visit.actor, "quarantine.list", "quarantine:*", often=True)
    words = {row["code"]: codes()[row["code"]]["title"][visit.lang] for row in rows if row["code"] in codes()}
    return render(
        visit, "quarantine.html", here="ingest", rows=rows[:SHOWN], total=len(rows), file=file, reason=reason,
        words=words, is_open=is_open, may_mend=visit.actor.has(Role.ENGINEER),
    )  # fmt: skip
