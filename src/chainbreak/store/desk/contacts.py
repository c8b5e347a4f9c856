"""What is confirmed, suspected or under an order, and contacts that were set aside: reading and writing on the desk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select

from chainbreak.store.desk.findings import CONFIRMED, FALSE, OPEN
from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_contacts import contact_aside, contact_look
from chainbreak.store.desk.tables_findings import finding
from chainbreak.store.desk.tables_orders import order_file, order_support
from chainbreak.store.desk.tables_series import link_run, series, series_member
from chainbreak.store.desk.tables_warnings import contact_event

_f, _o, _s, _e = finding.c, order_file.c, order_support.c, contact_event.c


def confirmed_findings(conn: Connection) -> list[Mapping[str, Any]]:
    """Rows (finding_id, detector, subject, found_at_us, score) of confirmed findings; a newer one about the same
    subject that was found false takes the place of the older.
    """
    columns = (_f.finding_id, _f.detector, _f.subject, _f.found_at_us, _f.score, _f.state)
    judged = select(*columns).where(_f.state.in_((CONFIRMED, FALSE))).order_by(_f.found_at_us, _f.finding_id)
    newest = {row["subject"]: dict(row) for row in conn.execute(judged).mappings()}
    return [row for row in newest.values() if row["state"] == CONFIRMED]


def finding_members(conn: Connection, ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Finding -> its members (kind, token, probability)."""
    return {
        row.finding_id: json.loads(row.body)["members"]
        for some in chunks(ids)
        for row in conn.execute(select(_f.finding_id, _f.body).where(_f.finding_id.in_(some)))
    }


def suspected_accounts(conn: Connection) -> dict[str, str]:
    """Written account -> the open finding about it."""
    rows = conn.execute(select(_f.subject, _f.finding_id).where(_f.subject_kind == "account", _f.state == OPEN))
    return {row.subject: f"finding:{row.finding_id}" for row in rows.all()}


def orders_of(conn: Connection, kinds: Iterable[str], states: Iterable[str], now_us: int) -> list[Mapping[str, Any]]:
    """Rows (order_id, kind, object, starts_at_us, score) of orders of these kinds whose time runs; `score` is the best
    of the findings it rests on, None when it rests on none.
    """
    runs = _o.state.in_(sorted(states)) & (_o.starts_at_us <= now_us) & (_o.ends_at_us > now_us)
    best = (
        select(_s.order_id, func.max(_f.score).label("score"))
        .join(finding, _s.ref == "finding:" + _f.finding_id).group_by(_s.order_id).subquery()
    )  # fmt: skip
    query = (
        select(_o.order_id, _o.kind, _o.object, _o.starts_at_us, best.c.score)
        .outerjoin(best, best.c.order_id == _o.order_id).where(_o.kind.in_(sorted(kinds)), runs)
    )  # fmt: skip
    return [dict(row) for row in conn.execute(query).mappings()]


def living_series(conn: Connection) -> tuple[int, dict[str, tuple[str, str]]]:
    """The newest run of linking (0: none), and report id -> (series id, the series' type)."""
    run = conn.execute(select(func.max(link_run.c.run_id))).scalar() or 0
    m = series_member.c
    rows = conn.execute(
        select(m.report_id, m.series_id, series.c.type)
        .join(series, series.c.series_id == m.series_id).where(m.until_run.is_(None))
    )  # fmt: skip
    return run, {row.report_id: (row.series_id, row.type) for row in rows}


def add_asides(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Note contacts that gave no event; returns how many were not known. Again, it adds nothing."""
    by_id = {row["aside_id"]: dict(row) for row in rows}
    known: set[str] = set()
    for some in chunks(by_id):
        known |= set(conn.execute(select(contact_aside.c.aside_id).where(contact_aside.c.aside_id.in_(some))).scalars())
    if new := [row for ident, row in by_id.items() if ident not in known]:
        conn.execute(insert(contact_aside), new)
    return len(new)


def asides(reason: str = "", limit: int = 200) -> Select[Any]:
    """Contacts set aside, the newest first."""
    a = contact_aside.c
    query = select(contact_aside).order_by(a.at_us.desc(), a.aside_id).limit(limit)
    return query.where(a.reason == reason) if reason else query


def events_since(conn: Connection, recipients: Iterable[str], since_us: int) -> list[Mapping[str, Any]]:
    """Rows of events about these recipients since a moment that were not taken back, whether or not they still say
    something.
    """
    return [
        dict(row)
        for some in chunks(recipients)
        for row in conn.execute(
            select(contact_event).where(_e.recipient.in_(some), _e.retracted_at_us.is_(None), _e.at_us >= since_us)
        ).mappings()
    ]


def read_look(conn: Connection, version: str) -> tuple[dict[str, int], frozenset[bytes]]:
    """What collecting has seen: table -> lake version, and marks of indicators; nothing when another version read."""
    row = conn.execute(select(contact_look).where(contact_look.c.version == version)).first()
    if row is None:
        return {}, frozenset()
    return json.loads(row.consumed), frozenset(row.marks[at : at + 8] for at in range(0, len(row.marks), 8))


def put_look(conn: Connection, version: str, consumed: Mapping[str, int], marks: Iterable[bytes]) -> None:
    """Keep what collecting has seen."""
    conn.execute(delete(contact_look))
    conn.execute(insert(contact_look).values(
        only=1, version=version, consumed=json.dumps(dict(consumed), sort_keys=True), marks=b"".join(sorted(marks))
    ))  # fmt: skip
