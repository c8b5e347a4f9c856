"""Erasure: the payload and its salt are destroyed, the entry and its leaf stay, and an entry says so.

With a salt of 128 random bits gone, the commitment in the entry tells nothing about the payload, and every proof that
was ever handed out still checks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from chainbreak.audit.log import Entry, Receipt, append, read_payload
from chainbreak.audit.tables import entries, payloads
from chainbreak.base.errors import RefusedError

if TYPE_CHECKING:
    from sqlalchemy import Connection

ACTION = "audit.erase"

_AT_ONCE = 500
"""Rows named in one statement; SQLite takes at most 999 parameters in older builds."""


def erase_payloads(conn: Connection, sequences: Iterable[int], why: Entry) -> Receipt | None:
    """Destroy the payloads of `sequences` in the caller's transaction and append `why` as the erasure's entry.

    `why` gives actor, role, purpose and case; its action and payload are set here. None when nothing was left to
    erase. On SQLite the freed bytes are overwritten (`secure_delete`). After the commit the caller sweeps the desk
    (`Desk.sweep`), so that no old page is left; backups taken before hold what was erased until they are rotated.

    Raises:
        RefusedError: an erasure's own entry is among them: the record of an erasure stays (CB-AU-011).
    """
    wanted = sorted(set(sequences))
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA secure_delete = ON")
    gone: list[int] = []
    for i in range(0, len(wanted), _AT_ONCE):
        part = wanted[i : i + _AT_ONCE]
        is_erasure = select(entries.c.seq).where(entries.c.seq.in_(part), entries.c.action == ACTION)
        found = conn.execute(is_erasure).scalars().first()
        if found is not None:
            raise RefusedError("CB-AU-011", "the record of an erasure cannot be erased", given=f"entry {found}")
        gone += conn.execute(select(payloads.c.seq).where(payloads.c.seq.in_(part))).scalars()
        conn.execute(delete(payloads).where(payloads.c.seq.in_(part)))
    if not gone:
        return None
    return append(conn, replace(why, action=ACTION, payload={"erased": _ranges(sorted(gone))}))


def erased_by(conn: Connection) -> set[int]:
    """Every sequence whose payload an erasure entry says was destroyed."""
    erasures = conn.execute(select(entries.c.seq).where(entries.c.action == ACTION)).scalars().all()
    erased: set[int] = set()
    for sequence in erasures:
        for first, last in (read_payload(conn, sequence) or {}).get("erased", []):
            erased.update(range(int(first), int(last) + 1))
    return erased


def _ranges(numbers: list[int]) -> list[list[str]]:
    """Runs of consecutive numbers as [first, last], written as text.

    >>> _ranges([3, 4, 5, 9])
    [['3', '5'], ['9', '9']]
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [[str(first), str(last)] for first, last in runs]
