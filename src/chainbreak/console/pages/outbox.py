"""The liaison's page: what is on its way to partners, what failed and why, and corrections that wait for an answer."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.delivery.queue import CORRECT
from chainbreak.app.list_outbox import list_outbox, retry_outbox
from chainbreak.app.list_partners import list_partners
from chainbreak.console.session import Signed
from chainbreak.console.view import render, said
from chainbreak.records.actor import Role

router = APIRouter()
SHOWN = 200
HUE = {"queued": "medium", "sent": "medium", "acknowledged": "done", "verified": "done", "failed": "urgent",
       "superseded": "lapsed"}  # fmt: skip


@router.get("/outbox")
def page(visit: Signed, every: bool = False) -> Response:
    """Messages not yet settled, withdrawals first; `every`: all, the newest first."""
    rows = list_outbox(visit.office, every=every, limit=SHOWN)
    unsettled = list_outbox(visit.office) if every else rows
    return render(
        visit, "outbox.html", here="outbox", rows=rows, every=every, hues=HUE, partners=list_partners(visit.office),
        corrections=[row for row in unsettled if row["action"] == CORRECT],
        failed=sum(row["state"] == "failed" for row in unsettled), may_retry=visit.actor.has(Role.LIAISON),
    )  # fmt: skip


@router.post("/outbox/retry")
def retry(visit: Signed) -> Response:
    """Queue failed messages again."""
    retry_outbox(visit.office, visit.actor)
    return said(RedirectResponse("/outbox", 303), "queued_again")
