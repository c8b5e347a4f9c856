"""Keep the exclusion lists: what no order may touch. Adding lifts nothing by itself; retiring forgets nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import exclusions, ledger
from chainbreak.act.orders.entries import canonical, entry_from
from chainbreak.act.orders.guards import object_kind
from chainbreak.app.order_ask import known_values, rules_of
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.identity.numbers import Place
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.exclusions import Exclusion
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_ADD = (Role.APPROVER, Role.ADMIN)


def add_exclusion(
    office: Office, actor: Actor, kind: str, value: str, reason: str, *, prefix: bool = False
) -> dict[str, Any]:
    """Add an entry, or bring a retired one back. Returns its `name` and `orders`: those issued that it meets.

    Each of them gets a task; whether it is released is for an approver to say.

    Raises:
        UsageError: no such kind (CB-US-001), or it is listed already (CB-OR-075).
        InputError: not a number, name, account or prefix (CB-ID-010 to CB-ID-012, CB-OR-074).
        RefusedError: the role (CB-OR-005), or no reason (CB-OR-048).
    """
    from sqlalchemy import insert, update

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_orders import exclusion as e

    _must(actor, MAY_ADD, reason)
    entry = entry_from(kind, value, _place(office), prefix=prefix)
    with office.desk.begin() as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        known = _row(conn, entry.name)
        if known is not None and known.retired_at_us is None:
            raise UsageError("CB-OR-075", "this is listed already", given=entry.name)
        said = {"reason": reason.strip(), "added_by": actor.name}
        if known is None:
            conn.execute(insert(e).values(kind=entry.kind, how=entry.how, value=entry.value, **said))
        else:
            anew = dict.fromkeys(("retired_at_us", "retired_by", "retired_reason"))
            conn.execute(update(e).where(_same(entry)).values(**said, **anew))
        met = _orders_met(office, conn, entry)
        due = now + rules_of(office).clocks.weakened_h * US_PER_HOUR
        for order_id in met:
            ledger.open_task(conn, "exclusion_hit", order_id, f"{entry.name} is excluded since; release?", now, due)
        append(conn, Entry.by(actor, now, "exclusion.add", f"exclusion:{entry.name}", purpose=reason.strip(),
                              payload={"orders": met}))  # fmt: skip
    return {"name": entry.name, "orders": met}


def retire_exclusion(office: Office, actor: Actor, name: str, reason: str) -> None:
    """Let an entry hold no longer; its row stays, with who, when and why.

    Raises:
        UsageError: no such entry in force (CB-OR-076).
        RefusedError: only an approver retires (CB-OR-005), with a reason (CB-OR-048).
    """
    from sqlalchemy import update

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_orders import exclusion as e

    _must(actor, (Role.APPROVER,), reason)
    with office.desk.begin() as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        row = _row(conn, name)
        if row is None or row.retired_at_us is not None:
            raise UsageError(
                "CB-OR-076", "no such entry is in force", given=name, next_step="chainbreak exclusion list"
            )
        conn.execute(update(e).where(_same(row)).values(
            retired_at_us=now, retired_by=actor.name, retired_reason=reason.strip()
        ))  # fmt: skip
        append(conn, Entry.by(actor, now, "exclusion.retire", f"exclusion:{name}", purpose=reason.strip()))


def list_exclusions(office: Office, *, retired: bool = False) -> list[dict[str, Any]]:
    """Entries in force (`retired`: those that are not): name, reason, added_by, retired_by, retired_reason."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_orders import exclusion as e

    gone = e.c.retired_at_us.is_not(None) if retired else e.c.retired_at_us.is_(None)
    with office.desk.read() as conn:
        rows = conn.execute(select(e).where(gone).order_by(e.c.kind, e.c.value, e.c.how)).mappings()
        return [{"name": f"{row['kind']}:{row['how']}:{row['value']}", **row} for row in rows]


def check_exclusion(office: Office, kind: str, value: str) -> dict[str, str]:
    """Entries that an order about `value` would touch, and why each is listed; nothing is kept of the question.

    Raises:
        UsageError, InputError: as for adding.
    """
    with office.desk.read() as conn:
        return exclusions.reasons(conn, exclusions.hits(conn, kind, canonical(kind, value, _place(office))))


def _must(actor: Actor, roles: tuple[Role, ...], reason: str) -> None:
    if not actor.has(*roles):
        raise RefusedError("CB-OR-005", "this role does not keep the exclusion lists",
                           given="+".join(sorted(actor.roles)), allowed=", ".join(roles))  # fmt: skip
    if not reason.strip():
        raise RefusedError("CB-OR-048", "a written reason is needed")


def _place(office: Office) -> Place:
    return Place(office.centre.settings.country, office.centre.settings.area_code)


def _same(entry: Any) -> Any:
    from chainbreak.store.desk.tables_orders import exclusion as e

    return (e.c.kind == entry.kind) & (e.c.how == entry.how) & (e.c.value == entry.value)


def _row(conn: Connection, name: str) -> Any:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_orders import exclusion as e

    return next((row for row in conn.execute(select(e)) if f"{row.kind}:{row.how}:{row.value}" == name), None)


def _orders_met(office: Office, conn: Connection, entry: Exclusion) -> list[str]:
    kinds = {"domain": ("domain", "url")}.get(entry.kind, (entry.kind,))
    orders = [o for o in ledger.issued_orders(conn) if object_kind(o.content.object) in kinds]
    values = known_values(office, [o.content for o in orders])
    return [
        order.order_id for order, value in zip(orders, values, strict=True)
        if value is not None and entry.name in exclusions.hits(conn, object_kind(order.content.object), value)
    ]  # fmt: skip
