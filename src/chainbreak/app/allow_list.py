"""Names that no order may bar, carried to DNS as well: there they win over every record of every order.

An order signed by two with an entry set aside (orders, section 5) bars what that entry covers; the entry then rests
at DNS for as long as the order is in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.lane import opened
from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.orders import ledger
from chainbreak.act.orders.force import in_force
from chainbreak.app.send_due import means_of
from chainbreak.base.errors import ChainbreakError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def allowed_names(office: Office) -> list[str]:
    """Hosts of the exclusion lists' entries in force, without those that an order in force sets aside."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_orders import exclusion as e

    with office.desk.read() as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        listed = list(conn.execute(
            select(e.c.value).where(e.c.kind == "domain", e.c.retired_at_us.is_(None)).order_by(e.c.value)
        ).scalars())  # fmt: skip
        aside = {
            name.rpartition(":")[2]
            for order in ledger.issued_orders(conn) if in_force(order, now)
            for name in order.content.exception.get("entries", ())
        }  # fmt: skip
    return [value for value in listed if value not in aside]


def sync_allow(office: Office, partners: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Bring the allow zone of every DNS partner (or of these) in step: rows (partner, added, removed, error)."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner as p

    with office.desk.read() as conn:
        ours = select(p.c.partner_id).where(p.c.format == "dns", p.c.active).order_by(p.c.partner_id)
        known = list(conn.execute(ours).scalars())
    wanted = set(known if partners is None else partners)
    names = allowed_names(office) if wanted & set(known) else []
    means, rows = means_of(office), []
    for partner_id in known:
        if partner_id in wanted:
            with opened(means, partner_id) as lane:
                added = removed = 0
                error = ""
                try:
                    point: Any = lane.point()
                    added, removed = point.sync_allow(names)
                except (PointDownError, ChainbreakError) as e:
                    error = str(e)
                rows.append({"partner": partner_id, "added": added, "removed": removed, "error": error})
    return rows
