"""Findings in the desk: saving, listing by rank, taking the next one, verdicts.

Derived state is a pure function of the set of findings and verdicts: of one detector's findings about one subject only
the newest stays open, whatever order they arrived in; a verdict on an older one stays as it was given.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from chainbreak.base.clock import US_PER_MIN
from chainbreak.records.finding import Finding, Level
from chainbreak.store.desk.tables_findings import finding, finding_count, finding_lock, verdict

LEVELS = tuple(Level)
"""Most urgent first; the order of the list."""
SCORE_STEPS = 1_000_000
LOCK_IDLE_US = 10 * US_PER_MIN
"""A lock is over this long after its holder was last seen (console contract)."""
CHUNK = 2_000
"""Findings saved by one statement; keeps bound variables under SQLite's limit of 32,766."""

OPEN, CONFIRMED, FALSE, UNSURE, SUPERSEDED = "open", "confirmed", "false", "unsure", "superseded"
VERDICTS = (CONFIRMED, FALSE, UNSURE)
STATES = (OPEN, *VERDICTS, SUPERSEDED)
UNDO = "undo"


@dataclass(frozen=True)
class Filter:
    """What a list shows; None: everything. `subject` is a written token, domain or cell."""

    state: str | None = OPEN
    detector: str | None = None
    level: str | None = None
    district: str | None = None
    subject: str | None = None


def rank_of(level: Level, score: float) -> int:
    """Place in the list, smaller first: by level, then by score.

    >>> rank_of(Level.URGENT, 0.2) < rank_of(Level.HIGH, 0.99) < rank_of(Level.HIGH, 0.98)
    True
    """
    return LEVELS.index(level) * (SCORE_STEPS + 1) + SCORE_STEPS - round(min(max(score, 0.0), 1.0) * SCORE_STEPS)


def save_findings(conn: Connection, findings: Iterable[Finding]) -> int:
    """Keep findings that are not yet there and return how many were new; older ones of the same subject close."""
    source, new = iter(findings), 0
    while chunk := list(islice(source, CHUNK)):
        new += _save_chunk(conn, {f.finding_id: f for f in chunk})
    return new


def _save_chunk(conn: Connection, chunk: dict[str, Finding]) -> int:
    f = finding.c
    known = {row.finding_id for row in conn.execute(select(f.finding_id).where(f.finding_id.in_(chunk)))}
    rows = {i: _row_of(found) for i, found in chunk.items() if i not in known}
    if not rows:
        return 0
    subjects = {row["subject"] for row in rows.values()}
    same = select(f.finding_id, f.detector, f.subject, f.found_at_us, f.state, f.level).where(f.subject.in_(subjects))
    history: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for old in conn.execute(same).mappings():
        history[old["detector"], old["subject"]].append(old)
    for row in rows.values():
        history[row["detector"], row["subject"]].append(row)
    delta: Counter[tuple[str, str, str]] = Counter()
    closed: list[str] = []
    for group in history.values():
        newest = max(group, key=lambda r: (r["found_at_us"], r["finding_id"]))["finding_id"]
        for row in group:
            if row["state"] == OPEN and row["finding_id"] != newest:
                _close(row, rows, closed, delta)
    conn.execute(insert(finding), list(rows.values()))
    if closed:
        conn.execute(update(finding).where(f.finding_id.in_(closed)).values(state=SUPERSEDED))
    delta.update((row["state"], row["detector"], row["level"]) for row in rows.values())
    _count(conn, delta)
    return len(rows)


def _close(row: Any, new: dict[str, dict[str, Any]], closed: list[str], delta: Counter[tuple[str, str, str]]) -> None:
    if row["finding_id"] in new:
        row["state"] = SUPERSEDED
        return
    closed.append(row["finding_id"])
    delta[OPEN, row["detector"], row["level"]] -= 1
    delta[SUPERSEDED, row["detector"], row["level"]] += 1


