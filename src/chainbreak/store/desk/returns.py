"""Returns in the desk: files, events, and the shares by which a claim is limited over all returns. What may happen to
a return is `act.returns` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from chainbreak.store.desk.tables_returns import return_event, return_file, return_share

CHUNK = 2_000
"""Values bound by one statement; keeps below SQLite's limit of 32,766."""


def next_number(conn: Connection) -> int:
    """The number after the highest ever given; returns are never deleted."""
    return (conn.execute(select(func.max(return_file.c.number))).scalar() or 0) + 1


def read_body(conn: Connection, return_id: str) -> bytes | None:
    """The canonical JSON of a return."""
    return conn.execute(select(return_file.c.body).where(return_file.c.return_id == return_id)).scalar()


def read_body_by_code(conn: Connection, code_hash: str) -> bytes | None:
    """The canonical JSON of the return whose announcement carries the code with this hash."""
    return conn.execute(select(return_file.c.body).where(return_file.c.receipt_hash == code_hash)).scalar()


def read_events(conn: Connection, return_id: str) -> list[bytes]:
    """The canonical JSON of every move of a return, first to last."""
    e = return_event.c
    return list(conn.execute(select(e.body).where(e.return_id == return_id).order_by(e.seq)).scalars())


def keep(
    conn: Connection, return_id: str, columns: Mapping[str, Any], shares: Iterable[Mapping[str, Any]],
    event: Mapping[str, Any],
) -> None:  # fmt: skip
    """Append one event and bring file and shares in line; `columns` hold `number` exactly when the return is new."""
    conn.execute(insert(return_event).values(return_id=return_id, **event))
    if "number" in columns:
        conn.execute(insert(return_file).values(return_id=return_id, **columns))
    else:
        conn.execute(update(return_file).where(return_file.c.return_id == return_id).values(**columns))
    conn.execute(delete(return_share).where(return_share.c.return_id == return_id))
    rows = [{"return_id": return_id, **share} for share in shares]
    if rows:
        conn.execute(insert(return_share), rows)


def on_accounts(conn: Connection, accounts: Iterable[str]) -> list[tuple[str, str, bytes]]:
    """(return_id, state, canonical JSON) of the returns on any of these written tokens, first to last."""
    f = return_file.c
    found = select(f.return_id, f.state, f.body).where(f.account.in_(list(accounts))).order_by(f.number)
    return [(row.return_id, row.state, row.body) for row in conn.execute(found)]


def decided_fen(conn: Connection, claim_ids: Iterable[str], but: tuple[str, int] | None = None) -> dict[str, int]:
    """claim_id -> fen that returns have decided for it, paid or not; `but`: without this return's round."""
    s, wanted = return_share.c, list(claim_ids)
    found: dict[str, int] = {}
    for at in range(0, len(wanted), CHUNK):
        query = select(s.claim_id, func.sum(s.fen)).where(s.claim_id.in_(wanted[at : at + CHUNK]))
        if but is not None:
            query = query.where(~((s.return_id == but[0]) & (s.round == but[1])))
        found |= {claim_id: int(fen) for claim_id, fen in conn.execute(query.group_by(s.claim_id))}
    return found


def list_files(
    conn: Connection, states: Iterable[str] = (), before: int | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """Files with their bodies, the newest first; `states`: only in these; `before`: only below this number."""
    f = return_file.c
    query = select(return_file).order_by(f.number.desc()).limit(limit)
    wanted = list(states)
    if wanted:
        query = query.where(f.state.in_(wanted))
    if before is not None:
        query = query.where(f.number < before)
    return [dict(row) for row in conn.execute(query).mappings()]


def counts(conn: Connection) -> dict[str, int]:
    """State -> how many returns."""
    f = return_file.c
    return {row.state: row.n for row in conn.execute(select(f.state, func.count().label("n")).group_by(f.state))}
