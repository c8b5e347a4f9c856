"""Delivery measured: real servers on loopback ports, latencies as their clients see them, wall time.

First each server alone (load, memory, changes), then whole paths: from the signature kept on the desk to the first
client that meets the block, and from the release to the first that no longer does; then withdrawals again while a queue
of orders drains. Beside each path stands the aim of `delivery` section 10.
"""

from __future__ import annotations

import importlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.bench import BenchRow
from chainbreak.bench.delivery.values import values

if TYPE_CHECKING:
    from chainbreak.bench.delivery.trial import Stack

ORDERS = {"small": 20, "full": 200}
QUEUE = {"small": 200, "full": 10_000}
WITHDRAWN = 40
"""Orders released while the queue drains."""
WARM_UP = 3
"""Orders before the clock counts: a process that has sent nothing yet opens its connections first."""
ROOMS: dict[str, tuple[str, float]] = {
    "sip": ("line", 0.1), "dns": ("domain", 1.0), "bank": ("account", 1.0),
    "misp": ("line", 5.0), "taxii": ("line", 5.0),
}  # fmt: skip
"""Room -> kind of object, and the seconds that the 95th of 100 orders should take, either way."""
RUNGS = {"line": "block", "domain": "host_sinkhole", "account": "hold_amount"}


@dataclass
class DeliveryRow(BenchRow):
    """A measured line; `aim_ms` stands beside what it is held against, `unseen` are orders no client ever saw."""

    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    aim_ms: float | None = None
    unseen: int | None = None
    rss_mib: float | None = None
    beside: str = ""


def run(scale: str) -> list[BenchRow]:
    """Each server alone, then the paths through it; then the texts."""
    rows = [row for name in ROOMS for row in room_rows(name, scale)]
    return [*rows, *(_told("sms: ", row) for row in _room("sms").rows(scale))]


def room_rows(name: str, scale: str) -> list[BenchRow]:
    """The rows of one room."""
    room, (kind, aim_s) = _room(name), ROOMS[name]
    rows: list[BenchRow] = [_told(f"{name}: ", row) for row in room.servers(scale)]
    with room.paths(scale) as stack:
        return [*rows, *_path(name, stack, kind, aim_s, scale)]


def _room(name: str) -> Any:
    return importlib.import_module(f"chainbreak.bench.delivery.{name}")


def _told(prefix: str, row: dict[str, Any]) -> DeliveryRow:
    known = {f.name for f in fields(DeliveryRow)} - {"what"}
    said = {"n": "rows", "per_s": "rows_per_s"}
    named = {said.get(key, key): value for key, value in row.items()}
    more = " ".join(f"{key}={value}" for key, value in named.items() if key not in known | {"what", "beside"})
    beside = " ".join(filter(None, (str(named.get("beside", "")), more)))
    return DeliveryRow(
        prefix + row["what"], **{k: v for k, v in named.items() if k in known - {"beside"}}, beside=beside
    )


def _path(what: str, stack: Stack, kind: str, aim_s: float, scale: str) -> Iterator[DeliveryRow]:
    from chainbreak.bench.delivery import trial

    with (
        tempfile.TemporaryDirectory(prefix="bench-delivery-") as name,
        trial.centre(Path(name), stack, kind, rung=RUNGS[kind]) as made,
    ):
        trial.both_ways(made, stack, values(kind, "warm", WARM_UP))
        alone = trial.both_ways(made, stack, values(kind, "one", ORDERS[scale]))
        yield from (_spread(f"{what}: {way}", took, aim_s) for way, took in alone.items())
        first = values(kind, "first", WITHDRAWN)
        standing = made.prepare(first)
        for order in standing:
            made.sign(order)
        _all_in_effect(stack, first)
        made.sign_many(made.prepare(values(kind, "queue", QUEUE[scale])))
        took = trial.withdrawn(made, stack, standing, first)
        beside = f"{made.queued()} orders still queued at the end, of {QUEUE[scale]}"
        for way, all_s in took.items():
            row = _spread(f"{what}: {way}, beside a queue", all_s, aim_s)
            row.beside = beside
            yield row


def _all_in_effect(stack: Stack, wanted: Sequence[str]) -> None:
    from chainbreak.bench.delivery.trial import until

    for value in wanted:
        for probe in stack.probes.values():
            until(probe, value, True, time.monotonic())


def _spread(what: str, took: Sequence[float | None], aim_s: float) -> DeliveryRow:
    ms = sorted(1_000 * s for s in took if s is not None)
    row = DeliveryRow(what, len(took), aim_ms=1_000 * aim_s, unseen=len(took) - len(ms))
    if ms:
        row.p50_ms, row.p95_ms, row.max_ms = ms[len(ms) // 2], ms[min(len(ms) - 1, len(ms) * 95 // 100)], ms[-1]
    return row
