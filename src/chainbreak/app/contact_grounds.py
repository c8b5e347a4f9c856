"""What a contact event rests on, and whether it still holds: a confirmed finding, an order in force, a statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

NOT_CONFIRMED, NOT_IN_FORCE, NOT_RECORDED, NO_GROUND = "CB-WA-010", "CB-WA-011", "CB-WA-012", "CB-WA-013"
STANDING_ORDERS = ("approved", "sent", "acknowledged", "emergency")
"""States of an order that asks for something now; its time must run too."""


def faults_of(conn: Connection, grounds: Iterable[str], now_us: int) -> Mapping[str, str]:
    """Of these grounds (`finding:ID`, `order:ID`, `report:ID`, `statement:ID`) those that nothing may rest on: ground
    -> code of why.
    """
    from chainbreak.store.desk.tables_findings import finding as f
    from chainbreak.store.desk.tables_orders import order_file as o
    from chainbreak.store.desk.tables_reports import report_file as r
    from chainbreak.store.desk.tables_warnings import statement as s

    asked: dict[str, dict[str, str]] = {}
    for ground in set(grounds):
        kind, _, ident = ground.partition(":")
        asked.setdefault(kind, {})[ident] = ground
    runs = o.c.state.in_(STANDING_ORDERS) & (o.c.starts_at_us <= now_us) & (o.c.ends_at_us > now_us)
    holds = {
        "finding": (f, f.c.finding_id, f.c.state == "confirmed", NOT_CONFIRMED),
        "order": (o, o.c.order_id, runs, NOT_IN_FORCE),
        "report": (r, r.c.report_id, r.c.report_id.is_not(None), NOT_RECORDED),
        "statement": (s, s.c.statement_id, s.c.statement_id.is_not(None), NOT_RECORDED),
    }
    faults: dict[str, str] = {}
    for kind, named in asked.items():
        if kind not in holds:
            faults |= dict.fromkeys(named.values(), NO_GROUND)
            continue
        table, column, condition, code = holds[kind]
        good = _which(conn, table, column, condition, named)
        faults |= {ground: code for ident, ground in named.items() if ident not in good}
    return faults


def _which(conn: Connection, table: Table, column: object, condition: object, named: Iterable[str]) -> set[str]:
    from typing import Any, cast

    from sqlalchemy import select

    from chainbreak.store.desk.funds import chunks

    key, holds = cast("Any", column), cast("Any", condition)
    return {
        ident
        for some in chunks(named)
        for ident in conn.execute(select(key).select_from(table).where(key.in_(some), holds)).scalars()
    }
