"""Audit log: durable appends beside plain inserts and a hash chain, then proofs against a tree of 10^7 leaves.

Appends go through `Desk.begin` on SQLite (WAL, synchronous=FULL) with one commit a batch, entries, salted payloads and
tree included. The large tree is grown by the log's own `append_leaves` from made-up leaf hashes, without entries: 10^7
entries would cost 6 GB of disk and change nothing about the nodes that a proof reads.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.bench import BenchRow, Cost, run_child, watch

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.audit.log import Entry
    from chainbreak.store.desk import Desk

BATCH = 1_000
STEP = 200_000
"""Leaf hashes added to the large tree at a time."""
PROOFS = 2_000
SIZES = {"small": (10_000, 100_000), "full": (200_000, 10_000_000)}
"""scale -> entries appended, leaves of the large tree."""


def run(scale: str) -> list[BenchRow]:
    """The table; `ratio` is our CPU seconds over the peer's, in the same run."""
    entries, leaves = SIZES[scale]
    with tempfile.TemporaryDirectory(prefix="bench-audit-") as folder:
        return [*_appends(Path(folder), entries), *_proofs(Path(folder) / "tree.db", leaves)]


def grow(path: Path, leaves: int) -> None:
    """Grow a tree of `leaves` made-up leaf hashes in a new database at `path`."""
    from chainbreak.audit.tree import append_leaves

    desk = _desk(path)
    for first in range(0, leaves, STEP):
        new = [hashlib.sha256(i.to_bytes(8, "big")).digest() for i in range(first, min(first + STEP, leaves))]
        with desk.begin() as conn:
            append_leaves(conn, first, new)
    desk.close()


def _appends(folder: Path, count: int) -> list[BenchRow]:
    log = _in_batches(_desk(folder / "log.db"), count, _append_entries)
    plain = _in_batches(_desk(folder / "plain.db"), count, _insert_plain)
    chain = _in_batches(_desk(folder / "chain.db"), count, _HashChain())
    single = count // 100
    alone = _in_batches(_desk(folder / "single.db"), single, _append_entries, batch=1)
    return [
        _row(f"append, durable, {BATCH} a commit", count, log, "plain inserts, no tree", log.cpu_s / plain.cpu_s),
        _row("  the same", count, log, "hash chain", log.cpu_s / chain.cpu_s),
        _row("  peer: plain inserts, no tree", count, plain),
        _row("  peer: hash chain", count, chain),
        _row("append, durable, 1 a commit", single, alone),
    ]


