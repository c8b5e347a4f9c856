"""L4 and L5: cards lie in a bank and appear in one of several gateways, travelling no faster than a car would."""

from __future__ import annotations

import numpy as np

from chainbreak.city.cards import cards_in, handset_of, place_of, refill
from chainbreak.city.draws import Ints, scattered, stream
from chainbreak.city.gangs import Box
from chainbreak.city.levels.sessions import Sessions, Stays, visits, works_from
from chainbreak.city.stands import stand_of
from chainbreak.city.state import State
from chainbreak.city.telephony import Day


def sessions(day: Day, box: Box, state: State) -> Sessions:
    """The day's stays. Cards form as many groups as there are gateways; in the morning and in the afternoon the groups
    may all jump on to the next gateway of the box's fixed round, or stay; now and then a card rests for half a day.
    """
    world, rng = day.world, day.rng("sessions", box.name)
    row = world.mix["levels"][box.level]
    late, cards, stays = refill(day, box, state), cards_in(box, state), Stays()
    place = place_of(day, box, state)
    stands = [stand_of(world, box, gateway, place) for gateway in range(box.gateways)]
    order = stream(world.seed, "round", box.name).permutation(box.gateways)
    at = [int(rng.integers(6 * 3_600, 9 * 3_600)), int(rng.integers(12 * 3_600, 18 * 3_600))]
    jumped, earliest = _jumped(box, day.number, row["jumps"]), works_from(day, box, state, place, rng)
    for slot in np.flatnonzero(cards >= 0):
        group, port, line = int(slot) % box.gateways, int(slot) // box.gateways, int(cards[slot])
        where = [int(order[(group + count) % box.gateways]) for count in jumped]
        awake = [not _rests(line, 2 * day.number + half, row["rests"]) for half in range(3)]
        start, handset = max(earliest, late.get(line, 0)), handset_of(day, box, state, port, line, 0)
        for spot, begin, end in visits(rng, stands, where, at, awake, start):
            stays.add(spot, port, line, handset, begin, end)
    slow = stream(world.seed, "bank", box.name).lognormal(np.log(row["slow"][0]), row["slow"][1])
    return stays.sessions(box, stands, max(float(slow), 1.0))


def _jumped(box: Box, day: int, share: float) -> Ints:
    """How often the box's groups had jumped in each of a day's three parts: at each of two chances a day with `share`.

    A day begins as the day before ended.
    """
    chances = np.arange(2 * day + 1) + box.number * 100_000
    return np.asarray(np.cumsum(scattered(chances, 74) % 1_000 < share * 1_000)[-3:])


def _rests(line: int, half_day: int, share: float) -> bool:
    return bool(scattered(np.array([line * 10_000 + half_day]), 75)[0] % 1_000 < share * 1_000)
