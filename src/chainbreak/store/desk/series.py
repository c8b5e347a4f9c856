"""Series and decisions on links in the desk: adding decisions, recording a run, listing and reading.

Who belongs where is decided elsewhere; here it is only kept. All writes belong to a transaction of the caller.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, or_, select, tuple_, update

from chainbreak.store.desk.tables_series import (
    link_decision,
    link_decision_report,
    link_known,
    link_run,
    series,
    series_event,
    series_member,
)

LIVE, ENDED = "live", "ended"
STATES = (LIVE, ENDED)
CHUNK = 2_000
"""Rows of one statement; keeps bound variables under SQLite's limit of 32,766."""


@dataclass(frozen=True)
class Decided:
    """A decision as it stands on file, with the reports it names on each side, sorted."""

    decision_id: int
    at_us: int
    actor: str
    kind: str
    why: str
    undoes: int | None
    series_a: str | None
    series_b: str | None
    a: tuple[str, ...]
    b: tuple[str, ...]


@dataclass(frozen=True)
class Stay:
    """One report in a series with what lists filter by; `loss_fen` None: not stated."""

    report_id: str
    reported_at_us: int
    district: str
    type: str
    loss_fen: int | None
    bits: float


ORDERS = {"changed": series.c.changed_at_us, "size": series.c.reports, "loss": series.c.loss_fen}
"""What a list can be ordered by; equals by number, the younger first."""


@dataclass(frozen=True)
class Wanted:
    """What a list shows; None: everything. Times are UTC µs. `district` and `type`: of at least one report."""

    state: str | None = LIVE
    district: str | None = None
    type: str | None = None
    least_loss_fen: int | None = None
    new_since_us: int | None = None
    changed_since_us: int | None = None
    order: str = "changed"


def add_decision(
    conn: Connection, at_us: int, actor: str, kind: str, why: str, a: Iterable[str] = (), b: Iterable[str] = (), *,
    series_a: str | None = None, series_b: str | None = None, undoes: int | None = None,
) -> int:  # fmt: skip
    """Append a decision with the reports on its two sides and return its number."""
    row = insert(link_decision).values(
        at_us=at_us, actor=actor, kind=kind, why=why, undoes=undoes, series_a=series_a, series_b=series_b
    )
    number = int(conn.execute(row.returning(link_decision.c.decision_id)).scalar_one())
    sides = [{"decision_id": number, "side": side, "report_id": r}
             for side, reports in (("a", a), ("b", b)) for r in sorted(set(reports))]  # fmt: skip
    _insert(conn, link_decision_report, sides)
    return number


def read_decisions(conn: Connection) -> list[Decided]:
    """Every decision ever made, undoings included, oldest first."""
    return _decided(conn, select(link_decision))


def decisions_naming(conn: Connection, reports: Collection[str]) -> list[Decided]:
    """Decisions that name one of `reports`, and whatever undoes them, oldest first."""
    named: set[int] = set()
    for chunk in _chunks(sorted(reports)):
        hits = select(link_decision_report.c.decision_id).where(link_decision_report.c.report_id.in_(chunk))
        named |= set(conn.execute(hits.distinct()).scalars())
    d, fresh = link_decision.c, set(named)
    while fresh:  # an undoing may itself have been undone
        undoing = (conn.execute(select(d.decision_id).where(d.undoes.in_(c))).scalars() for c in _chunks(sorted(fresh)))
        fresh = {number for found in undoing for number in found} - named
        named |= fresh
    return sorted(
        (row for chunk in _chunks(sorted(named)) for row in _decided(conn, select(link_decision).where(
            d.decision_id.in_(chunk)))),
        key=lambda row: row.decision_id,
    )  # fmt: skip


def read_decision(conn: Connection, decision_id: int) -> Decided | None:
    """One decision."""
    found = _decided(conn, select(link_decision).where(link_decision.c.decision_id == decision_id))
    return found[0] if found else None


def newest_decision(conn: Connection) -> int:
    """Number of the newest decision; 0 when there is none."""
    return conn.execute(select(func.max(link_decision.c.decision_id))).scalar() or 0


def _decided(conn: Connection, query: Select[Any]) -> list[Decided]:
    d, r = link_decision.c, link_decision_report.c
    rows = list(conn.execute(query.order_by(d.decision_id)))
    sides: dict[tuple[int, str], list[str]] = defaultdict(list)
    for chunk in _chunks([row.decision_id for row in rows]):
        named = select(r.decision_id, r.side, r.report_id).where(r.decision_id.in_(chunk)).order_by(r.report_id)
        for number, side, report in conn.execute(named):
            sides[number, side].append(report)
    return [
        Decided(row.decision_id, row.at_us, row.actor, row.kind, row.why, row.undoes, row.series_a, row.series_b,
                tuple(sides[row.decision_id, "a"]), tuple(sides[row.decision_id, "b"]))
        for row in rows
    ]  # fmt: skip