def _row_of(found: Finding) -> dict[str, Any]:
    return {
        "finding_id": found.finding_id, "detector": found.detector, "version": found.version,
        "subject_kind": found.subject_kind, "subject": found.subject, "level": str(found.level), "score": found.score,
        "proposed_action": str(found.proposed_action), "district": str(found.facts.get("district", "")),
        "first_evidence_us": found.first_evidence_us, "found_at_us": found.found_at_us, "state": OPEN,
        "rank": rank_of(found.level, found.score), "body": found.as_bytes(),
    }  # fmt: skip


def _count(conn: Connection, delta: Counter[tuple[str, str, str]]) -> None:
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    for (state, detector, level), n in sorted(delta.items()):
        if n:
            row = dialect.insert(finding_count).values(state=state, detector=detector, level=level, n=n)
            conn.execute(
                row.on_conflict_do_update(
                    index_elements=["state", "detector", "level"], set_={"n": finding_count.c.n + row.excluded.n}
                )
            )


def read_finding(conn: Connection, finding_id: str) -> tuple[Finding, str] | None:
    """The finding and its state."""
    row = conn.execute(select(finding.c.body, finding.c.state).where(finding.c.finding_id == finding_id)).first()
    return (Finding.from_dict(json.loads(row.body)), row.state) if row else None


def newest_findings(conn: Connection, detector: str, subjects: Iterable[str]) -> dict[str, Finding]:
    """Subject -> the newest finding of `detector` about it, whatever its state; subjects without one are left out."""
    f = finding.c
    newest: dict[str, bytes] = {}
    source = iter(set(subjects))
    while chunk := list(islice(source, CHUNK)):
        same = select(f.subject, f.body).where(f.subject.in_(chunk), f.detector == detector)
        newest |= {row.subject: row.body for row in conn.execute(same.order_by(f.found_at_us, f.finding_id))}
    return {subject: Finding.from_dict(json.loads(body)) for subject, body in newest.items()}


def page(conn: Connection, wanted: Filter, after: str | None = None, limit: int = 50) -> list[Row[Any]]:
    """Up to `limit` rows in order of rank after the finding `after`; keyset, so page 10,000 costs as much as page 1."""
    return list(conn.execute(_ranked(wanted, after).limit(limit)))


def every(conn: Connection, wanted: Filter) -> Iterator[Row[Any]]:
    """All rows of the filter in order of rank, streamed, with their bodies."""
    yield from conn.execution_options(yield_per=1_000).execute(_ranked(wanted, None).add_columns(finding.c.body))


def _ranked(wanted: Filter, after: str | None) -> Any:
    f = finding.c
    columns = (c for c in finding.columns if c.name != "body")
    query = select(*columns).where(*_conditions(wanted)).order_by(f.rank, f.finding_id)
    if after is not None:
        place = select(f.rank).where(f.finding_id == after).scalar_subquery()
        query = query.where(tuple_(f.rank, f.finding_id) > tuple_(place, after))
    return query


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    f = finding.c
    pairs = ((f.state, wanted.state), (f.detector, wanted.detector), (f.district, wanted.district),
             (f.subject, wanted.subject))  # fmt: skip
    conditions = [column == value for column, value in pairs if value is not None]
    if wanted.level is not None:
        # Rank starts with the level, so that a level is a range of the index that sorts the list.
        low = LEVELS.index(Level(wanted.level)) * (SCORE_STEPS + 1)
        conditions += [f.rank >= low, f.rank <= low + SCORE_STEPS]
    return conditions


def counts(conn: Connection) -> list[dict[str, Any]]:
    """Rows (state, detector, level, n) with n > 0."""
    n = finding_count.c
    rows = conn.execute(select(finding_count).where(n.n > 0).order_by(n.state, n.detector, n.level))
    return [dict(row) for row in rows.mappings()]


