"""The Merkle tree of RFC 6962: hashes, growth by whole levels, and the stored nodes.

A tree of `size` leaves is a row of complete subtrees, one for each set bit of `size`: the *frontier*, widest first.
Only complete subtrees are stored; any root or proof is folded from at most a few dozen of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from chainbreak.audit.tables import insert_rows, nodes
from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""RFC 6962 section 2.1: the hash of a tree without leaves."""

Place = tuple[int, int]
"""(level, index) of a complete subtree."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry), RFC 6962 section 2.1.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def frontier(size: int) -> list[Place]:
    """The complete subtrees that make up a tree of `size` leaves, widest first.

    >>> frontier(6)
    [(2, 0), (1, 2)]
    """
    return [(level, (size >> level) - 1) for level in reversed(range(size.bit_length())) if size >> level & 1]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over adjacent subtrees, widest first (RFC 6962: the right side is folded first)."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def grow(size: int, edge: Mapping[Place, bytes], leaves: Sequence[bytes]) -> Iterator[tuple[int, int, Sequence[bytes]]]:
    """The complete subtrees that `leaves` add to a tree of `size`: (level, first index, hashes), level by level.

    `edge` holds the hashes of `frontier(size)`.
    """
    level, first, hashes = 0, size, leaves
    while hashes:
        yield level, first, hashes
        if first & 1:  # the first new subtree is a right child: its left sibling is on the old frontier
            first -= 1
            hashes = [edge[level, first], *hashes]
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=False)]
        level, first = level + 1, first >> 1


def read_nodes(conn: Connection, at: Iterable[Place]) -> dict[Place, bytes]:
    """The stored hashes at the places `at`, in one query.

    Raises:
        InputError: one is missing: the log was cut or never held it (CB-AU-003).
    """
    wanted = list(at)
    if not wanted:
        return {}
    # Written out as text: SQLite answers `(level, idx) IN (…)` by a scan, and a statement built anew for each number
    # of places costs more than the look-up. CROSS JOIN makes SQLite go from the places to the nodes; elsewhere it is
    # an inner join like any other. Only integers are put in.
    places = ", ".join(f"({level:d}, {idx:d})" for level, idx in wanted)
    query = (
        f"WITH wanted (level, idx) AS (VALUES {places}) SELECT n.level, n.idx, n.hash "  # noqa: S608 integers only
        f"FROM wanted CROSS JOIN {nodes.name} n WHERE n.level = wanted.level AND n.idx = wanted.idx"
    )
    found = {(row[0], row[1]): bytes(row[2]) for row in conn.exec_driver_sql(query)}
    missing = [place for place in wanted if place not in found]
    if missing:
        raise InputError(
            "CB-AU-003", "the log's tree lacks a node", given=f"level {missing[0][0]}, index {missing[0][1]}",
            next_step="chainbreak audit verify",
        )  # fmt: skip
    return found


def append_leaves(conn: Connection, size: int, leaves: Sequence[bytes]) -> None:
    """Store the subtrees that `leaves` complete in a tree of `size`. The caller holds the head's lock."""
    edge = read_nodes(conn, frontier(size))
    rows = [
        (level, idx, value)
        for level, first, hashes in grow(size, edge, leaves)
        for idx, value in enumerate(hashes, first)
    ]
    insert_rows(conn, nodes, rows)


def root_at(conn: Connection, size: int) -> bytes:
    """The root of the first `size` entries.

    Raises:
        InputError: the log is shorter than that (CB-AU-003).
    """
    places = frontier(size)
    found = read_nodes(conn, places)
    return fold([found[place] for place in places])
