"""Contacts taken in: what one costs, in batches as they come and one at a time, and a national day in one desk."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from chainbreak.bench import BenchRow, run_child

DAY = {"small": 20_000, "full": 1_000_000}
ONE_BY_ONE = {"small": 500, "full": 3_000}


def run(scale: str) -> list[BenchRow]:
    """Rows: one transaction an event (the peer), batches, and the day."""
    single, batched = _measured("single", ONE_BY_ONE[scale]), _measured("batched", ONE_BY_ONE[scale] * 5)
    day = _measured("batched", DAY[scale])
    ratio = (batched["cpu_s"] / batched["rows"]) / (single["cpu_s"] / single["rows"])
    return [
        BenchRow("a contact taken in, one transaction each", **single),
        BenchRow("contacts taken in, batches of 500", **batched, peer="one each", ratio=round(ratio, 3)),
        BenchRow("a national day of warnings in one desk", **day),
    ]


def _measured(how: str, count: int) -> dict[str, Any]:
    cost = run_child([sys.executable, "-m", __name__, how, str(count)])
    measured: dict[str, Any] = json.loads(cost.output.splitlines()[-1]) | {"peak_mib": round(cost.peak_mib)}
    return measured


def _child(how: str, count: int) -> dict[str, float]:
    from chainbreak.app.take_contacts import take_contacts
    from chainbreak.bench.warnings.town import centre, contacts
    from chainbreak.records.actor import SERVICE

    with tempfile.TemporaryDirectory(prefix="chainbreak-bench-") as name:
        office = centre(Path(name) / "centre")
        size = 1 if how == "single" else 500
        took = cpu = 0.0
        for first in range(0, count, size):
            some = list(contacts(size, office.clock.now_us(), first=first))
            wall, used = time.perf_counter(), time.process_time()
            take_contacts(office, SERVICE, some)
            took, cpu = took + time.perf_counter() - wall, cpu + time.process_time() - used
    return {"rows": count, "seconds": round(took, 2), "cpu_s": round(cpu, 2), "rows_per_s": round(count / took)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_child(sys.argv[1], int(sys.argv[2]))) + "\n")
