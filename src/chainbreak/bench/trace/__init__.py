"""Following money through a month of 5 million transfers: index, claims, appends, beside peers of the same answer.

CPU seconds throughout. Every engine runs in a process of its own on the same month (`book.py`); the flows of each claim
are compared piece by piece with ours, and for the bisecting peer the places too. What makes the ratios: rustworkx and
DuckDB are given the axes that the bisecting peer computed, and have no index of time; the honest peer is the bisect in
pure Python. Kernels are compiled before anything is timed; claims asked one by one are each asked for the first time.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainbreak.bench import BenchRow

SIZES = {"small": 200_000, "full": 5_000_000}
HONEST = "pure Python, time-sorted bisect"
NOTES = (
    "note: CPU time; ratio is ours over the peer's per claim; a claim is followed for 48 h, FIFO unless said",
    "note: rustworkx and DuckDB were given axes precomputed by the bisecting peer; a Python loop drives rustworkx and"
    " looks at a hub's whole list of debits; large ratios are mostly a missing index of time",
    "note: the honest peer is near for one claim a call; what the compiled index gains is batches, building, memory",
    "note: the bisecting peer replays accounts with returns while it builds, ours when a claim first needs one: the"
    " batch is given with and without",
)


@dataclass
class TraceRow(BenchRow):
    """A measured line with the spread over claims in CPU ms, and how many answers differed from ours."""

    p50_ms: float | None = None
    p99_ms: float | None = None
    mismatches: int | None = None


def run(scale: str) -> list[BenchRow]:
    """The table for one month."""
    from chainbreak.bench.trace.trial import tried

    with tempfile.TemporaryDirectory(prefix="bench-trace-") as name:
        folder = Path(name)
        tried(folder, "prepare", SIZES[scale])
        _, ours = tried(folder, "core")
        _, grown = tried(folder, "appending")
        _, honest = tried(folder, "bisecting")
        _, others = tried(folder, "libraries")
    return [*_index(ours, honest), *_claims(ours, honest), *_mixed(ours), *_appends(grown),
            *_peers({**honest, **others}, ours), *map(BenchRow, NOTES)]  # fmt: skip


def _row(what: str, told: dict[str, Any], peer: str = "", ratio: float | None = None) -> TraceRow:
    rows, cpu_s = told.get("rows"), told.get("cpu_s")
    row = TraceRow(what, rows, told.get("seconds"), cpu_s, rows / cpu_s if rows and cpu_s else None, None, peer, ratio)
    row.p50_ms, row.p99_ms, row.mismatches = told.get("p50_ms"), told.get("p99_ms"), told.get("mismatches")
    return row


def _per(told: dict[str, Any]) -> float:
    return float(told["cpu_s"]) / int(told["rows"])


def _index(ours: dict[str, Any], honest: dict[str, Any]) -> list[BenchRow]:
    build = ours["build"]
    made = _row("index build: order, check, index", build, HONEST, build["cpu_s"] / honest["bisecting build"]["cpu_s"])
    made.peak_mib = build["index_mib"] + build["columns_mib"]
    return [
        made,
        BenchRow("  of it: index, by bytes of its arrays", peak_mib=build["index_mib"]),
        BenchRow(
            "  the same after a batch of claims, with the maps it needed", peak_mib=ours["fifo index"]["index_mib"]
        ),
        BenchRow("  of it: the ledger's own columns", peak_mib=build["columns_mib"]),
        BenchRow("  growth of the process (RSS) while it is built, columns included", peak_mib=build["rss_mib"]),
    ]


def _claims(ours: dict[str, Any], honest: dict[str, Any]) -> list[BenchRow]:
    one, many = _per(honest["bisecting"]), _per(honest["bisecting batch"])
    pieces = ours["fifo"]["flows"] / ours["fifo"]["rows"]
    return [
        _row(f"one claim a call; {pieces:.0f} pieces each", ours["fifo"], HONEST, _per(ours["fifo"]) / one),
        _row("one batch of claims, first time", ours["fifo batch"], HONEST, _per(ours["fifo batch"]) / many),
        _row("one batch of claims, again", ours["fifo batch again"], HONEST, _per(ours["fifo batch again"]) / many),
        _row("LIFO, one claim a call", ours["lifo"]),
        _row("LIFO, one batch of claims", ours["lifo batch"]),
    ]


def _mixed(ours: dict[str, Any]) -> list[BenchRow]:
    scan, walk = ours["scan"], ours["balances"]
    charged = ours["prorata"]
    return [
        _row("rolling pro-rata, one claim a call", charged, "one NumPy sum of each of the same columns",
             _per(charged) / scan["cpu_s"]),
        _row("  the same", charged, "one walk over the rows that keeps every balance", _per(charged) / walk["cpu_s"]),
        _row("  peer: one NumPy sum of each of the same columns", scan),
        _row("  peer: one walk over the rows that keeps every balance", walk),
        _row("lowest balance, one claim a call", ours["lib_group"]),
        _row("poison, one claim a call", ours["poison"]),
    ]  # fmt: skip


def _appends(grown: dict[str, Any]) -> list[BenchRow]:
    rows: list[BenchRow] = [_row(f"append, {size:,} a batch", grown[f"append {size}"]) for size in (1, 100, 10_000)]
    return [*rows, _row("claims on the grown index, compared with the built one", grown["append check"])]


def _peers(told: dict[str, Any], ours: dict[str, Any]) -> list[BenchRow]:
    rows: list[BenchRow] = []
    for name, what in (("bisecting", HONEST), ("rustworkx", "rustworkx"), ("duckdb", "DuckDB, recursive query")):
        build = told[f"{name} build"]
        row = BenchRow(f"peer: {what}: build", None, build["seconds"], build["cpu_s"], peak_mib=build["rss_mib"])
        one = _row(f"peer: {what}: one claim a call", told[name], "ours, one claim a call",
                   _per(told[name]) / _per(ours["fifo"]))  # fmt: skip
        rows += [row, one]
    return [*rows, _row(f"peer: {HONEST}: one batch of claims", told["bisecting batch"])]
