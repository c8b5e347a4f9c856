"""L0 to L3: one gateway, each port with one card all day or with a few that take turns."""

from __future__ import annotations

from chainbreak.city.cards import cards_in, handset_of, place_of, refill
from chainbreak.city.draws import DAY_S
from chainbreak.city.gangs import Box
from chainbreak.city.levels.sessions import Sessions, Stays, working_hours, works_from
from chainbreak.city.stands import stand_of
from chainbreak.city.state import State
from chainbreak.city.telephony import Day


def sessions(day: Day, box: Box, state: State) -> Sessions:
    """The day's stays of a box whose cards take turns of `on_min` minutes (0: stay)."""
    row, rng = day.world.mix["levels"][box.level], day.rng("sessions", box.name)
    late, cards, stays = refill(day, box, state), cards_in(box, state).reshape(box.ports, box.pool), Stays()
    place = place_of(day, box, state)
    earliest = works_from(day, box, state, place, rng)
    for port in range(box.ports):
        start, stop = working_hours(rng, row["hours"])
        start = max(start, earliest)
        present = cards[port][cards[port] >= 0]
        turn = int(rng.integers(0, max(1, len(present))))
        while start < stop and len(present):
            line = int(present[turn % len(present)])
            end = min(start + (int(rng.integers(row["on_min"][0], row["on_min"][1] + 1) * 60) or DAY_S), stop)
            handset = handset_of(day, box, state, port, line, int(rng.integers(0, 1 << 30)))
            stays.add(0, port, line, handset, max(start, late.get(line, 0)), end)
            start, turn = end + int(rng.integers(20, 120)), turn + 1
    return stays.sessions(box, [stand_of(day.world, box, 0, place)])
