"""What a person affected sees with the receipt code alone: no login, nothing about anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import ends_at_us, standing
from chainbreak.base.clock import rfc3339

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

SHOWN = frozenset({"approve", "confirm", "emergency", "send", "approve_extension", "release", "fall", "expire", "lapse",
                   "appeal", "refuse_appeal", "annul", "correct"})  # fmt: skip


def show_status(office: Office, code: str) -> dict[str, Any]:
    """Number, kind, measure, standing, amount, start, end, the notice in both languages, and the public history.

    Raises:
        UsageError: no order has this code (CB-OR-063).
    """
    with office.desk.read() as conn:
        order = ledger.read_by_code(conn, code)
        now = ledger.order_now(conn, office.clock.now_us())
        history = [
            {"at": rfc3339(e.at_us), "move": e.move}
            for e in ledger.read_events(conn, order.order_id)
            if e.move in SHOWN
        ]
    content = order.content
    return {
        "order_id": order.order_id, "kind": content.kind, "rung": content.rung, "standing": standing(order, now),
        "amount_fen": content.amount_fen, "starts_at": rfc3339(content.starts_at_us),
        "ends_at": rfc3339(ends_at_us(order)), "notice_zh": content.notice["zh"], "notice_en": content.notice["en"],
        "history": history,
    }  # fmt: skip
