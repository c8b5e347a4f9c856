"""What banks said they really hold: an order that was carried out in part holds less than it asks for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from chainbreak.store.desk.funds import chunks, rows_in, shares_of_orders
from chainbreak.store.desk.tables_delivery import outbox, receipt
from chainbreak.store.desk.tables_orders import order_file


def held_in_part(conn: Connection, order_ids: Iterable[str]) -> dict[str, int]:
    """order_id -> fen held, of orders that every bank that answered carried out in part (its last word), or refused
    (0). Not listed: carried out in full, not answered yet, answered in part without an amount.
    """
    orders = rows_in(conn, order_file, order_file.c.order_id, order_ids)
    answers: dict[str, Mapping[str, str]] = {row["order_id"]: json.loads(row["body"])["answers"] for row in orders}
    short = {order_id for order_id, said in answers.items() if said and "full" not in said.values()}
    told: dict[tuple[str, str], int | None] = {}
    for row in _receipts(conn, short):
        if row.outcome == answers[row.order_id].get(row.target):
            told[row.order_id, row.target] = 0 if row.outcome == "rejected" else row.held_fen
    found: dict[str, int] = {}
    for order_id in short:
        said = [told.get((order_id, target)) for target in answers[order_id]]
        if None not in said:
            # Several banks that one order went to tell of one account.
            found[order_id] = max(fen for fen in said if fen is not None)
    return found


def _receipts(conn: Connection, order_ids: Iterable[str]) -> list[Any]:
    """Answers to requests to hold, oldest first; what a bank said of a release is about something else."""
    r, o = receipt.c, outbox.c
    message = (o.order_id == r.order_id) & (o.revision == r.revision) & (o.target == r.target)
    query = select(receipt).join(outbox, message).where(o.action == "block", r.step == "acknowledged")
    return [row for some in chunks(order_ids) for row in conn.execute(
        query.where(r.order_id.in_(some)).order_by(r.receipt_id))]  # fmt: skip


def shares_held(conn: Connection, order_ids: Iterable[str]) -> dict[tuple[str, str], int]:
    """(order_id, claim_id) -> fen held for the claim, of the orders of `held_in_part`: each claim's part of the order.

    The parts of an order sum to what is held.
    """
    partly = held_in_part(conn, order_ids)
    by_order: dict[str, list[dict[str, Any]]] = {}
    for share in shares_of_orders(conn, partly):
        by_order.setdefault(share["order_id"], []).append(share)
    return {
        (order_id, share["claim_id"]): fen
        for order_id, shares in by_order.items()
        for share, fen in zip(shares, _part([s["fen"] for s in shares], partly[order_id]), strict=True)
    }


def _part(shares: Sequence[int], held_fen: int) -> list[int]:
    """`held_fen` divided as `shares` are, whole fen that sum to it; never more than the share.

    >>> _part([60, 40], 50), _part([1, 1, 1], 2), _part([5], 9)
    ([30, 20], [0, 1, 1], [5])
    """
    whole = sum(shares)
    held, sum_so_far, given, parts = min(held_fen, whole), 0, 0, []
    for fen in shares:
        sum_so_far += fen
        upto = held * sum_so_far // whole
        parts.append(upto - given)
        given = upto
    return parts
