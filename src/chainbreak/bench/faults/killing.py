"""Kills at random moments, and how long until everything that had been waiting was through again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from chainbreak.act.delivery import queue
from chainbreak.base.errors import SetupError
from chainbreak.store.desk.tables_delivery import outbox as o

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.bench.faults.stage import Victim

AWAY_S = (0.2, 3.0)
"""How long a victim stays down."""
TWO_AT_ONCE = 0.25
"""Share of kills that hit two parts at the same moment."""
GIVE_UP_S = 120.0


@dataclass
class Toll:
    """Kills by victim: seconds from each kill until nothing queued before the return was unsettled any more."""

    recovery_s: dict[str, list[float]] = field(default_factory=dict)
    not_recovered: int = 0


def rampage(
    toll: Toll, office: Office, victims: Sequence[Victim], pause_s: tuple[float, float], draw: random.Random,
    stop: threading.Event,
) -> None:  # fmt: skip
    """Kill, wait, revive, wait until what had been waiting is through, pause, and again, until told to stop.

    Every victim has its turn before any has a second one; nobody is spared.
    """
    turn: list[Victim] = []
    while not stop.wait(draw.uniform(*pause_s)) or len(toll.recovery_s) < len(victims):
        hit = []
        for _ in range(2 if draw.random() < TWO_AT_ONCE else 1):
            turn = turn or draw.sample(list(victims), len(victims))
            hit.append(turn.pop())
        killed = time.monotonic()
        for victim in hit:
            victim.kill()
        time.sleep(draw.uniform(*AWAY_S))
        for victim in hit:
            victim.revive()
        partners = {partner for victim in hit for partner in victim.partners}
        through = _wait_through(office, partners, office.clock.now_us())
        toll.not_recovered += not through
        for victim in hit:
            toll.recovery_s.setdefault(victim.name, []).append(time.monotonic() - killed)


def _wait_through(office: Office, partners: set[str], before_us: int) -> bool:
    end = time.monotonic() + GIVE_UP_S
    while time.monotonic() < end:
        if unsettled(office, partners, before_us) == 0:
            return True
        time.sleep(0.1)
    return False


def unsettled(office: Office, partners: set[str], before_us: int | None = None) -> int | None:
    """Messages to these partners that are not through, of those queued before a time; None while the desk is away."""
    query = select(func.count()).where(o.c.state.in_((queue.QUEUED, queue.SENT)), o.c.target.in_(partners))
    try:
        with office.desk.read() as conn:
            return int(
                conn.execute(query if before_us is None else query.where(o.c.queued_at_us < before_us)).scalar_one()
            )
    except SetupError:
        return None
