"""Append to the log, in the caller's transaction: the entry commits with the state change it records, or neither does.

An entry is canonical JSON (RFC 8785) of text fields: `sequence`, `at_us`, `actor`, `role`, `via`, `action`, `object`
(a written token or an id, never an identifier in clear), `purpose`, `case`, `payload` (hex of SHA-256(salt ‖ canonical
payload)), and `clock_us` only when the clock stood behind an earlier entry. 64-bit integers are written as text,
because the numbers of RFC 8785 are doubles.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import rfc8785
from sqlalchemy import select, update

from chainbreak.audit import tree
from chainbreak.audit.tables import entries, head, insert_rows, payloads
from chainbreak.base.errors import Bug
from chainbreak.records.actor import Actor

if TYPE_CHECKING:
    from sqlalchemy import Connection

SALT_BYTES = 16
"""128 bits: an erased payload cannot be found again by trying likely ones."""

_LARGEST_EXACT = 2**53 - 1
"""The largest integer a double, and so an RFC 8785 number, holds exactly with its neighbours."""


@dataclass(frozen=True)
class Entry:
    """What was done, by whom, why. `at_us` is the clock's UTC microseconds; `payload` may hold details, and is kept
    apart so that it can be erased without breaking a proof.
    """

    at_us: int
    actor: str
    role: str
    via: str
    action: str
    object: str
    purpose: str = ""
    case: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def by(
        actor: Actor, at_us: int, action: str, object: str, *,
        purpose: str = "", case: str = "", payload: Mapping[str, Any] | None = None,
    ) -> Entry:  # fmt: skip
        """An entry of `actor`, whose roles are written sorted and joined by `+`.

        >>> from chainbreak.records.actor import SERVICE
        >>> Entry.by(SERVICE, 0, "order.lapse", "order:7").role
        'service'
        """
        role = "+".join(sorted(actor.roles))
        return Entry(at_us, actor.name, role, actor.via, action, object, purpose, case, payload or {})


@dataclass(frozen=True)
class Receipt:
    """Where an entry stands: its sequence, the time it was given, its canonical bytes and its leaf hash."""

    sequence: int
    at_us: int
    entry: bytes
    leaf: bytes


def append(conn: Connection, entry: Entry) -> Receipt:
    """Append one entry in the caller's transaction (see `append_many`)."""
    return append_many(conn, [entry])[0]


def append_many(conn: Connection, new: Iterable[Entry]) -> list[Receipt]:
    """Append entries in order, in the caller's transaction, and return a receipt for each.

    Raises:
        Bug: an entry without actor or action, or with a payload that is not JSON (CB-AU-001).
    """
    batch = list(new)
    if not batch:
        return []
    size, highest = lock_head(conn)
    receipts, entry_rows, payload_rows = [], [], []
    for sequence, entry in enumerate(batch, size):
        highest = max(highest, entry.at_us)
        salt, payload = secrets.token_bytes(SALT_BYTES), _canonical(entry.payload)
        body = entry_bytes(entry, sequence, highest, commitment(salt, payload))
        receipts.append(Receipt(sequence, highest, body, tree.leaf_hash(body)))
        entry_rows.append((sequence, highest, entry.actor, entry.action, entry.object, body))
        payload_rows.append((sequence, salt, payload))
    insert_rows(conn, entries, entry_rows)
    insert_rows(conn, payloads, payload_rows)
    tree.append_leaves(conn, size, [receipt.leaf for receipt in receipts])
    conn.execute(update(head).values(size=size + len(batch), highest_us=highest))
    return receipts


def entry_bytes(entry: Entry, sequence: int, at_us: int, payload_commitment: str) -> bytes:
    """The canonical bytes of `entry` at `sequence`, given the time `at_us`."""
    if not (entry.actor and entry.action):
        raise Bug("CB-AU-001", "an audit entry needs an actor and an action", given=f"{entry.actor}, {entry.action}")
    body = {
        "sequence": str(sequence), "at_us": str(at_us), "actor": entry.actor, "role": entry.role, "via": entry.via,
        "action": entry.action, "object": entry.object, "purpose": entry.purpose, "case": entry.case,
        "payload": payload_commitment,
    }  # fmt: skip
    if entry.at_us < at_us:
        body["clock_us"] = str(entry.at_us)
    return rfc8785.dumps(body)


def commitment(salt: bytes, payload: bytes) -> str:
    """Hex of SHA-256(salt ‖ payload): binds the entry to a payload that it does not hold."""
    return hashlib.sha256(salt + payload).hexdigest()


def lock_head(conn: Connection) -> tuple[int, int]:
    """Size of the log and the highest time in it, with the writers' lock held until the transaction ends."""
    locked = select(head.c.size, head.c.highest_us).with_for_update()
    row = conn.execute(locked).one_or_none()
    if row is None:
        _first_row(conn)
        row = conn.execute(locked).one()
    return row.size, row.highest_us


def size_of(conn: Connection) -> int:
    """Number of entries."""
    return conn.execute(select(head.c.size)).scalar() or 0


def highest_time_us(conn: Connection) -> int:
    """The highest UTC microseconds any entry was given; 0 for an empty log.

    Who judges expiry takes the larger of this and the clock, so that a clock set back revives nothing.
    """
    return conn.execute(select(head.c.highest_us)).scalar() or 0


def read_payload(conn: Connection, sequence: int) -> dict[str, Any] | None:
    """The payload of an entry; None when it was erased."""
    found = conn.execute(select(payloads.c.payload).where(payloads.c.seq == sequence)).scalar()
    return None if found is None else dict(json.loads(found))


def _first_row(conn: Connection) -> None:
    # Two first writers may meet on PostgreSQL; the second waits for the first and inserts nothing.
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    conn.execute(dialect.insert(head).values(id=1, size=0, highest_us=0).on_conflict_do_nothing())


def _canonical(payload: Mapping[str, Any]) -> bytes:
    try:
        try:
            return rfc8785.dumps(dict(payload))
        except rfc8785.IntegerDomainError:
            return rfc8785.dumps(_large_integers_as_text(payload))
    except (rfc8785.CanonicalizationError, TypeError) as e:
        raise Bug("CB-AU-001", "an audit payload is not JSON", given=type(e).__name__) from e


def _large_integers_as_text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _large_integers_as_text(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_large_integers_as_text(item) for item in value]
    if isinstance(value, int) and abs(value) > _LARGEST_EXACT:
        return str(value)
    return value
