"""Orders for lists, the last changed first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import ends_at_us, in_force, standing
from chainbreak.act.orders.guards import signatures_needed
from chainbreak.act.orders.model import Order, State
from chainbreak.app.order_ask import rules_of
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from chainbreak.act.orders.rules import Rules
    from chainbreak.app.bootstrap import Office


def list_orders(
    office: Office, *, states: list[State] | None = None, kind: str | None = None, about: str | None = None,
    case_ref: str | None = None, drafted_by: str | None = None, before: str | None = None, limit: int = 100,
) -> list[dict[str, Any]]:  # fmt: skip
    """Rows (order_id, kind, rung, object, standing, state, in_force, amount_fen, ends_at, signatures, needed, …).

    `standing` is the word to show: the state, or what time has made of it. `awaits` is `approve`, `confirm`,
    `approve_extension` or "". `marker` of the last row of a page is the `before` of the page after it; orders that
    change meanwhile move to the front and leave no gap behind.

    Raises:
        UsageError: not a marker (CB-UI-008).
    """
    since = _read_marker(before) if before else None
    rules = rules_of(office)
    with office.desk.read() as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        found = ledger.list_orders(
            conn, states, limit, since, kind=kind, object=about, case_ref=case_ref, drafted_by=drafted_by
        )
    return [order_row(order, now, rules) | {"marker": f"{at_us}.{order.order_id}"} for at_us, order in found]


def _read_marker(marker: str) -> tuple[int, str]:
    at_us, dot, order_id = marker.partition(".")
    if not (dot and at_us.isascii() and at_us.isdigit() and len(at_us) < 19):
        raise UsageError("CB-UI-008", "not a page marker", given=marker[:64], next_step="start from the first page")
    return int(at_us), order_id


def states_named(names: list[str] | None) -> list[State] | None:
    """States by their names; None stays None.

    Raises:
        UsageError: no such state (CB-US-001).
    """
    for name in names or ():
        if name not in set(State):
            raise UsageError("CB-US-001", "no such state", given=name, allowed=did_you_mean(name, State))
    return [State(name) for name in names] if names else None


def order_row(order: Order, now_us: int, rules: Rules) -> dict[str, Any]:
    """One order as a row of a list."""
    content, ends = order.content, ends_at_us(order)
    signed = order.extension.approvals if order.extension else order.approvals
    return {
        "order_id": order.order_id, "kind": content.kind, "rung": content.rung, "object": content.object,
        "standing": standing(order, now_us), "state": str(order.state), "in_force": in_force(order, now_us),
        "amount_fen": content.amount_fen, "case_ref": content.case_ref, "drafted_by": order.drafted_by,
        "starts_at": rfc3339(content.starts_at_us), "ends_at": rfc3339(ends), "ends_at_us": ends,
        "signatures": len(signed), "needed": signatures_needed(content, rules), "awaits": _awaits(order, now_us),
    }  # fmt: skip


def _awaits(order: Order, now_us: int) -> str:
    if now_us >= ends_at_us(order):
        return ""
    if order.extension:
        return "approve_extension"
    return {State.SUBMITTED: "approve", State.EMERGENCY: "confirm"}.get(order.state, "")
