"""How fast each partner carries out, both ways: signed → in effect, withdrawn → gone; what waits; what it refused.

A span begins when the message was queued, which is the transaction of the signature, or at the order's own start when
it was signed ahead; it ends when a probe saw the effect (receipt `verified`), or, at a partner that cannot be asked,
with its answer (`acknowledged`). Percentiles are of the nearest rank. A p95 is told from 20 spans on; below that only
the longest is. `in_time` counts what still waits beyond the level as late, so that what never arrived is not left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery import queue
from chainbreak.find.contract.evaluate import Share

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from chainbreak.app.bootstrap import Office

US_PER_MS = 1_000
LEVEL_MS = {
    "sip": 100, "dns": 1_000, "dnsbl": 1_000, "lookup": 1_000, "bank": 1_000, "sms": 2_000, "misp": 5_000,
    "taxii": 5_000, "push": 2_000, "bankdesk": 2_000,
}  # fmt: skip
"""Service level by format, both ways (delivery, section 10)."""
FILE_LEVEL_MS = 60_000
"""Of files, which a partner fetches: the alarm of section 2."""
ENOUGH = 20
"""Spans from which on a 95th percentile is more than the maximum."""
WAYS = (queue.BLOCK, queue.WITHDRAW)


def level_ms(format_: str) -> int:
    """The service level of a format, in ms.

    >>> level_ms("sip"), level_ms("numbers")
    (100, 60000)
    """
    return LEVEL_MS.get(format_, FILE_LEVEL_MS)


def partner_measures(office: Office, window_us: int) -> dict[str, dict[str, Any]]:
    """partner_id -> measures of the last `window_us`, for every partner.

    Keys: `level_ms`; for `block` and `withdraw` each `…_n`, `…_probed` (how many of them a probe saw), `…_p50_ms`,
    `…_p95_ms` (null below 20), `…_max_ms`, `…_due`, `…_in_time` (of those due) and its share `…_rate` with Wilson's
    95 % interval `…_low`, `…_high` (null when nothing was due); `waiting`, `withdrawals` (of them) and
    `oldest_us` (when the oldest began to wait) now; `failed` now; `refused` answers in the window.
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner

    with office.desk.read() as conn:
        now = office.clock.now_us()
        rows = conn.execute(select(partner.c.partner_id, partner.c.format).order_by(partner.c.partner_id))
        found = {row.partner_id: _nothing(level_ms(row.format)) for row in rows}
        for row in _spans(conn, now - window_us):
            _add_span(found[row.target], row)
        for row in _waiting(conn, now):
            _add_waiting(found[row.target], row, now)
        for target, n in _refused(conn, now - window_us):
            found[target]["refused"] = n
    return {partner_id: row | _rates(row) for partner_id, row in found.items()}


def _nothing(level: int) -> dict[str, Any]:
    spans = {
        f"{way}_{name}": None if name.endswith("_ms") else 0
        for way in WAYS for name in ("n", "probed", "p50_ms", "p95_ms", "max_ms", "due", "in_time")
    }  # fmt: skip
    return {"level_ms": level, **spans, "waiting": 0, "withdrawals": 0, "oldest_us": None, "failed": 0, "refused": 0}


def _rates(row: dict[str, Any]) -> dict[str, float | None]:
    rates: dict[str, float | None] = {}
    for way in WAYS:
        share = Share(row[f"{way}_in_time"], row[f"{way}_due"]).as_dict()
        known = share["rate"] is not None
        rates |= {f"{way}_rate": share["rate"], f"{way}_low": share["low"] if known else None,
                  f"{way}_high": share["high"] if known else None}  # fmt: skip
    return rates


def _began_us() -> ColumnElement[int]:
    """When the span of a message began: queued, or at the start of an order signed ahead."""
    from sqlalchemy import case

    from chainbreak.store.desk.tables_delivery import outbox as o
    from chainbreak.store.desk.tables_orders import order_file as f

    ahead = (o.c.action == queue.BLOCK) & (f.c.starts_at_us > o.c.queued_at_us)
    return case((ahead, f.c.starts_at_us), else_=o.c.queued_at_us)


