"""The first page: what waits, for whom, and by when."""

from __future__ import annotations

from fastapi import APIRouter, Response

from chainbreak.app.show_today import SHOWN, show_today
from chainbreak.console.pages.orders import HUE
from chainbreak.console.session import Signed
from chainbreak.console.view import render
from chainbreak.records.actor import Role

router = APIRouter()
# Panels in the order in which each role needs them; the first role held decides.
ORDER_BY_ROLE: dict[Role, tuple[str, ...]] = {
    Role.APPROVER: ("awaiting", "expiring", "appeals", "queue", "sources"),
    Role.LIAISON: ("outbox", "expiring", "awaiting", "appeals", "sources"),
    Role.AUDITOR: ("appeals", "awaiting", "expiring", "sources", "queue"),
    Role.ENGINEER: ("sources", "queue", "awaiting", "expiring", "appeals"),
}
USUAL = ("queue", "awaiting", "expiring", "appeals", "sources")


@router.get("/")
def page(visit: Signed) -> Response:
    """Today."""
    roles = visit.actor.roles
    judges = bool(roles & {Role.ANALYST, Role.FUND_DESK})
    panels = USUAL if judges else next((order for role, order in ORDER_BY_ROLE.items() if role in roles), USUAL)
    today = show_today(visit.office)
    return render(visit, "today.html", here="today", today=today, panels=panels, shown_rows=SHOWN, hues=HUE)
