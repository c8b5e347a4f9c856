"""Reading and writing what others report, on the caller's connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, case, delete, func, insert, select, update

from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_sharing import (
    indicator,
    indicator_met,
    indicator_refused,
    indicator_sighting,
    indicator_source,
)  # fmt: skip

if TYPE_CHECKING:
    from sqlalchemy import Table


def save_indicators(conn: Connection, source: str, rows: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Keep rows of `indicator` of one source; an older version changes nothing. Returns (new, changed)."""
    known: dict[str, int] = {}
    i = indicator.c
    for some in chunks(name for row in rows for name in (row["shared_id"], _whole(row["shared_id"]))):
        found = conn.execute(select(i.shared_id, i.version_us).where(i.source == source, i.shared_id.in_(some)))
        known |= {row.shared_id: row.version_us for row in found}
    new, changed = {}, 0
    for row in sorted(rows, key=lambda one: int(one["version_us"])):
        version_us = row["version_us"]
        if version_us < known.get(_whole(row["shared_id"]), version_us):
            continue  # a newer version of the whole may have dropped this part
        if row["shared_id"] not in known:
            new[row["shared_id"]] = {"source": source, **row}
            continue
        same = (i.source == source) & (i.shared_id == row["shared_id"])
        if version_us > known[row["shared_id"]]:
            conn.execute(update(indicator).where(same).values(**row))
            changed += 1
        elif version_us == known[row["shared_id"]]:  # nothing new, but keys may have been rotated since
            conn.execute(update(indicator).where(same).values(object=row["object"], pulled_at_us=row["pulled_at_us"]))
    if new:
        conn.execute(insert(indicator), list(new.values()))
    _drop(conn, indicator_refused, source, [row["shared_id"] for row in rows])
    return len(new), changed


def _whole(shared_id: str) -> str:
    """The source's own id, of any part of it."""
    return shared_id.partition("#")[0]


def withdraw(conn: Connection, source: str, shared_id: str, version_us: int, keep: Iterable[str] = ()) -> int:
    """Take back what an indicator said before `version_us`, all of its parts (`ID`, `ID#2`, …) but `keep`."""
    i = indicator.c
    parts = (i.shared_id == shared_id) | i.shared_id.startswith(f"{shared_id}#", autoescape=True)
    stale = (i.source == source) & parts & i.revoked.is_(False) & (i.version_us < version_us)
    kept = list(keep)
    gone = conn.execute(update(indicator).where(stale, i.shared_id.not_in(kept)).values(revoked=True))
    return gone.rowcount


def save_sightings(conn: Connection, source: str, rows: Sequence[dict[str, Any]]) -> int:
    """Keep rows of `indicator_sighting`; of two with one id the later counts. Returns how many were new."""
    s = indicator_sighting.c
    by_id = {row["sighting_id"]: {"source": source, **row} for row in sorted(rows, key=lambda one: int(one["at_us"]))}
    for some in chunks(by_id):
        for known in conn.execute(select(s.sighting_id, s.at_us).where(s.source == source, s.sighting_id.in_(some))):
            row = by_id.pop(known.sighting_id)
            if row["at_us"] > known.at_us:
                same = (s.source == source) & (s.sighting_id == known.sighting_id)
                conn.execute(update(indicator_sighting).where(same).values(**row))
    if by_id:
        conn.execute(insert(indicator_sighting), list(by_id.values()))
    return len(by_id)


def save_refused(conn: Connection, source: str, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what could not be read and why; the last reason stands."""
    by_id = {row["shared_id"]: {"source": source, **row} for row in rows}
    _drop(conn, indicator_refused, source, list(by_id))
    if by_id:
        conn.execute(insert(indicator_refused), list(by_id.values()))


def save_marker(conn: Connection, source: str, marker: str, now_us: int) -> None:
    """How far a source has been read; an empty marker keeps the one before."""
    s = indicator_source.c
    before = read_marker(conn, source)
    conn.execute(delete(indicator_source).where(s.source == source))
    conn.execute(insert(indicator_source).values(source=source, marker=marker or before, pulled_at_us=now_us))


def read_marker(conn: Connection, source: str) -> str:
    """How far a source has been read; "" from the beginning."""
    found = conn.execute(select(indicator_source.c.marker).where(indicator_source.c.source == source)).scalar()
    return str(found or "")


def read_indicators(
    conn: Connection,
    *,
    source: str = "",
    kind: str = "",
    objects: Iterable[str] | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Rows of `indicator`, the last seen first, with what was said about each: seen, denied (counts), seen_us, over_us
    (last); and `told_us`, the newest record of ours its source was told of.
    """
    i, s, m = indicator.c, indicator_sighting.c, indicator_met.c

    def said(word: str, value: Any) -> Any:
        return case((s.says == word, value), else_=None)

    about = (
        select(
            s.source, s.shared_id, func.sum(said("seen", s.count)).label("seen"),
            func.sum(said("false", s.count)).label("denied"), func.max(said("seen", s.at_us)).label("seen_us"),
            func.max(said("over", s.at_us)).label("over_us"),
        )
        .group_by(s.source, s.shared_id).subquery()
    )  # fmt: skip
    same = and_(about.c.source == i.source, about.c.shared_id == i.shared_id)
    met = and_(m.source == i.source, m.shared_id == i.shared_id)
    query = (
        select(indicator, about.c.seen, about.c.denied, about.c.seen_us, about.c.over_us, m.last_us.label("told_us"))
        .outerjoin(about, same).outerjoin(indicator_met, met)
        .order_by(i.last_seen_us.desc(), i.source, i.shared_id).limit(limit)
    )  # fmt: skip
    if source:
        query = query.where(i.source == source)
    if kind:
        query = query.where(i.kind == kind)
    if objects is None:
        return [dict(row) for row in conn.execute(query).mappings()]
    return [dict(row) for some in chunks(objects) for row in conn.execute(query.where(i.object.in_(some))).mappings()]


def save_met(conn: Connection, source: str, shared_id: str, last_us: int, count: int, now_us: int) -> None:
    """Note what a source was told about one of its indicators."""
    m = indicator_met.c
    conn.execute(delete(indicator_met).where(m.source == source, m.shared_id == shared_id))
    conn.execute(insert(indicator_met).values(
        source=source, shared_id=shared_id, last_us=last_us, count=count, told_at_us=now_us
    ))  # fmt: skip


def _drop(conn: Connection, table: Table, source: str, shared_ids: Sequence[str]) -> None:
    for some in chunks(shared_ids):
        conn.execute(delete(table).where(table.c.source == source, table.c.shared_id.in_(some)))
