"""One order with everything an approver, a liaison or the person affected may ask about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.guards import wanted_digest
from chainbreak.app.draft_order import legal_bases
from chainbreak.app.list_orders import order_row
from chainbreak.app.order_ask import rules_of
from chainbreak.app.order_version import version_of
from chainbreak.store.desk.funds_held import held_in_part

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from chainbreak.app.bootstrap import Office


def show_order(office: Office, order_id: str) -> dict[str, Any]:
    """The row of `list_orders` with `digest` (what a signature now must be under), `version`, `content` (what it says,
    or would say once a wished extension is signed), `approvals`, `history`, `messages`, `receipts`, `appeals`,
    `notice`, `tasks`, and `legal_basis` with the status of each article; `held_fen`: of money, what partners said they
    hold, None while none has said.

    Raises:
        UsageError: no such order (CB-OR-003).
    """
    from chainbreak.store.desk import tables_delivery, tables_orders

    with office.desk.read() as conn:
        order = ledger.read_order(conn, order_id)
        now = ledger.order_now(conn, office.clock.now_us())
        history = [
            {"at_us": e.at_us, "actor": e.actor, "role": e.role, "via": e.via, "move": e.move,
             "reason": e.data.get("reason", "")}
            for e in ledger.read_events(conn, order_id)
        ]  # fmt: skip
        about = {
            name: _rows(conn, table, order_id)
            for name, table in (
                ("messages", tables_delivery.outbox), ("receipts", tables_delivery.receipt),
                ("appeals", tables_orders.appeal), ("tasks", tables_orders.task), ("notice", tables_orders.notice),
            )
        }  # fmt: skip
        cited = set(order.content.legal_basis)
        partly = held_in_part(conn, [order_id]).get(order_id)
        bases = [row for row in legal_bases(conn) if row["basis_id"] in cited]
    body = order.as_dict()
    content = body["extension"]["content"] if body["extension"] else body["content"]
    return {
        **order_row(order, now, rules_of(office)), "digest": wanted_digest(order), "version": version_of(order),
        "content": content,
        "approvals": body["approvals"], "extension": body["extension"], "answers": order.answers,
        "held_fen": order.content.amount_fen if "full" in order.answers.values() else partly,
        "sent_to": list(order.sent_to), "end_reason": order.end_reason, "history": history, "legal_basis": bases,
        **about, "notice": about["notice"][0] if about["notice"] else None,
    }  # fmt: skip


def _rows(conn: Connection, table: Table, order_id: str) -> list[dict[str, Any]]:
    from sqlalchemy import select

    return [dict(row) for row in conn.execute(select(table).where(table.c.order_id == order_id)).mappings()]
