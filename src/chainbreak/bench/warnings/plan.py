"""A million open warnings: planned from the desk, and the next card taken, beside a plan in pure Python."""

from __future__ import annotations

import heapq
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from chainbreak.bench import BenchRow, run_child

OPEN = {"small": 20_000, "full": 1_000_000}
OPERATORS = 200
CARDS = 200


def run(scale: str) -> list[BenchRow]:
    """Rows: the plan, the same order and times by sorting and a heap of operators, drawing, taking cards."""
    cost = run_child([sys.executable, "-m", __name__, str(OPEN[scale])])
    rows = json.loads(cost.output.splitlines()[-1])
    peer = rows[0]["cpu_s"]
    for row in rows[1:2]:
        row["ratio"] = round(row["cpu_s"] / peer, 3)
    return [BenchRow(**row, peak_mib=round(cost.peak_mib) if at == 1 else None) for at, row in enumerate(rows)]


def _child(count: int) -> list[dict[str, Any]]:
    from chainbreak.act.warnings.plan import Capacity
    from chainbreak.app.draw_order import begin_draw, waiting_now
    from chainbreak.app.plan_warnings import plan_warnings

    with tempfile.TemporaryDirectory(prefix="chainbreak-bench-") as name:
        office = _filled(Path(name) / "centre", count)
        rows = []
        with office.desk.read() as conn:
            waiting, _ = waiting_now(conn, office.clock.now_us())
        plain = list(zip(waiting.queue.tolist(), waiting.order.tolist(), (-waiting.stake_fen).tolist(),
                         waiting.call_at_us.tolist(), strict=True))  # fmt: skip
        rows.append(_row("order and times in pure Python (sort, heap), read excluded", count, partial(_pure, plain)))
        plan = _row("plan of all open warnings, from the desk", count,
                    partial(plan_warnings, office, operators=OPERATORS, minutes=3.0))  # fmt: skip
        rows.append(plan | {"peer": "pure Python"})
        rows.append(_cards(office))
        rows.append(
            _row("a tier's order drawn and written", count, partial(begin_draw, office, 2, Capacity(OPERATORS), 0))
        )
    return rows


def _cards(office: Any) -> dict[str, Any]:
    """Each card by an operator of its own: who has one open gets the same again."""
    from chainbreak.app.next_warning import next_warning
    from chainbreak.records.actor import Actor, Role

    took = []
    for i in range(CARDS):
        began = time.perf_counter()
        next_warning(office, Actor(f"bench{i}", frozenset({Role.HOTLINE})))
        took.append((time.perf_counter() - began) * 1_000)
    p50, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    return {"what": f"the next card taken: p50 {p50:.1f} ms, p95 {p95:.1f} ms", "rows": CARDS}


def _row(what: str, count: int, work: Any) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"what": what, "rows": count, "seconds": round(time.perf_counter() - wall, 2),
            "cpu_s": round(time.process_time() - cpu, 2)}  # fmt: skip


def _pure(rows: Sequence[tuple[int, ...]]) -> list[int]:
    free, times = [0] * OPERATORS, []
    for *_, call_at in sorted(rows):
        start = max(heapq.heappop(free), call_at)
        heapq.heappush(free, start + 180_000_000)
        times.append(start)
    return times


def _filled(folder: Path, count: int) -> Any:
    from chainbreak.app.take_contacts import take_contacts
    from chainbreak.bench.warnings import town
    from chainbreak.records.actor import SERVICE

    office = town.centre(folder)
    calling = 0
    while calling < count:  # the lowest tier is not called
        some = [
            one for one in town.contacts(10_000, office.clock.now_us(), first=calling * 4) if one.kind != "sms.template"
        ]
        take_contacts(office, SERVICE, some)
        calling += len(some)
    return office


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_child(int(sys.argv[1]))) + "\n")
