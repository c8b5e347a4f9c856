"""Measurements of speed and memory beside a named peer, in one run on one machine. Never run by the tests.

A bench is a module here with `run(scale) -> list[BenchRow]`, `scale` "small" or "full".
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BENCHES = (
    "audit",
    "classify",
    "console",
    "delivery",
    "demo",
    "extract",
    "faults",
    "goip",
    "ingest",
    "likeness",
    "linkage",
    "lookup",
    "mules",
    "start",
    "trace",
    "warnings",
)


@dataclass
class BenchRow:
    """One measured line. `ratio` is ours over the peer's, in the unit named in `what` (CPU seconds unless said);
    empty fields were not measured.
    """

    what: str
    rows: int | None = None
    seconds: float | None = None
    cpu_s: float | None = None
    rows_per_s: float | None = None
    peak_mib: float | None = None
    peer: str = ""
    ratio: float | None = None


@dataclass
class Cost:
    """What a piece of work took: wall seconds, CPU seconds (user + system, children included), peak memory in MiB."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_mib: float = 0.0
    output: str = field(default="", repr=False)


@contextmanager
def watch() -> Iterator[Cost]:
    """Measure the block in this process: wall and CPU seconds; peak memory only a child of its own can tell."""
    cost = Cost()
    wall, cpu = time.perf_counter(), time.process_time()
    yield cost
    cost.seconds, cost.cpu_s = time.perf_counter() - wall, time.process_time() - cpu


def run_child(command: Sequence[str], **environment: str) -> Cost:
    """Run a command to its end and measure it apart from this process.

    Raises:
        subprocess.CalledProcessError: it failed; its output is in the exception.
    """
    wall = time.perf_counter()
    child = subprocess.Popen(
        list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment}
    )
    assert child.stdout
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, list(command), output)
    # Linux gives ru_maxrss in KiB.
    return Cost(time.perf_counter() - wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def hardware() -> str:
    """The machine in one line, for the head of every table."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "CPU unknown"
    )
    memory = next((int(line.split()[1]) // 1024 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    bounded = "" if limit == resource.RLIM_INFINITY else f", address space limited to {limit // 1024**2} MiB"
    return f"{model}, {os.cpu_count()} cores, {memory:,} MiB, Python {platform.python_version()}{bounded}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
