"""What a point should hold now, asked of the desk: orders that were sent to it and are in force.

An order counts for a partner when the newest message that was ever passed on to it says *block*, and was neither
refused nor given up. `now_us` must come from `ledger.order_now`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from chainbreak.act.delivery.queue import BLOCK, FAILED, QUEUED, REJECTED
from chainbreak.act.orders.force import ends_at_us
from chainbreak.act.orders.model import ISSUED, Order
from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_delivery import outbox
from chainbreak.store.desk.tables_orders import order_file

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.rules import Rules


def marks(conn: Connection, target: str, now_us: int) -> list[Any]:
    """Rows (order_id, object, rung, ends_at_us) of everything the point should hold, without reading the orders."""
    o = order_file.c
    return list(conn.execute(_standing(target, now_us).with_only_columns(o.order_id, o.object, o.rung, o.ends_at_us)))


def orders(conn: Connection, target: str, now_us: int, objects: Iterable[str] | None = None) -> list[Order]:
    """Orders that the point should hold, by id; `objects`: only those about one of these."""
    o = order_file.c
    query = _standing(target, now_us).with_only_columns(o.body).order_by(o.order_id)
    if objects is None:
        return [Order.from_dict(json.loads(row.body)) for row in conn.execute(query)]
    # Their ids first: left to join by object, SQLite reads every message of the partner (0.8 s of 200,000).
    about = select(o.order_id).where(o.state.in_(sorted(ISSUED)))
    ids = [found for some in chunks(objects) for found in conn.execute(about.where(o.object.in_(some))).scalars()]
    rows = (row for some in chunks(ids) for row in conn.execute(query.where(o.order_id.in_(some))))
    return [Order.from_dict(json.loads(row.body)) for row in rows]


def _standing(target: str, now_us: int) -> Select[Any]:
    b, o = outbox.c, order_file.c
    # Asked of each message rather than grouped: for a few objects among a million messages it costs a few look-ups.
    n = outbox.alias("newer").c
    newer = select(n.order_id).where(
        n.order_id == b.order_id, n.target == b.target, n.revision > b.revision, n.attempts > 0
    )  # fmt: skip
    return select(order_file).join(outbox, b.order_id == o.order_id).where(
        b.target == target, b.attempts > 0, ~newer.exists(),
        b.action == BLOCK, b.state.not_in((QUEUED, FAILED)), b.detail != REJECTED,
        o.state.in_(sorted(ISSUED)), o.starts_at_us <= now_us, o.ends_at_us > now_us,
    )  # fmt: skip


def strongest(standing: Sequence[Order], rules: Rules) -> Order | None:
    """Of several orders about one value, the one whose measure the point should apply: the furthest rung of the ladder,
    then the latest end. At its end the next one takes its place; a point that hears nothing lets go sooner.
    """
    if not standing:
        return None

    def rank(order: Order) -> tuple[int, int, str]:
        ladder = rules.kind(order.content.kind).ladder
        rung = order.content.rung
        ends = ends_at_us(order)
        return (ladder.index(rung) if rung in ladder else -1, ends, order.order_id)

    return max(standing, key=rank)
