"""The first page: what waits, for whom, and by when."""

from __future__ import annotations

from fastapi import APIRouter, Response

from chainbreak.act.delivery.queue import CORRECT
from chainbreak.app.list_checkpoints import list_checkpoints
from chainbreak.app.next_lead import leads_waiting_for
from chainbreak.app.show_today import SHOWN, show_today
from chainbreak.app.take_money_sent import list_alerts
from chainbreak.app.warnings_for_me import warnings_for_me
from chainbreak.console.pages import leads, outbox
from chainbreak.console.pages.orders import HUE
from chainbreak.console.session import Signed
from chainbreak.console.view import render
from chainbreak.records.actor import Role

router = APIRouter()
# What each role came for, and the rest of the page after it. Who holds several roles sees first what others wait for.
FIRST: dict[Role, tuple[str, ...]] = {
    Role.HOTLINE: ("calls",),
    Role.OFFICER: ("visits", "leads"),
    Role.APPROVER: ("awaiting", "late", "leads", "appeals", "expiring"),
    Role.ANALYST: ("queue", "leads", "awaiting"),
    Role.FUND_DESK: ("alerts", "queue", "awaiting"),
    Role.LIAISON: ("outbox", "leads", "corrections", "expiring"),
    Role.AUDITOR: ("log", "appeals"),
    Role.COMMANDER: ("late", "awaiting", "leads", "expiring", "queue"),
    Role.ENGINEER: ("sources", "queue"),
}
USUAL = ("queue", "awaiting", "expiring", "appeals", "sources")


@router.get("/")
def page(visit: Signed) -> Response:
    """Today."""
    first = [name for role, names in FIRST.items() if visit.actor.has(role) for name in names]
    panels = list(dict.fromkeys([*first, *USUAL]))
    waiting, waiting_n = leads_waiting_for(visit.office, visit.actor, SHOWN)
    today = show_today(visit.office) | {"leads": waiting, "leads_n": waiting_n}
    warned = warnings_for_me(visit.office, visit.actor, SHOWN)
    return render(
        visit, "today.html", here="today", today=today, warned=warned, panels=panels, shown_rows=SHOWN,
        alerts=list_alerts(visit.office, visit.actor) if "alerts" in panels else [], hues=HUE | outbox.HUE | leads.HUES,
        corrections=[row for row in today["outbox"] if row["action"] == CORRECT],
        checkpoints=list_checkpoints(visit.office)[:SHOWN] if "log" in panels else [],
    )  # fmt: skip