def holders(conn: Connection, ids: Iterable[str], now_us: int) -> dict[str, str]:
    """Who has which of `ids` open."""
    lock = finding_lock.c
    live = select(lock.finding_id, lock.holder).where(
        lock.finding_id.in_(list(ids)), lock.seen_at_us > now_us - LOCK_IDLE_US
    )
    return {row.finding_id: row.holder for row in conn.execute(live)}


def take_next(conn: Connection, wanted: Filter, holder: str, now_us: int) -> str | None:
    """The first finding of the filter that nobody else has open, now locked by `holder`; None when there is none.

    The transaction is alone among writers, so two people never get the same one.
    """
    lock, f = finding_lock.c, finding.c
    conn.execute(delete(finding_lock).where(lock.seen_at_us <= now_us - LOCK_IDLE_US))
    taken = select(lock.finding_id).where(lock.finding_id == f.finding_id, lock.holder != holder).exists()
    first = select(f.finding_id).where(*_conditions(wanted), ~taken).order_by(f.rank, f.finding_id).limit(1)
    found = conn.execute(first).scalar()
    if found is not None:
        lock_finding(conn, found, holder, now_us)
    return found


def lock_finding(conn: Connection, finding_id: str, holder: str, now_us: int) -> None:
    """Note that `holder` has the finding open; whatever else they had open is free again."""
    conn.execute(delete(finding_lock).where(finding_lock.c.holder == holder))
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    row = dialect.insert(finding_lock).values(finding_id=finding_id, holder=holder, seen_at_us=now_us)
    conn.execute(
        row.on_conflict_do_update(index_elements=["finding_id"], set_={"holder": holder, "seen_at_us": now_us})
    )


def add_verdict(
    conn: Connection, finding_id: str, at_us: int, actor: str, word: str, note: str = "", undoes: int | None = None
) -> int:
    """Append a verdict row and bring the finding's state in line; frees the lock. Returns the row's number."""
    row = insert(verdict).values(
        finding_id=finding_id, at_us=at_us, actor=actor, verdict=word, note=note, undoes=undoes
    )
    number = conn.execute(row.returning(verdict.c.verdict_id)).scalar_one()
    _settle(conn, finding_id)
    conn.execute(delete(finding_lock).where(finding_lock.c.finding_id == finding_id))
    return int(number)


def standing_verdicts(conn: Connection, finding_id: str) -> list[Row[Any]]:
    """Verdict rows that were not undone, oldest first."""
    v = verdict.c
    rows = list(conn.execute(select(verdict).where(v.finding_id == finding_id).order_by(v.verdict_id)))
    undone = {row.undoes for row in rows if row.verdict == UNDO}
    return [row for row in rows if row.verdict != UNDO and row.verdict_id not in undone]


def last_verdict_of(conn: Connection, actor: str) -> Row[Any] | None:
    """The newest verdict of `actor` that was not undone."""
    v, undo = verdict.c, verdict.alias("undo")
    undone = select(undo.c.verdict_id).where(undo.c.undoes == v.verdict_id).exists()
    own = select(verdict).where(v.actor == actor, v.verdict != UNDO, ~undone)
    return conn.execute(own.order_by(v.at_us.desc(), v.verdict_id.desc()).limit(1)).first()


def _settle(conn: Connection, finding_id: str) -> None:
    f = finding.c
    row = conn.execute(
        select(f.state, f.detector, f.level, f.subject, f.found_at_us).where(f.finding_id == finding_id)
    ).one()
    standing = standing_verdicts(conn, finding_id)
    if standing:
        state = standing[-1].verdict
    else:
        place = tuple_(f.found_at_us, f.finding_id) > tuple_(row.found_at_us, finding_id)
        newer = select(f.finding_id).where(f.subject == row.subject, f.detector == row.detector, place).limit(1)
        state = SUPERSEDED if conn.execute(newer).first() else OPEN
    if state != row.state:
        conn.execute(update(finding).where(f.finding_id == finding_id).values(state=state))
        _count(conn, Counter({(row.state, row.detector, row.level): -1, (state, row.detector, row.level): 1}))
