"""One order on its way: every message to every partner, each step with its time, and whether it is really gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery import queue
from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import ends_at_us, standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chainbreak.act.orders.model import Order
    from chainbreak.app.bootstrap import Office

STEPS = (queue.QUEUED, queue.SENT, queue.ACKNOWLEDGED, queue.VERIFIED)
"""The way of a message that meets no trouble."""


def show_receipts(office: Office, order_id: str) -> dict[str, Any]:
    """`order_id`, `kind`, `rung`, `object`, `amount_fen`, `case_ref`, `standing`, `ends_at_us`, `is_ending` (over by
    somebody's act, and some partner is not yet seen to have let go), `tasks` open, and `partners`.

    A row of `partners`: `target`, `holds` (`yes`, `part`, `no`, or `unknown` while under way), `gone_at_us`,
    `gone_took_us` (since the withdrawal was queued) and `gone_by` (`probe`, or `answer` of one that cannot be asked),
    `held_fen` (of the last answer), `messages` newest first. A message: `revision`, `action`, `state`, `attempts`,
    `detail`, `due_at_us`, and `steps`, rows (`step`, `at_us`, `since_us` since it was queued, `after_us` since the step
    before, `outcome`, `code`, `meaning`, `actor`, `digest`, `held_fen`).

    Raises:
        UsageError: no such order (CB-OR-003).
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import outbox as o
    from chainbreak.store.desk.tables_delivery import receipt as r

    with office.desk.read() as conn:
        order = ledger.read_order(conn, order_id)
        now = ledger.order_now(conn, office.clock.now_us())
        messages = list(conn.execute(select(o).where(o.c.order_id == order_id).order_by(o.c.revision.desc())))
        receipts = list(conn.execute(select(r).where(r.c.order_id == order_id).order_by(r.c.receipt_id)))
        tasks = [task for task in ledger.open_tasks(conn) if task["order_id"] == order_id]
    targets = sorted({m.target for m in messages} | set(order.sent_to))
    partners = [
        _at_partner(order, target, [m for m in messages if m.target == target],
                    [s for s in receipts if s.target == target])
        for target in targets
    ]  # fmt: skip
    content = order.content
    return {
        "order_id": order_id, "kind": content.kind, "rung": content.rung, "object": content.object,
        "amount_fen": content.amount_fen, "case_ref": content.case_ref, "state": str(order.state),
        "standing": str(standing(order, now)), "ends_at_us": ends_at_us(order),
        "ended_at_us": order.ended_at_us,
        "is_ending": order.ended_at_us is not None and any(p["holds"] == "unknown" for p in partners),
        "tasks": tasks, "partners": partners,
    }  # fmt: skip


def _at_partner(order: Order, target: str, messages: Sequence[Any], receipts: Sequence[Any]) -> dict[str, Any]:
    told = [_message(m, [s for s in receipts if s.revision == m.revision]) for m in messages]
    holds = _holds(order, target, told)
    gone = told[0]["steps"][-1] if holds == "no" and told and told[0]["action"] != queue.BLOCK else None
    held = [s.held_fen for s in receipts if s.held_fen is not None]
    return {
        "target": target, "holds": holds, "messages": told,
        "gone_at_us": gone["at_us"] if gone else None, "gone_took_us": gone["since_us"] if gone else None,
        "gone_by": ("probe" if gone["step"] == queue.VERIFIED else "answer") if gone else "",
        "held_fen": held[-1] if held else None,
    }  # fmt: skip


def _holds(order: Order, target: str, told: Sequence[dict[str, Any]]) -> str:
    if not told or target not in order.sent_to:
        return "no"
    newest = told[0]
    if newest["state"] in (queue.QUEUED, queue.SENT, queue.FAILED):
        return "unknown"
    carried_out = newest["detail"] == queue.FULL
    if newest["action"] == queue.BLOCK:
        return {queue.REJECTED: "no", queue.PARTIAL: "part"}.get(newest["detail"], "yes")
    return "no" if carried_out else "yes"  # it refuses to let go, or lets go of a part


def _message(message: Any, receipts: Sequence[Any]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{
        "step": queue.QUEUED, "at_us": message.queued_at_us, "since_us": 0, "after_us": 0, "outcome": "", "code": "",
        "meaning": "", "actor": "", "digest": "", "held_fen": None,
    }]  # fmt: skip
    for s in receipts:
        steps.append({
            "step": s.step, "at_us": s.at_us, "since_us": s.at_us - message.queued_at_us,
            "after_us": s.at_us - steps[-1]["at_us"], "outcome": s.outcome, "code": s.partner_code,
            "meaning": s.meaning, "actor": s.actor, "digest": s.response_digest, "held_fen": s.held_fen,
        })  # fmt: skip
    return {
        "revision": message.revision, "action": message.action, "state": message.state,
        "attempts": message.attempts, "detail": message.detail, "due_at_us": message.due_at_us, "steps": steps,
    }  # fmt: skip