def _spans(conn: Connection, since_us: int) -> Any:
    """The spans that stand at the ranks told, with how many there are; the database sorts, three rows a way remain."""
    from sqlalchemy import case, func, or_, select

    from chainbreak.store.desk.tables_delivery import outbox as o
    from chainbreak.store.desk.tables_delivery import partner as p
    from chainbreak.store.desk.tables_delivery import receipt as r
    from chainbreak.store.desk.tables_orders import order_file as f

    same = (o.c.order_id == r.c.order_id) & (o.c.revision == r.c.revision) & (o.c.target == r.c.target)
    # What was answered and never seen stays `acknowledged`; of what was seen, the answer is not the end.
    ends = or_(r.c.step == queue.VERIFIED, (r.c.step == queue.ACKNOWLEDGED) & (o.c.state == queue.ACKNOWLEDGED))
    level = case(LEVEL_MS, value=p.c.format, else_=FILE_LEVEL_MS) * US_PER_MS
    spans = (
        select(
            r.c.target, o.c.action, (r.c.at_us - _began_us()).label("span_us"),
            (r.c.step == queue.VERIFIED).label("probed"), level.label("level_us"),
        )
        .join(o, same).join(f, f.c.order_id == o.c.order_id).join(p, p.c.partner_id == r.c.target)
        .where(ends, r.c.outcome != "rejected", r.c.at_us >= since_us, o.c.action.in_(WAYS))
    ).subquery()  # fmt: skip
    each: dict[str, Any] = {"partition_by": (spans.c.target, spans.c.action)}
    ranked = select(
        spans.c.target, spans.c.action, spans.c.span_us,
        func.row_number().over(**each, order_by=spans.c.span_us).label("rank"),
        func.count().over(**each).label("n"),
        func.sum(case((spans.c.probed, 1), else_=0)).over(**each).label("probed"),
        func.sum(case((spans.c.span_us <= spans.c.level_us, 1), else_=0)).over(**each).label("in_time"),
    ).subquery()  # fmt: skip
    told = [(ranked.c.n * percent + 99) // 100 for percent in (50, 95, 100)]
    return conn.execute(select(ranked).where(or_(*(ranked.c.rank == rank for rank in told))))


def _add_span(found: dict[str, Any], row: Any) -> None:
    way, n = row.action, row.n
    found |= {f"{way}_n": n, f"{way}_probed": row.probed, f"{way}_due": n, f"{way}_in_time": row.in_time}
    for name, percent in (("p50", 50), ("p95", 95), ("max", 100)):
        if row.rank == (n * percent + 99) // 100 and (name != "p95" or n >= ENOUGH):
            found[f"{way}_{name}_ms"] = round(row.span_us / US_PER_MS, 1)


def _waiting(conn: Connection, now_us: int) -> Any:
    """What is not settled, a row a partner, action and state; what begins later does not wait yet."""
    from sqlalchemy import case, func, select

    from chainbreak.store.desk.tables_delivery import outbox as o
    from chainbreak.store.desk.tables_delivery import partner as p
    from chainbreak.store.desk.tables_orders import order_file as f

    began = _began_us()
    late = began + case(LEVEL_MS, value=p.c.format, else_=FILE_LEVEL_MS) * US_PER_MS < now_us
    return conn.execute(
        select(o.c.target, o.c.action, o.c.state, func.count().label("n"), func.min(began).label("oldest_us"),
               func.sum(case((late, 1), else_=0)).label("late"))
        .join(f, f.c.order_id == o.c.order_id).join(p, p.c.partner_id == o.c.target)
        .where(o.c.state.in_((queue.QUEUED, queue.SENT, queue.FAILED)), began <= now_us)
        .group_by(o.c.target, o.c.action, o.c.state)
    )  # fmt: skip


def _add_waiting(found: dict[str, Any], row: Any, now_us: int) -> None:
    if row.action in WAYS:
        found[f"{row.action}_due"] += row.late
    if row.state == queue.FAILED:
        found["failed"] += row.n
        return
    found["waiting"] += row.n
    found["withdrawals"] += row.n if row.action == queue.WITHDRAW else 0
    found["oldest_us"] = min(row.oldest_us, found["oldest_us"] or now_us)


def _refused(conn: Connection, since_us: int) -> Any:
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_delivery import receipt as r

    refusals = (r.c.outcome == "rejected") | (r.c.step == queue.FAILED)
    return conn.execute(
        select(r.c.target, func.count()).where(refusals, r.c.at_us >= since_us).group_by(r.c.target)
    )  # fmt: skip
