"""Enforcement points: who takes which orders, and how they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def list_partners(office: Office) -> list[dict[str, Any]]:
    """Rows (partner_id, name_zh, name_en, format, kinds, call, active), by id."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner as p

    shown = select(p.c.partner_id, p.c.name_zh, p.c.name_en, p.c.format, p.c.kinds, p.c.call, p.c.active)
    with office.desk.read() as conn:
        return [dict(row) for row in conn.execute(shown.order_by(p.c.partner_id)).mappings()]
