"""Which version of an order somebody has seen, and what became of it since: for writes that must not pass it over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.fold import replay
from chainbreak.base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from chainbreak.act.orders.model import Order

# Long texts of the content: that they changed is said, not how.
_LONG = frozenset({"notice", "evidence", "remedy", "scope", "exception"})


class OrderChangedError(RefusedError):
    """The order is no longer as it was seen (CB-UI-012); `fields`: one {field, code, message} a difference."""

    def __init__(self, seen: str, now: str, fields: list[dict[str, str]]) -> None:
        self.fields = fields
        super().__init__("CB-UI-012", "the order changed since it was read, nothing was done", given=seen, allowed=now,
                         next_step="read it again, then decide")  # fmt: skip


def version_of(order: Order) -> str:
    """How many moves the order has seen, and the beginning of its digest: `3-9f3a01c2d4e5f607`."""
    return f"{order.events}-{order.digest[:16]}"


def unless_changed(order_id: str, seen: str) -> Callable[[Connection], None]:
    """A condition that raises OrderChangedError when the order is at another version than `seen`."""

    def condition(conn: Connection) -> None:
        order = ledger.read_order(conn, order_id)
        now = version_of(order)
        if seen != now:
            raise OrderChangedError(seen[:40], now, _since(conn, order, seen))

    return condition


def _since(conn: Connection, order: Order, seen: str) -> list[dict[str, str]]:
    moves = seen.partition("-")[0]
    events = ledger.read_events(conn, order.order_id)
    before = replay(events[: int(moves)]) if moves.isascii() and moves.isdigit() and len(moves) < 6 else None
    return [] if before is None else differences(_flat(before), _flat(order))


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    """One {field, code, message} for each field that differs, both values in the message.

    >>> differences({"state": "draft", "rung": "label"}, {"state": "submitted", "rung": "label"})
    [{'field': 'state', 'code': 'changed', 'message': 'draft → submitted'}]
    """
    return [
        {"field": name, "code": "changed",
         "message": "…" if name in _LONG else f"{_said(before[name])} → {_said(after[name])}"}
        for name in after if before[name] != after[name]
    ]  # fmt: skip


def _flat(order: Order) -> dict[str, Any]:
    body = order.as_dict()
    shown = ("state", "revision", "last_editor", "submitted_by", "sent_to", "answers", "extensions", "end_reason")
    signed = [a["approver"] for a in body["approvals"]]
    return {name: body[name] for name in shown} | {"signed_by": signed} | order.content.as_dict()


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}: {v}" for k, v in value.items()) or "—"
    return ", ".join(map(str, value)) or "—" if isinstance(value, (list, tuple)) else str(value) or "—"
