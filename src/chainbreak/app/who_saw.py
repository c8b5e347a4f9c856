"""Who looked at me: every entry about one token or id, and about the findings and orders that name it.

For the ombudsman and for the person affected. Entries that deserve a question carry it in `unusual`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.read_log import as_row, reading_log
from chainbreak.base.clock import from_us, parse_moment
from chainbreak.records.actor import Actor

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

EXPOSING = frozenset({"reveal", "export", "export_revealed"})
"""Verbs that show who is behind a token: these are asked for a purpose and a case."""

LOOKS = EXPOSING | {"read", "notice_read", "explain", "take", "device", "lead", "cited"}
"""Verbs that look without changing anything."""

NIGHT = range(0, 6)
"""Local hours in which nobody is normally at a desk."""

_AT_ONCE = 500


def who_saw(office: Office, actor: Actor, object: str, *, purpose: str, case: str = "") -> list[dict[str, Any]]:
    """Entries oldest first; `object` is a written token (`line:9f3a…`), a domain, or `finding:ID`, `order:ID`.

    Raises:
        RefusedError: no auditor (CB-AU-014), no purpose (CB-AU-015).
    """
    from sqlalchemy import select

    from chainbreak.audit.tables import entries

    with reading_log(office, actor, "who_saw", object, purpose=purpose, case=case) as conn:
        named = sorted({object, *_resting_on(conn, object)})
        found: list[tuple[int, bytes]] = []
        for i in range(0, len(named), _AT_ONCE):
            about = select(entries.c.seq, entries.c.entry).where(entries.c.object.in_(named[i : i + _AT_ONCE]))
            found += [(seq, bytes(entry)) for seq, entry in conn.execute(about)]
        found += _in_batches(conn, object)
    rows = [as_row(entry) for _, entry in sorted(found)]
    return [row | {"unusual": "; ".join(_unusual(row, office.centre.settings.zone))} for row in rows]


def _resting_on(conn: Connection, object: str) -> list[str]:
    """The findings of which `object` is the subject, and the orders against it or resting on those findings."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_findings import finding
    from chainbreak.store.desk.tables_orders import order_file, order_support

    subject = select(finding.c.finding_id).where(finding.c.subject == object)
    found = [f"finding:{i}" for i in conn.execute(subject).scalars()]
    against = select(order_file.c.order_id).where(order_file.c.object == object)
    orders = set(conn.execute(against).scalars())
    for ref in [object, *found]:
        orders |= set(conn.execute(select(order_support.c.order_id).where(order_support.c.ref == ref)).scalars())
    return [*found, *(f"order:{i}" for i in sorted(orders))]


def _in_batches(conn: Connection, object: str) -> list[tuple[int, bytes]]:
    """Entries about many texts or messages at once, of which one went to `object` or is it (`text:ID`)."""
    from sqlalchemy import select

    from chainbreak.audit.tables import entries, payloads
    from chainbreak.store.desk.tables_texts import text_message as t
    from chainbreak.store.desk.tables_warnings import warning_send as s

    texts = select(t.c.text_id, t.c.queued_at_us).where((t.c.recipient == object) | ("text:" + t.c.text_id == object))
    sends = select(s.c.send_id, s.c.planned_at_us).where(s.c.recipient == object)
    found: list[tuple[int, bytes]] = []
    for many, query in (("texts", texts), ("sends", sends)):
        ids = dict(conn.execute(query).all())
        if not ids:
            continue
        about = select(entries.c.seq, entries.c.entry, payloads.c.payload).join(
            payloads, payloads.c.seq == entries.c.seq
        )
        since = about.where(entries.c.object == many, entries.c.at_us >= min(ids.values()))
        found += [
            (row.seq, bytes(row.entry)) for row in conn.execute(since)
            if any(one.encode() in bytes(row.payload) for one in ids)
        ]  # fmt: skip
    return found


def _unusual(row: dict[str, Any], zone: str) -> list[str]:
    verb = row["action"].partition(".")[2]
    if row["via"] == "service" or verb not in LOOKS:
        return []
    exposes = verb in EXPOSING
    hour = from_us(parse_moment(row["time"], "UTC"), zone).hour
    asked = [
        (exposes and not row["purpose"], "no purpose"), (exposes and not row["case"], "no case"),
        (hour in NIGHT, "at night"),
    ]  # fmt: skip
    return [why for is_so, why in asked if is_so]
