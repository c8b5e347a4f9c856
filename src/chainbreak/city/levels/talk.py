"""The other half of an audio-cable kit: the call from abroad that lies under each call to a victim."""

from __future__ import annotations

import numpy as np

from chainbreak.city.draws import Rng, scattered
from chainbreak.city.exchange import Exchange
from chainbreak.city.levels.sessions import LISTENS
from chainbreak.city.telephony import MO_CALL, MT_CALL

CALLS = 1
"""The port of a kit that dials while the first one listens."""
STAYS_ON_S = 90
"""Between two victims less than this apart the call from abroad is not hung up."""
HIDDEN = 0.3


def cable_legs(exchange: Exchange, rng: Rng) -> None:
    """Leg A of every kit with two phones or more that runs over a call: an incoming call from abroad that begins before
    leg B, the call to the victim, and ends after it. The others run over data, of which there is no call record.
    """
    for number, sessions in enumerate(exchange.boxes):
        if sessions.box.level != "L6":
            continue
        share = exchange.rows[number]["over_data"]
        on_data = scattered(np.array([sessions.box.number * 1_000 + exchange.day.number // 4]), 76)[0] % 1_000
        if sessions.box.ports < 2 or on_data < share * 1_000:
            continue
        first = int(exchange.first[number])
        for spot in np.unique(sessions.spot):
            seats = {int(p): first + int(s) for s, p in enumerate(sessions.port) if sessions.spot[s] == spot}
            if CALLS in seats and LISTENS in seats:
                _under(exchange, rng, seats[CALLS], seats[LISTENS])


def _under(exchange: Exchange, rng: Rng, calling: int, hearing: int) -> None:
    dialled = sorted(row for row in exchange.traffic.own if row[0] == calling and row[3] == MO_CALL)
    spans: list[list[int]] = []
    for _, second, length, _, _ in dialled:
        begin, end = second - int(rng.integers(4, 25)), second + max(length, 12) + int(rng.integers(2, 15))
        if spans and begin - spans[-1][1] < STAYS_ON_S:
            spans[-1][1] = end
        else:
            spans.append([begin, end])
    for begin, end in spans:
        begin, end = max(begin, exchange.begin[hearing] + 1), min(end, exchange.end[hearing] - 1)
        peer = -1 if rng.random() < HIDDEN else int(rng.choice(exchange.day.world.lines.abroad))
        if end > begin:
            exchange.traffic.own.append((hearing, begin, end - begin, MT_CALL, peer))
