"""Core beside the oracles on random small ledgers. The oracles are tests, and stand in the repository only."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from chainbreak.base.errors import SetupError
from chainbreak.bench import BenchRow, run_child

_REPOSITORY = Path(__file__).resolve().parents[4]


def run(ledgers: int) -> list[BenchRow]:
    """A row a comparison: how many ledgers were compared, how many differ; the first differences in words.

    Raises:
        SetupError: the oracles are not here (CB-BN-003).
    """
    if not (_REPOSITORY / "tests" / "oracles" / "million.py").is_file():
        raise SetupError("CB-BN-003", "the oracles are not here", next_step="run it in the repository")
    search = f"{_REPOSITORY / 'src'}:{_REPOSITORY}"
    code = "import sys; from tests.oracles.million import main; main(); sys.exit()"
    cost = run_child([sys.executable, "-c", code, str(ledgers)], PYTHONPATH=search)
    told = json.loads(cost.output.splitlines()[-1])
    rows = [
        BenchRow(f"{rule}: {told['differ'].get(rule, 0)} differ, {told['abstained'].get(rule, 0)} not compared", n)
        for rule, n in told["compared"].items()
    ]
    total = BenchRow("all", told["ledgers"], cost.seconds, cost.cpu_s, told["ledgers"] / cost.cpu_s, cost.peak_mib)
    return [*rows, total, *(BenchRow(said) for said in told["shown"])]
