"""Faults: orders flow while sender, DNS primary, resolvers, SIP proxy and database are killed at random moments.

Afterwards every enforcement point must equal the desk, no receipt may be missing, and nothing may have been sent twice.
Clocks are the machine's; the draws of a run are all from one seed.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainbreak.act.orders.model import Order
    from chainbreak.bench.delivery.trial import Trial
    from chainbreak.bench.faults.stage import Stage

SEED = 20_261_122
BOUND_S = 60.0
"""Within so many seconds of the last restart everything must be as decided (delivery, section 10)."""


@dataclass(frozen=True)
class Scale:
    """How much and how long. `pause_s`: between what was repaired and the next kill; `makes`: the resolvers;
    `proxy_keeps`: whether the SIP proxy has a file to start from, or forgets everything.
    """

    orders: int
    seconds: float
    pause_s: tuple[float, float]
    makes: Sequence[str]
    proxy_keeps: bool


SCALES = {
    "tiny": Scale(24, 15.0, (0.1, 0.5), ("bind",), False),
    "small": Scale(60, 60.0, (0.5, 2.0), ("bind", "unbound"), False),
    "full": Scale(1_000, 600.0, (0.5, 4.0), ("bind", "unbound"), True),
}


@dataclass
class FaultRow:
    """One line of the report: of `n` things `wrong` were not as they should be; for a victim, `n` kills and the longest
    and the usual (median) time until what had been waiting was through, in seconds.
    """

    what: str
    n: int
    wrong: int | None = None
    longest_s: float | None = None
    median_s: float | None = None


def run(scale: str, seed: int = SEED) -> list[FaultRow]:
    """Rows: victims, flow, then every check.

    Raises:
        SetupError: BIND, a resolver or Kamailio is not installed.
    """
    from chainbreak.bench.faults.stage import stage

    size = SCALES[scale]
    with stage(size.makes, proxy_keeps=size.proxy_keeps) as made:
        return _run(made, size, random.Random(seed))  # noqa: S311 a run that can be repeated


def _run(stage: Stage, size: Scale, draw: random.Random) -> list[FaultRow]:
    from chainbreak.bench.faults import verdict
    from chainbreak.bench.faults.flow import Flow, play
    from chainbreak.bench.faults.killing import Toll, rampage, unsettled
    from chainbreak.bench.faults.stage import DNS, SIP, wait_for

    domains, numbers, acts = _orders(stage, size.orders)
    stage.start_sender()
    flow, toll, stop = Flow(), Toll(), threading.Event()
    moments = random.Random(draw.random())  # noqa: S311 a run that can be repeated
    # Killing goes on in a thread of its own, and is ended before anything is judged.
    with ThreadPoolExecutor(1) as apart:
        killing = apart.submit(rampage, toll, stage.office, stage.victims(), size.pause_s, moments, stop)
        try:
            play(flow, acts, size.seconds, draw)
        finally:
            stop.set()
        killing.result()
    settled = wait_for(
        lambda: unsettled(stage.office, {DNS, SIP}) == 0 and verdict.proxy_is_right(stage, flow, numbers), BOUND_S
    )
    rows = [FaultRow(f"{name} killed", len(took), None, max(took), sorted(took)[len(took) // 2])
            for name, took in sorted(toll.recovery_s.items())]  # fmt: skip
    desk = "on PostgreSQL" if stage.database else "on SQLite, PostgreSQL is not installed"
    rows += [
        FaultRow(f"orders signed, desk {desk}", len(flow.signed)),
        FaultRow("orders released again", len(flow.released)),
        FaultRow("decisions made again because the desk was away", flow.retries),
        FaultRow("comparisons that mended a point, before a message on its way did", verdict.mended(stage)),
        FaultRow(f"kills not recovered from, or not everything as decided after {BOUND_S:.0f} s",
                 sum(map(len, toll.recovery_s.values())), toll.not_recovered + (not settled)),
    ]  # fmt: skip
    return rows + [FaultRow(c.what, c.n, c.wrong) for c in verdict.judge(stage, flow, domains, numbers)]


def _orders(stage: Stage, n: int) -> tuple[dict[str, Order], dict[str, Order], list[tuple[Trial, str, Order]]]:
    """Half the orders about domains, half about numbers, handed in; value -> order for each, then both mixed."""
    by_name, by_number = stage.trials()
    names = [f"shop{i:05}.example" for i in range(n - n // 2)]
    lines = [f"+861390{i:07}" for i in range(n // 2)]
    domains = dict(zip(names, by_name.prepare(names), strict=True))
    numbers = dict(zip(lines, by_number.prepare(lines), strict=True))
    acts = [(by_name, value, order) for value, order in domains.items()]
    return domains, numbers, acts + [(by_number, value, order) for value, order in numbers.items()]


def passed(rows: Sequence[FaultRow]) -> bool:
    """Whether nothing was wrong."""
    return not any(row.wrong for row in rows)