def last_run(conn: Connection) -> Row[Any] | None:
    """The newest recorded run."""
    return conn.execute(select(link_run).order_by(link_run.c.run_id.desc()).limit(1)).first()


def add_run(conn: Connection, values: Mapping[str, Any]) -> int:
    """Append a run and return its number; `numbers` is anything JSON can hold."""
    row = {**values, "numbers": json.dumps(values["numbers"], sort_keys=True)}
    return int(conn.execute(insert(link_run).values(row).returning(link_run.c.run_id)).scalar_one())


def read_known(conn: Connection) -> bytes:
    """Digests of the reports that the newest run linked, sorted."""
    return conn.execute(select(link_known.c.digests)).scalar() or b""


def put_known(conn: Connection, digests: bytes) -> None:
    """Keep the digests for the next run."""
    conn.execute(delete(link_known))
    conn.execute(insert(link_known).values(only=1, digests=digests))


def living(conn: Connection, around: Collection[str] | None = None) -> dict[str, dict[str, Stay]]:
    """Series id -> report id -> its stay, of every living series, or of those that hold one of the reports `around`."""
    m = series_member.c
    now = select(series_member).where(m.until_run.is_(None))
    if around is None:
        return _stays(conn, now)
    ids = sorted(set(series_of(conn, around).values()))
    return {k: v for chunk in _chunks(ids) for k, v in _stays(conn, now.where(m.series_id.in_(chunk))).items()}


def ended(conn: Connection, around: Collection[str] | None = None) -> dict[str, frozenset[str]]:
    """Series id -> reports on its last day, of every ended series, or of those that held one of `around`."""
    s, m = series.c, series_member.c
    last = (select(m.series_id, m.report_id).where(s.state == ENDED)
            .join(series, and_(s.series_id == m.series_id, s.run_id == m.until_run)))  # fmt: skip
    found: dict[str, set[str]] = defaultdict(set)
    if around is None:
        for series_id, report_id in conn.execute(last):
            found[series_id].add(report_id)
    else:
        near = (conn.execute(last.with_only_columns(m.series_id).where(m.report_id.in_(chunk)).distinct()).scalars()
                for chunk in _chunks(sorted(around)))  # fmt: skip
        for chunk in _chunks(sorted({series_id for ids in near for series_id in ids})):
            for series_id, report_id in conn.execute(last.where(m.series_id.in_(chunk))):
                found[series_id].add(report_id)
    return {series_id: frozenset(reports) for series_id, reports in found.items()}


def highest_number(conn: Connection) -> int:
    """The largest number a series ever had; 0 for none."""
    return conn.execute(select(func.max(series.c.number))).scalar() or 0


def members(conn: Connection, series_id: str) -> dict[str, Stay]:
    """Report id -> its stay, of one series: those of now, of an ended one those of its last day."""
    m, s = series_member.c, series.c
    ended_by = select(s.run_id).where(s.series_id == series_id, s.state == ENDED).scalar_subquery()
    here = or_(m.until_run.is_(None), m.until_run == ended_by)
    rows = select(series_member).where(m.series_id == series_id, here).order_by(m.reported_at_us, m.report_id)
    return _stays(conn, rows).get(series_id, {})


def series_of(conn: Connection, reports: Collection[str]) -> dict[str, str]:
    """Report id -> the living series it belongs to; reports without one are left out."""
    m = series_member.c
    found: dict[str, str] = {}
    for chunk in _chunks(sorted(reports)):
        rows = conn.execute(select(m.report_id, m.series_id).where(m.report_id.in_(chunk), m.until_run.is_(None)))
        found |= {row.report_id: row.series_id for row in rows}
    return found


def _stays(conn: Connection, query: Select[Any]) -> dict[str, dict[str, Stay]]:
    found: dict[str, dict[str, Stay]] = defaultdict(dict)
    for row in conn.execute(query):
        found[row.series_id][row.report_id] = Stay(
            row.report_id, row.reported_at_us, row.district, row.type, row.loss_fen, row.bits
        )
    return dict(found)


