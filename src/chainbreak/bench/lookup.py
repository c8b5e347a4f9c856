"""Look-ups over HTTP and DNS: what one costs beside a constant reply of nginx, and how soon a change is told.

The server and nginx run in turn on the same core (by `taskset`, where the machine has it), wrk on another, with
keep-alive connections; CPU is what the processes themselves used, read from /proc before and after. Numbers asked for
are random, half of them listed. Orders of the snapshot are written straight into the desk's tables; those whose change
is timed go all the way: signed, passed on by a sender in a process of its own, seen by a client.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chainbreak.base.errors import SetupError
from chainbreak.bench import BenchRow
from chainbreak.bench.delivery import lookup_load as load
from chainbreak.bench.delivery import lookup_paths
from chainbreak.bench.delivery.trial import both_ways, centre

ORDERS = {"small": 5_000, "full": 200_000}
SECONDS = {"small": 2, "full": 5}
ROUNDS = {"small": 1, "full": 5}
CHANGES = {"small": 20, "full": 200}
CLIENTS = 16
"""Connections held open at once."""
NGINX = "nginx, constant reply"


@dataclass
class LookupRow(BenchRow):
    """A measured line with the spread in ms; `rows_per_s` are requests, `cpu_us` CPU µs of one."""

    cpu_us: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None


def run(scale: str) -> list[BenchRow]:
    """The table.

    Raises:
        SetupError: wrk, dnsperf or a server is not installed (CB-DL-195).
    """
    for program in ("wrk", "dnsperf", "nginx", "named", "unbound"):
        if load.program(program) is None:
            raise SetupError("CB-DL-195", "the bench needs a program that is not installed", given=program)
    with tempfile.TemporaryDirectory(prefix="chainbreak-bench-lookup-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx answers as another user
        rows = [*_http(folder, scale), *_dns(folder, scale), *_changes(folder, scale)]
    cores = "each on a core of its own" if load.pinned() else "not kept apart: taskset is missing"
    return [*rows, BenchRow(f"note: server and client {cores}; ratio is of CPU µs of one request")]


def _http(folder: Path, scale: str) -> Iterator[BenchRow]:
    n, seconds = ORDERS[scale], SECONDS[scale]
    with load.filled(folder / "http", n) as (office, tokens), load.answering(office) as up, load.nginx(folder) as peer:
        yield LookupRow(f"snapshot of {n:,} orders: start until it answers", n, up.ready_s, up.server.cpu_s,
                        peak_mib=up.server.rss_mib)  # fmt: skip
        ours, theirs = [], []
        for _ in range(ROUNDS[scale]):
            theirs.append(load.wrk(peer.address, peer.cpu_s, load.PHONES, tokens["voice"], seconds, CLIENTS, n))
            ours.append(load.wrk(up.address, up.cpu_s, load.PHONES, tokens["voice"], seconds, CLIENTS, n))
        ratios = [a.cpu_us / b.cpu_us for a, b in zip(ours, theirs, strict=True)]
        yield _load_row(f"peer: {NGINX}", theirs)
        yield _load_row(f"phone numbers, {CLIENTS} connections", ours, NGINX, statistics.median(ratios))
        mixed = load.wrk(up.address, up.cpu_s, load.MIXED, tokens["voice"], seconds, CLIENTS, n)
        yield _load_row("phones, domains and accounts in turn", [mixed])
        single = load.wrk(up.address, up.cpu_s, load.PHONES, tokens["voice"], seconds, 1, n)
        yield _load_row("one connection", [single])
        yield LookupRow("memory after the load", n, peak_mib=up.server.rss_mib)


def _load_row(what: str, loads: Sequence[load.Load], peer: str = "", ratio: float | None = None) -> LookupRow:
    middle = statistics.median
    return LookupRow(
        what, sum(one.requests for one in loads), sum(one.seconds for one in loads), sum(one.cpu_s for one in loads),
        middle(one.per_s for one in loads), None, peer, ratio, middle(one.cpu_us for one in loads),
        middle(one.p50_ms for one in loads), None, middle(one.p99_ms for one in loads),
    )  # fmt: skip


def _dns(folder: Path, scale: str) -> Iterator[BenchRow]:
    n = ORDERS[scale]
    with load.zone(n) as site:
        unbound = site.servers["unbound"]
        asked = load.dnsperf(folder, site, n, SECONDS[scale])
        yield LookupRow(f"DNS through Unbound, {n:,} orders in the zone", asked.requests, asked.seconds, asked.cpu_s,
                        asked.per_s, unbound.rss_mib, cpu_us=asked.cpu_us, p50_ms=asked.p50_ms)  # fmt: skip


def _changes(folder: Path, scale: str) -> Iterator[BenchRow]:
    # The first one finds the sender still starting; it is made and not counted.
    numbers = [f"+86137{i:08d}" for i in range(CHANGES[scale] + 1)]
    with (
        lookup_paths.over_http() as stack, centre(folder / "changes", stack, "line") as trial,
        lookup_paths.following(trial.office, stack),
    ):  # fmt: skip
        yield from _change_rows(both_ways(trial, stack, numbers))
    with lookup_paths.over_dns() as stack, centre(folder / "changes-dns", stack, "line") as trial:
        yield from _change_rows(both_ways(trial, stack, numbers))


def _change_rows(took: dict[str, list[float | None]]) -> Iterator[BenchRow]:
    for name, (_, *waits) in took.items():
        seen = sorted(wait * 1_000 for wait in waits if wait is not None)
        never = f", never seen: {len(waits) - len(seen)}" if len(seen) < len(waits) else ""
        quantile = partial(_quantile, seen)
        yield LookupRow(f"{name}{never}", len(waits), p50_ms=quantile(0.5), p95_ms=quantile(0.95),
                        p99_ms=quantile(0.99), max_ms=seen[-1] if seen else None)  # fmt: skip


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank quantile."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
