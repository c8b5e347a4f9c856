"""The whole demo in a process of its own: seconds of each step, and the peak memory of all of it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from chainbreak.bench import BenchRow, run_child

PRESET = {"small": "tiny", "full": "town"}


def run(scale: str) -> list[BenchRow]:
    """One row a step, then the total beside the limits the project set itself (60 s, 1.5 GiB)."""
    with tempfile.TemporaryDirectory(prefix="chainbreak-bench-") as folder:
        command = [sys.executable, "-m", "chainbreak", "demo", "--no-serve", "--json", "--preset", PRESET[scale]]
        cost = run_child([*command, "--dir", str(Path(folder) / "demo")])
    steps = [json.loads(line) for line in cost.output.splitlines() if line.startswith("{")]
    rows = [BenchRow(f"demo: {step['name']}", seconds=step["took_s"]) for step in steps]
    rows.append(
        BenchRow(
            f"demo: all of {PRESET[scale]}",
            seconds=cost.seconds,
            cpu_s=cost.cpu_s,
            peak_mib=cost.peak_mib,
            peer="limit 60 s",
            ratio=cost.seconds / 60,
        )
    )
    return rows
