"""How long `import chainbreak` and `chainbreak --help` take, beside the bare interpreter."""

from __future__ import annotations

import statistics
import sys

from chainbreak.bench import BenchRow, Cost, run_child

ROUNDS = {"small": 3, "full": 20}


def run(scale: str) -> list[BenchRow]:
    """Median of several fresh processes each."""
    bare = _median(["-c", "pass"], scale)
    rows = [BenchRow("python -c pass", seconds=bare.seconds, cpu_s=bare.cpu_s, peak_mib=bare.peak_mib)]
    for what, arguments in (
        ("import chainbreak", ["-c", "import chainbreak"]),
        ("chainbreak --help", ["-m", "chainbreak", "--help"]),
        ("chainbreak doctor --help", ["-m", "chainbreak", "doctor", "--help"]),
    ):
        cost = _median(arguments, scale)
        row = BenchRow(what, seconds=cost.seconds, cpu_s=cost.cpu_s, peak_mib=cost.peak_mib)
        row.peer, row.ratio = "python -c pass", cost.cpu_s / bare.cpu_s
        rows.append(row)
    return rows


def _median(arguments: list[str], scale: str) -> Cost:
    costs = [run_child([sys.executable, *arguments]) for _ in range(ROUNDS[scale])]
    return Cost(
        statistics.median(c.seconds for c in costs),
        statistics.median(c.cpu_s for c in costs),
        max(c.peak_mib for c in costs),
    )
