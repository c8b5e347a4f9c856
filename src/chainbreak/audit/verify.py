"""The in-house check of the whole log in the database, against itself and against checkpoints given.

It recomputes every leaf and node from the entries' bytes; nothing stored is believed. Without a checkpoint that was
kept elsewhere it cannot notice a log written anew from end to end: that is what witnesses are for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from chainbreak.audit import tree
from chainbreak.audit.checkpoint import Checkpoint
from chainbreak.audit.erase import erased_by
from chainbreak.audit.log import commitment, size_of
from chainbreak.audit.tables import entries, nodes, payloads

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHUNK = 10_000
"""Entries checked at a time: bounds memory, not the result."""

MOST_FAULTS = 50
"""Faults listed; a log written anew would give one for each entry."""


@dataclass
class Verdict:
    """What was checked and what is wrong; `faults` empty: sound."""

    size: int
    root: bytes = tree.EMPTY_ROOT
    payloads: int = 0
    erased: int = 0
    checkpoints: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.faults

    def fault(self, text: str) -> None:
        """Note one fault, up to the limit."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(text)


def verify(conn: Connection, checkpoints: Iterable[Checkpoint] = ()) -> Verdict:
    """Check sequence, times, leaves, every stored node, payload commitments, and the root under each checkpoint."""
    verdict = Verdict(size_of(conn))
    stored = conn.execute(select(func.count(), func.max(entries.c.seq))).one()
    if stored[0] != verdict.size or (stored[1] if stored[1] is not None else -1) != verdict.size - 1:
        verdict.fault(f"the head says {verdict.size} entries, {stored[0]} are stored")
    wanted: dict[int, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        wanted.setdefault(checkpoint.size, []).append(checkpoint)
    walk = _Walk(conn, verdict)
    for stop in sorted({*wanted, verdict.size}):
        if not walk.to(stop):
            verdict.fault(f"{stop} entries are called for, the log can show {walk.size}")
            break
        for checkpoint in wanted.get(stop, ()):
            verdict.checkpoints += 1
            if checkpoint.root != walk.root:
                verdict.fault(f"the root of the first {stop} entries is not the one under checkpoint {checkpoint.name}")
    verdict.root = walk.root
    for sequence in sorted(walk.without_payload - erased_by(conn)):
        verdict.fault(f"entry {sequence}: its payload is gone and no erasure says so")
    verdict.erased = len(walk.without_payload)
    return verdict


class _Walk:
    """Goes through the log from the left, carrying the frontier and what the entries so far imply."""

    def __init__(self, conn: Connection, verdict: Verdict) -> None:
        self.conn, self.verdict = conn, verdict
        self.size, self.last_us = 0, -(2**63)
        self.edge: dict[tree.Place, bytes] = {}
        self.without_payload: set[int] = set()

    @property
    def root(self) -> bytes:
        """The root of what was walked."""
        return tree.fold([self.edge[place] for place in tree.frontier(self.size)])

    def to(self, stop: int) -> bool:
        """Check entries up to `stop`; False when the log ends before."""
        while self.size < stop:
            end = min(stop, self.size + CHUNK)
            rows = self._rows(end)
            if not rows:
                return False
            for sequence, row in enumerate(rows, self.size):
                self._check_entry(sequence, row)
            self._check_nodes([tree.leaf_hash(bytes(row.entry)) for row in rows])
        return True

    def _rows(self, end: int) -> Sequence[Any]:
        query = (
            select(entries, payloads.c.salt, payloads.c.payload)
            .outerjoin(payloads, payloads.c.seq == entries.c.seq)
            .where(entries.c.seq >= self.size, entries.c.seq < end)
            .order_by(entries.c.seq)
        )
        return self.conn.execute(query).all()

    def _check_entry(self, sequence: int, row: Any) -> None:
        try:
            body = json.loads(bytes(row.entry))
            said = (body["sequence"], body["at_us"], body["actor"], body["action"], body["object"])
            promised = body["payload"]
        except (ValueError, KeyError, TypeError):
            return self.verdict.fault(f"entry {sequence}: not an entry")
        if said != (str(sequence), str(row.at_us), row.actor, row.action, row.object) or row.seq != sequence:
            self.verdict.fault(f"entry {sequence}: its columns and its bytes differ, or the sequence has a gap")
        if row.at_us < self.last_us:
            self.verdict.fault(f"entry {sequence}: its time lies before the entry before")
        self.last_us = max(self.last_us, row.at_us)
        if row.salt is None:
            self.without_payload.add(sequence)
        else:
            self.verdict.payloads += 1
            if commitment(bytes(row.salt), bytes(row.payload)) != promised:
                self.verdict.fault(f"entry {sequence}: the payload is not the one it was written with")

    def _check_nodes(self, leaves: Sequence[bytes]) -> None:
        computed: dict[tree.Place, bytes] = {}
        for level, first, hashes in tree.grow(self.size, self.edge, leaves):
            end = first + len(hashes)
            computed.update(((level, first + i), value) for i, value in enumerate(hashes))
            query = select(nodes.c.idx, nodes.c.hash).where(
                nodes.c.level == level, nodes.c.idx >= first, nodes.c.idx < end
            )
            stored = {idx: bytes(value) for idx, value in self.conn.execute(query)}
            for i, value in enumerate(hashes, first):
                if stored.get(i) != value:
                    self.verdict.fault(f"tree node level {level}, index {i} does not follow from the entries")
        self.size += len(leaves)
        known = self.edge | computed
        self.edge = {place: known[place] for place in tree.frontier(self.size)}
