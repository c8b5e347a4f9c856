"""L6: one to three phones in a hotel room, joined by audio cables; after half a day to three days, another hotel."""

from __future__ import annotations

from chainbreak.city.cards import cards_in, handset_of, place_of, refill
from chainbreak.city.gangs import Box
from chainbreak.city.levels.sessions import Sessions, Stays, visits, works_from
from chainbreak.city.stands import hotel_of, stand_of
from chainbreak.city.state import State
from chainbreak.city.telephony import Day

OTHER_ROUND = 1_000
"""A kit that fled goes round other hotels."""


def sessions(day: Day, box: Box, state: State) -> Sessions:
    """The day's stays: the phones are on day and night, save on the way from one hotel to the next."""
    rng, stays = day.rng("sessions", box.name), Stays()
    late, cards = refill(day, box, state), cards_in(box, state)
    place = place_of(day, box, state)
    hotels = [hotel_of(day.world, box, 2 * day.number + half) + OTHER_ROUND * place for half in (-2, -1, 0)]
    stands = [stand_of(day.world, box, 0, hotel) for hotel in hotels]
    where = [hotels.index(hotel) for hotel in hotels]
    at = [int(rng.integers(8 * 3_600, 10 * 3_600)), int(rng.integers(12 * 3_600, 17 * 3_600))]
    earliest = works_from(day, box, state, place, rng)
    for port, line in enumerate(int(card) for card in cards):
        if line >= 0:
            start, handset = max(earliest, late.get(line, 0)), handset_of(day, box, state, port, line, 0)
            for spot, begin, end in visits(rng, stands, where, at, [True] * 3, start):
                stays.add(spot, port, line, handset, begin, end)
    return stays.sessions(box, stands)
