"""Reading and writing the tables of ingest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, desc, func, insert, select

from chainbreak.store.desk.tables_ingest import ingest_run, quarantine_settled


@dataclass
class IngestRun:
    """What one ingest of one file did; fields as the columns of `ingest_run`."""

    kind: str
    file: str
    digest: str = ""
    bytes: int = 0
    rows_read: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    unread_identifiers: int = 0
    conflicts: int = 0
    oldest_us: int | None = None
    newest_us: int | None = None
    seconds: float = 0.0
    lake_version: int | None = None
    error: str = ""


def save_run(conn: Connection, run: IngestRun, at_us: int, actor: str) -> int:
    """Add one run and return its id."""
    values = asdict(run) | {"reasons": json.dumps(run.reasons, sort_keys=True), "at_us": at_us, "actor": actor}
    key = conn.execute(insert(ingest_run).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def read_runs(conn: Connection, limit: int = 50, kind: str | None = None) -> list[dict[str, Any]]:
    """The newest runs first, as dictionaries of all columns with `reasons` as a dictionary."""
    query = select(ingest_run).order_by(desc(ingest_run.c.at_us), desc(ingest_run.c.id)).limit(limit)
    if kind:
        query = query.where(ingest_run.c.kind == kind)
    return [dict(row._mapping) | {"reasons": json.loads(row.reasons)} for row in conn.execute(query)]


def read_lateness(conn: Connection, now_us: int) -> list[dict[str, Any]]:
    """How far each kind is behind: one row a kind, its newest event, its last ingest, and seconds since either."""
    query = select(
        ingest_run.c.kind, func.max(ingest_run.c.newest_us).label("newest_us"),
        func.max(ingest_run.c.at_us).label("last_us"),
    ).group_by(ingest_run.c.kind).order_by(ingest_run.c.kind)  # fmt: skip
    return [
        dict(row._mapping)
        | {"late_s": None if row.newest_us is None else (now_us - row.newest_us) // 1_000_000,
           "since_ingest_s": (now_us - row.last_us) // 1_000_000}
        for row in conn.execute(query)
    ]  # fmt: skip


def read_settled(conn: Connection) -> set[str]:
    """Ids of the rejected rows that were brought back."""
    return set(conn.execute(select(quarantine_settled.c.row_id)).scalars())


def settle(conn: Connection, row_ids: Iterable[str], at_us: int, actor: str, how: str) -> int:
    """Note rejected rows as dealt with; those that are already stay as they were. Returns how many were new."""
    new = sorted(set(row_ids) - read_settled(conn))
    rows = [{"row_id": row_id, "at_us": at_us, "actor": actor, "how": how} for row_id in new]
    if rows:
        conn.execute(insert(quarantine_settled), rows)
    return len(rows)
