"""Orders: lists by state, the card an approver decides on, and the buttons of each state."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chainbreak.act.orders.model import State
from chainbreak.app.check_order import NEXT, check_order
from chainbreak.app.list_orders import list_orders
from chainbreak.app.order_ask import rules_of
from chainbreak.app.record_read import record_read
from chainbreak.app.show_order import show_order
from chainbreak.base.clock import parse_moment
from chainbreak.base.wording import codes
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render
from chainbreak.records.actor import Role

router = APIRouter()
PAGE, BATCH = 50, 200
# Tabs: which stored states each asks for, and the words for what time has made of them.
TABS: dict[str, tuple[State, ...]] = {
    "awaiting": (State.SUBMITTED, State.EMERGENCY, State.SENT, State.ACKNOWLEDGED),
    "draft": (State.DRAFT,),
    "under_way": (State.APPROVED, State.SENT),
    "in_force": (State.ACKNOWLEDGED, State.EMERGENCY, State.SENT),
    "over": (
        State.RELEASED, State.EXPIRED, State.LAPSED, State.WITHDRAWN, State.ANNULLED, State.CORRECTED,
        State.ACKNOWLEDGED, State.SENT, State.EMERGENCY,
    ),
}  # fmt: skip
OVER = frozenset({"released", "expired", "lapsed", "withdrawn", "annulled", "corrected"})
HUE = {
    "draft": "low", "submitted": "high", "approved": "medium", "sent": "medium", "acknowledged": "medium",
    "in_force": "done", "emergency": "urgent", "unapproved": "urgent",
}  # fmt: skip
Tab = Annotated[str, Query(pattern=f"^(?:{'|'.join(TABS)})$")]


@router.get("/orders")
def page(visit: Signed, tab: Tab = "awaiting", before: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The list of one tab, the last changed first; `before`: the marker of the page before."""
    return show_page(visit, tab, None, before)


@router.get("/orders/{order_id}")
def one(visit: Signed, order_id: str, tab: Tab = "awaiting") -> Response:
    """One order beside the list, or alone for htmx. Looking is noted in the log."""
    order = show_order(visit.office, order_id)
    record_read(visit.office, visit.actor, "order.read", f"order:{order_id}", case=order["case_ref"])
    return render(visit, "_order.html", tab=tab, **_one(visit, order)) if visit.is_fragment else show_page(
        visit, tab, order
    )  # fmt: skip


def show_page(visit: Visit, tab: str, order: dict[str, Any] | None, before: str = "") -> Response:
    """List and detail."""
    record_read(visit.office, visit.actor, "order.list", "order:*", often=True)
    rows = _rows(visit, tab, before)
    shown, more = rows[:PAGE], len(rows) > PAGE
    return render(
        visit, "orders.html", here="orders", tab=tab, tabs=list(TABS), rows=shown, hues=_hues(shown),
        is_first=not before, next_before=shown[-1]["marker"] if more else None,
        shown=order["order_id"] if order else None, **_one(visit, order),
    )  # fmt: skip


def _rows(visit: Visit, tab: str, before: str) -> list[dict[str, Any]]:
    """A page of a tab and one row more if there is one. A stored state says only what the clock has not yet changed,
    so batches are read until enough rows belong.
    """
    rows: list[dict[str, Any]] = []
    while len(rows) <= PAGE:
        batch = list_orders(visit.office, states=list(TABS[tab]), before=before or None, limit=BATCH)
        rows += [row for row in batch if _belongs(row, tab)]
        if len(batch) < BATCH:
            break
        before = batch[-1]["marker"]
    return rows


def _belongs(row: dict[str, Any], tab: str) -> bool:
    if tab == "awaiting":
        return bool(row["awaits"])
    if tab == "over":
        return row["standing"] in OVER
    if tab == "in_force":
        return bool(row["in_force"])
    return row["standing"] not in OVER and not row["in_force"]


def _hues(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["standing"]: HUE.get(row["standing"], "lapsed") for row in rows}


def _one(visit: Visit, order: dict[str, Any] | None) -> dict[str, Any]:
    if order is None:
        return {"order": None}
    actor, rule = visit.actor, rules_of(visit.office).kinds.get(order["kind"])
    awaits = order["awaits"]
    move = awaits or NEXT.get(State(order["state"]))
    concerns_me = (awaits and actor.has(Role.APPROVER)) or (order["state"] == "draft" and not awaits)
    objections = check_order(visit.office, actor, order["order_id"], move) if move and concerns_me else []
    return {
        "order": order, "hue": HUE.get(order["standing"], "lapsed"), "ladder": rule.ladder if rule else (),
        "objections": [o | {"words": codes()[o["code"]]["title"][visit.lang] if o["code"] in codes() else o["what"]}
                       for o in objections],
        "moments": {name: parse_moment(order[name], "UTC") for name in ("starts_at", "ends_at")},
        "may": {"approve": actor.has(Role.APPROVER), "send": actor.has(Role.LIAISON),
                "release": "release" if actor.has(Role.APPROVER) else "ask" if actor.has(Role.LIAISON) else "",
                "draft": actor.has(Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.COMMANDER, Role.APPROVER)},
        "release_reasons": rules_of(visit.office).release_reasons,
    }  # fmt: skip