def _proofs(path: Path, leaves: int) -> list[BenchRow]:
    code = f"from pathlib import Path; from chainbreak.bench.audit import grow; grow(Path({str(path)!r}), {leaves})"
    built = run_child([sys.executable, "-c", code])
    desk = _desk(path, migrate=False)
    draw = random.Random(1)  # noqa: S311 which proofs are timed is no secret
    with desk.read() as conn:
        timed = [(name, *_time_proofs(conn, leaves, draw, check)) for name, check in _CHECKS]
    desk.close()
    rows = [BenchRow(f"tree grown from {leaves:,} made-up leaf hashes", leaves, built.seconds, built.cpu_s,
                     leaves / built.seconds, built.peak_mib)]  # fmt: skip
    for name, walls, cpu_s in timed:
        middle, p99 = (sorted(walls)[PROOFS * percent // 100] * 1e3 for percent in (50, 99))
        what = f"{name} proof read + verified at {leaves:,} leaves: median {middle:.3f} ms, p99 {p99:.3f} ms"
        per_s, ratio = PROOFS / sum(walls), cpu_s * 1e3 / PROOFS
        rows.append(BenchRow(what, PROOFS, sum(walls), cpu_s, per_s, None, "target: 1 ms of CPU", ratio))
    return rows


def _time_proofs(
    conn: Connection, leaves: int, draw: random.Random, check: Callable[[Connection, int, int, bytes, bytes], bool]
) -> tuple[list[float], float]:
    """Wall seconds of each of `PROOFS` proofs at random places, cold pages included, and CPU seconds of all.

    Roots are read before the clock starts: who checks a proof has them from checkpoints.
    """
    from chainbreak.audit.tree import root_at

    root, walls, cpu_s = root_at(conn, leaves), [], 0.0
    for _ in range(PROOFS):
        at = draw.randrange(1, leaves)
        old_root = root_at(conn, at)
        with watch() as cost:
            good = check(conn, at, leaves, old_root, root)
        assert good
        walls.append(cost.seconds)
        cpu_s += cost.cpu_s
    return walls, cpu_s


def _inclusion(conn: Connection, index: int, size: int, _old_root: bytes, root: bytes) -> bool:
    from chainbreak.audit import proofs

    leaf = hashlib.sha256(index.to_bytes(8, "big")).digest()
    return proofs.includes(leaf, index, size, proofs.inclusion_proof(conn, index, size), root)


def _consistency(conn: Connection, old: int, size: int, old_root: bytes, root: bytes) -> bool:
    from chainbreak.audit import proofs

    return proofs.extends(old, old_root, size, root, proofs.consistency_proof(conn, old, size))


_CHECKS = (("inclusion", _inclusion), ("consistency", _consistency))


def _in_batches(
    desk: Desk, count: int, write: Callable[[Connection, list[Entry]], None], *, batch: int = BATCH
) -> Cost:
    from chainbreak.audit.log import Entry

    with watch() as cost:
        for first in range(0, count, batch):
            new = [
                Entry(1_795_147_200_000_000 + i, "li", "analyst", "console", "order.draft", f"order:{i:016x}",
                      "stop a transfer", f"case:{i % 997}", {"number": i, "ground": "telecom fraud", "hours": 72})
                for i in range(first, min(first + batch, count))
            ]  # fmt: skip
            with desk.begin() as conn:
                write(conn, new)
    desk.close()
    return cost


def _append_entries(conn: Connection, new: list[Entry]) -> None:
    from chainbreak.audit.log import append_many

    append_many(conn, new)


def _insert_plain(conn: Connection, new: list[Entry]) -> None:
    """The same rows, canonical and committed to, without a tree."""
    _insert(conn, new, lambda body: body)


class _HashChain:
    """Each row holds the hash of the row before: what most tamper-evident logs do; a proof then reads everything."""

    def __init__(self) -> None:
        self.last = b"\0" * 32

    def __call__(self, conn: Connection, new: list[Entry]) -> None:
        _insert(conn, new, self._link)

    def _link(self, body: bytes) -> bytes:
        self.last = hashlib.sha256(self.last + body).digest()
        return body + self.last


def _insert(conn: Connection, new: list[Entry], finish: Callable[[bytes], bytes]) -> None:
    import secrets

    import rfc8785
    from sqlalchemy import func, select

    from chainbreak.audit.log import commitment, entry_bytes
    from chainbreak.audit.tables import entries, insert_rows, payloads

    first = conn.execute(select(func.coalesce(func.max(entries.c.seq) + 1, 0))).scalar_one()
    entry_rows, payload_rows = [], []
    for seq, entry in enumerate(new, first):
        salt, payload = secrets.token_bytes(16), rfc8785.dumps(dict(entry.payload))
        body = finish(entry_bytes(entry, seq, entry.at_us, commitment(salt, payload)))
        entry_rows.append((seq, entry.at_us, entry.actor, entry.action, entry.object, body))
        payload_rows.append((seq, salt, payload))
    insert_rows(conn, entries, entry_rows)
    insert_rows(conn, payloads, payload_rows)


def _desk(path: Path, *, migrate: bool = True) -> Desk:
    from chainbreak.store.desk import Desk

    desk = Desk(f"sqlite:///{path}")
    if migrate:
        desk.migrate()
    return desk


def _row(what: str, count: int, cost: Cost, peer: str = "", ratio: float | None = None) -> BenchRow:
    return BenchRow(what, count, cost.seconds, cost.cpu_s, count / cost.seconds, None, peer, ratio)
