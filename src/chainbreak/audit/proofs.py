"""Inclusion and consistency proofs (RFC 6962 section 2.1, RFC 9162 section 2.1.3 and 2.1.4).

Making a proof reads O(log n) stored nodes in one query; checking one needs no database. A proof is a list of hashes
in the RFC's order: for inclusion from the leaf upward, for consistency from the deepest subtree upward.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainbreak.audit.tree import Place, fold, frontier, node_hash, read_nodes
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

Span = tuple[int, int]
"""Leaves from the first up to, not including, the second."""


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The subtrees whose hashes prove leaf `index` in a tree of `size`, nearest the leaf first (PATH of RFC 6962).

    >>> inclusion_spans(5, 7)
    [(4, 5), (6, 7), (0, 4)]
    """
    spans, first, end = [], 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The subtrees whose hashes prove that a tree of `new` leaves extends one of `old` (PROOF of RFC 6962).

    >>> consistency_spans(3, 7)
    [(2, 3), (3, 4), (0, 2), (4, 7)]
    """
    spans, first, end = [], 0, new
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first = middle
    if first:  # the old tree's last subtree; when it is the whole old tree the checker has its root already
        spans.append((first, end))
    return spans[::-1]


def inclusion_proof(conn: Connection, index: int, size: int) -> list[bytes]:
    """Hashes that prove entry `index` in the tree of the first `size` entries.

    Raises:
        UsageError: `index` is not below `size` (CB-AU-004).
        InputError: the log is shorter than `size` (CB-AU-003).
    """
    if not 0 <= index < size:
        raise UsageError("CB-AU-004", "no such entry", given=str(index), allowed=f"0..{size - 1}")
    return _hashes(conn, inclusion_spans(index, size))


def consistency_proof(conn: Connection, old: int, new: int) -> list[bytes]:
    """Hashes that prove that the first `new` entries begin with the first `old`.

    Raises:
        UsageError: `old` is above `new` or negative (CB-AU-004).
        InputError: the log is shorter than `new` (CB-AU-003).
    """
    if not 0 <= old <= new:
        raise UsageError("CB-AU-004", "no such pair of sizes", given=f"{old}, {new}", allowed="0 <= old <= new")
    return _hashes(conn, consistency_spans(old, new)) if old else []


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that `proof` leads to from `leaf` (RFC 9162 section 2.1.3.2); None when it has the wrong length."""
    if not 0 <= index < size:
        return None
    at, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows `leaf` at `index` of the tree of `size` leaves with `root`."""
    return root_of_inclusion(leaf, index, size, proof) == root


def extends(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree (`new`, `new_root`) begins with (`old`, `old_root`), RFC 9162 2.1.4.2.

    Every tree extends the empty one; that proof is empty.
    """
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and (old == 0 or old_root == new_root)
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _split(width: int) -> int:
    """The largest power of two below `width` (the k of RFC 6962)."""
    return 1 << (width - 1).bit_length() - 1


def _places(span: Span) -> list[Place]:
    first, end = span
    return [(level, idx + (first >> level)) for level, idx in frontier(end - first)]


def _hashes(conn: Connection, spans: Sequence[Span]) -> list[bytes]:
    found = read_nodes(conn, [place for span in spans for place in _places(span)])
    return [fold([found[place] for place in _places(span)]) for span in spans]