def put_series(conn: Connection, new: Iterable[Mapping[str, Any]], changed: Iterable[Mapping[str, Any]]) -> None:
    """Add new series, and bring the columns given for known ones (by `series_id`) up to date."""
    _insert(conn, series, [dict(row) for row in new])
    for row in changed:
        values = {k: v for k, v in row.items() if k != "series_id"}
        conn.execute(update(series).where(series.c.series_id == row["series_id"]).values(**values))


def take_out(conn: Connection, run_id: int, leaving: Mapping[str, Collection[str]]) -> None:
    """End the stay of reports in their series (series id -> report ids) with the run `run_id`."""
    m = series_member.c
    for series_id, reports in leaving.items():
        for chunk in _chunks(sorted(reports)):
            there = (m.series_id == series_id, m.report_id.in_(chunk), m.until_run.is_(None))
            conn.execute(update(series_member).where(*there).values(until_run=run_id))


def put_in(conn: Connection, run_id: int, coming: Mapping[str, Iterable[Stay]]) -> None:
    """Begin the stay of reports in a series with the run `run_id`."""
    _insert(conn, series_member, [
        {"series_id": series_id, "since_run": run_id, "until_run": None, **vars(stay)}
        for series_id, stays in coming.items() for stay in stays
    ])  # fmt: skip


def correct_stays(conn: Connection, changed: Mapping[str, Iterable[Stay]]) -> None:
    """Bring what lists filter by up to date for reports that stay where they are."""
    m = series_member.c
    for series_id, stays in changed.items():
        for stay in stays:
            values = {k: v for k, v in vars(stay).items() if k != "report_id"}
            there = (m.series_id == series_id, m.report_id == stay.report_id, m.until_run.is_(None))
            conn.execute(update(series_member).where(*there).values(**values))


def add_events(conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append events; `body` is anything JSON can hold."""
    _insert(conn, series_event, [
        {**row, "body": json.dumps(row["body"], ensure_ascii=False, sort_keys=True)} for row in rows
    ])  # fmt: skip


def read_events(
    conn: Connection, series_id: str | None = None, after: int = 0, limit: int | None = None
) -> list[dict[str, Any]]:
    """Events oldest first after the event `after`, with the parts of their body as columns."""
    e = series_event.c
    query = select(series_event).where(e.event_id > after).order_by(e.event_id).limit(limit)
    rows = conn.execute(query if series_id is None else query.where(e.series_id == series_id)).mappings()
    return [{k: v for k, v in row.items() if k != "body"} | json.loads(row["body"]) for row in rows]


def read_series(conn: Connection, series_id: str) -> Row[Any] | None:
    """One series."""
    return conn.execute(select(series).where(series.c.series_id == series_id)).first()


def page(conn: Connection, wanted: Wanted, after: str | None = None, limit: int = 50) -> list[Row[Any]]:
    """Up to `limit` series in the order wanted, most first, after the series `after`; keyset, so no page costs more
    than the first.
    """
    s, by = series.c, ORDERS[wanted.order]
    query = select(series).where(*_conditions(wanted)).order_by(by.desc(), s.number.desc()).limit(limit)
    if after is not None:
        place = select(by.label("by"), s.number).where(s.series_id == after).subquery()
        mark = tuple_(select(place.c.by).scalar_subquery(), select(place.c.number).scalar_subquery())
        query = query.where(tuple_(by, s.number) < mark)
    return list(conn.execute(query))


def _conditions(wanted: Wanted) -> list[Any]:
    s, m = series.c, series_member.c
    found: list[Any] = [] if wanted.state is None else [s.state == wanted.state]
    for column, value in ((s.loss_fen, wanted.least_loss_fen), (s.created_at_us, wanted.new_since_us),
                          (s.changed_at_us, wanted.changed_since_us)):  # fmt: skip
        if value is not None:
            found.append(column >= value)
    now, last = m.until_run.is_(None), m.until_run == s.run_id
    # A series is live or ended, so that most lists need not ask which members count: an index answers them.
    here = {LIVE: now, ENDED: last, None: or_(now, and_(s.state == ENDED, last))}[wanted.state]
    for name, word in (("district", wanted.district), ("type", wanted.type)):
        if word is not None:
            found.append(select(m.report_id).where(m.series_id == s.series_id, here, m[name] == word).exists())
    return found


def _insert(conn: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    source = iter(rows)
    while chunk := list(islice(source, CHUNK)):
        conn.execute(insert(table), chunk)


def _chunks(items: list[Any]) -> Iterable[list[Any]]:
    return (items[at : at + CHUNK] for at in range(0, len(items), CHUNK))
