"""What came in: sources and how far behind they are, ingests with their counts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chainbreak.app.list_runs import list_runs, list_sources
from chainbreak.console.session import Signed
from chainbreak.console.view import render

router = APIRouter()


@router.get("/ingest")
def page(visit: Signed, kind: Annotated[str, Query(max_length=32)] = "") -> Response:
    """Sources and the newest ingests."""
    return render(
        visit, "ingest.html", here="ingest", kind=kind, sources=list_sources(visit.office),
        runs=list_runs(visit.office, kind=kind or None),
    )  # fmt: skip
