"""Holds that money has overtaken: a newer run finds less of a claim on an account than an order is to hold there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.guards import DRAFTERS
from chainbreak.app.order_ask import plain_ask, rules_of
from chainbreak.app.trace_run import likeness
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.units import format_fen
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

TASK = "moved_money"


def drop_overtaken(office: Office, conn: Connection, actor: Actor, run: Mapping[str, Any]) -> list[str]:
    """Withdraw drafts, not yet signed, of earlier runs of the same thing on the same terms whose money has moved on
    since, and open a task on orders that were signed: a hold on money that has left would catch somebody else's.
    Returns what was withdrawn. The machine withdraws nothing; it opens the task.
    """
    body, own = run["body"], likeness(run["terms"])
    earlier = {
        row["run_id"] for row in funds.list_runs(conn, run["what"])
        if row["number"] < run["number"] and likeness(json.loads(row["terms"])) == own
    }  # fmt: skip
    there = {(row["account"], c): fen for row in body["holdings"] for c, fen in row["by_claim"].items()}
    less: dict[str, int] = defaultdict(int)
    for share in funds.shares_of_claims(conn, run["claims"]):
        gone = share["fen"] - there.get((share["account"], share["claim_id"]), 0)
        if share["run_id"] in earlier and gone > 0:
            less[share["order_id"]] += gone
    withdrawn = []
    for order_id, fen in sorted(less.items()):
        order = ledger.read_order(conn, order_id)
        reason = f"{run['run_id']}: {format_fen(fen)} moved on before the hold"
        if order.state in funds.WAITING and actor.has(*DRAFTERS):
            ask = plain_ask(office, conn, actor, {"reason": reason})
            ledger.make(conn, "withdraw", order_id, order, ask, rules_of(office))
            withdrawn.append(order_id)
        elif order.state in (*funds.WAITING, *funds.ISSUED):
            _ask_for_a_look(office, conn, order_id, reason)
    return withdrawn


def _ask_for_a_look(office: Office, conn: Connection, order_id: str, note: str) -> None:
    if any(task["order_id"] == order_id and task["kind"] == TASK for task in ledger.open_tasks(conn)):
        return
    now = ledger.order_now(conn, office.clock.now_us())
    due = now + rules_of(office).clocks.weakened_h * US_PER_HOUR
    ledger.open_task(conn, TASK, order_id, note, now, due)
