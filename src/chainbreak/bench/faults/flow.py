"""Orders signed and released by people while everything around them fails; what they decided is remembered apart."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import Order, State
from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.bench.delivery.trial import Trial

RELEASED = 0.6
"""Share of orders that are released again."""
SIGNED_BY = 0.8
"""Share of the time within which everything is signed."""
AGAIN_S = 0.1


@dataclass
class Flow:
    """What was signed and released, by value; `retries`: acts that had to be done again because the desk was away."""

    signed: dict[str, Order] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    retries: int = 0

    @property
    def in_force(self) -> set[str]:
        """Values that are barred by what people decided."""
        return self.signed.keys() - self.released


def play(flow: Flow, trials: Sequence[tuple[Trial, str, Order]], seconds: float, draw: random.Random) -> None:
    """Sign every order within `seconds` and release most of them, some at once, some late, in an order drawn."""
    acts: list[tuple[float, int, bool]] = []
    for at, _ in enumerate(trials):
        sign_s = draw.uniform(0, seconds * SIGNED_BY)
        acts.append((sign_s, at, True))
        if draw.random() < RELEASED:
            late = draw.random() < 0.5
            acts.append((sign_s + (draw.uniform(0.0, seconds - sign_s) if late else draw.uniform(0.0, 0.5)), at, False))
    began = time.monotonic()
    for when_s, at, signing in sorted(acts):
        time.sleep(max(when_s - (time.monotonic() - began), 0))
        trial, value, order = trials[at]
        if signing:
            _until_done(flow, trial, order, signing=True)
            flow.signed[value] = order
        else:
            _until_done(flow, trial, order, signing=False)
            flow.released.add(value)


def _until_done(flow: Flow, trial: Trial, order: Order, *, signing: bool) -> None:
    """Do it until it is done: a person whose desk was away looks first whether it had been."""
    tried = False
    while True:
        try:
            if not tried or not _is_done(trial, order, signing):
                trial.sign(order) if signing else trial.release(order)
            return
        except SetupError:
            tried = True
            flow.retries += 1
            time.sleep(AGAIN_S)


def _is_done(trial: Trial, order: Order, signing: bool) -> bool:
    with trial.office.desk.read() as conn:
        state = ledger.read_order(conn, order.order_id).state
    return state is not State.SUBMITTED if signing else state is State.RELEASED
