"""Appeals: what is waiting with its clocks, accept, decide; opened here for the hotline, the counter and the post."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from chainbreak.app.decide_appeal import accept_appeal, decide_appeal, list_appeals
from chainbreak.app.open_appeal import LONGEST_STATEMENT, open_appeal
from chainbreak.app.record_read import record_read
from chainbreak.app.show_order import show_order
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render, said

router = APIRouter()
Long = Annotated[str, Form(max_length=LONGEST_STATEMENT)]


@router.get("/appeals")
def page(visit: Signed) -> Response:
    """What nobody has decided yet, the first due first."""
    return _page(visit, None)


@router.get("/appeals/{appeal_id}")
def one(visit: Signed, appeal_id: str, order: str = "") -> Response:
    """One appeal with the order it is about."""
    rows = list_appeals(visit.office)
    order_id = next((row["order_id"] for row in rows if row["appeal_id"] == appeal_id), order)
    about = show_order(visit.office, order_id)
    found = next((a for a in about["appeals"] if a["appeal_id"] == appeal_id), None)
    record_read(visit.office, visit.actor, "appeal.read", f"appeal:{appeal_id}", case=about["case_ref"])
    if visit.is_fragment:
        return render(visit, "_appeal.html", appeal=found, about=about)
    return _page(visit, found, about)


@router.post("/appeals")
def take(
    visit: Signed, order: Annotated[str, Form(max_length=24)], statement: Long,
    channel: Annotated[Literal["hotline", "counter", "post"], Form()],
) -> Response:  # fmt: skip
    """Open an appeal for somebody who called, came or wrote."""
    opened = open_appeal(visit.office, visit.actor, statement, order_id=order.strip(), channel=channel)
    return said(RedirectResponse(f"/appeals/{opened['appeal_id']}", 303), "saved")


@router.post("/appeals/{appeal_id}/accept")
def accept(visit: Signed, appeal_id: str) -> Response:
    """It is complete and being looked at."""
    accept_appeal(visit.office, visit.actor, appeal_id)
    return said(RedirectResponse(f"/appeals/{appeal_id}", 303), "accepted")


@router.post("/appeals/{appeal_id}/decide")
def decide(
    visit: Signed, appeal_id: str, outcome: Annotated[Literal["upheld", "refused"], Form()], reason: Long
) -> Response:
    """Uphold or refuse, in writing, by somebody outside the order's chain."""
    done = decide_appeal(visit.office, visit.actor, appeal_id, upheld=outcome == "upheld", reason=reason)
    return said(RedirectResponse(f"/appeals/{appeal_id}?order={done['order_id']}", 303), "decided")


def _page(visit: Visit, appeal: dict[str, Any] | None, about: dict[str, Any] | None = None) -> Response:
    rows = list_appeals(visit.office)
    shown = appeal["appeal_id"] if appeal else None
    return render(visit, "appeals.html", here="appeals", rows=rows, appeal=appeal, about=about, shown=shown)
