"""What every family of levels gives: a day's stays of cards in ports."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chainbreak.city.draws import DAY_S, Ints, Rng
from chainbreak.city.gangs import Box
from chainbreak.city.stands import Stand, way_s
from chainbreak.city.state import State
from chainbreak.city.telephony import Day

LISTENS = 0
"""The port of a kit that is called from abroad."""
LEAVING_S = 180
"""Within this time all cards of a group leave their stand together."""


@dataclass
class Sessions:
    """Grain: one stay of one card in one port. `spot` is the place in `stands`, in a bank its gateway's number; begin
    and end as seconds of the day; `slow`: how many times as long as usual the box's cards take to authenticate.
    """

    box: Box
    stands: list[Stand]
    spot: Ints
    port: Ints
    line: Ints
    handset: Ints
    begin: Ints
    end: Ints
    slow: float = 1.0

    def dials(self, stay: int) -> bool:
        """Whether victims are dialled in a stay: in a kit of several phones the first one only listens."""
        return self.box.level != "L6" or self.box.ports == 1 or self.port[stay] != LISTENS

    @property
    def gateway(self) -> Ints:
        """The gateway of each stay: 0 where a box has but one."""
        return self.spot if self.box.gateways > 1 else np.zeros_like(self.spot)


@dataclass
class Stays:
    """Stays being put together, one box's."""

    rows: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)

    def add(self, spot: int, port: int, line: int, handset: int, begin: int, end: int) -> None:
        """One stay, if it lasts."""
        if end - begin > 30:
            self.rows.append((spot, port, line, handset, begin, end))

    def sessions(self, box: Box, stands: list[Stand], slow: float = 1.0) -> Sessions:
        """The stays as columns."""
        spot, port, line, handset, begin, end = np.array(self.rows, np.int64).reshape(-1, 6).T
        return Sessions(box, stands, spot, port, line, handset, begin, end, slow)


def works_from(day: Day, box: Box, state: State, place: int, rng: Rng) -> int:
    """The second of the day from which a box works: in the middle of its first day where that is not the city's, and
    of a day on which it moves to its `place`-th stand.
    """
    own = state.boxes[box.name]
    begins, moves = day.number == box.first_day and box.first_day > 1, own.place not in (-1, place)
    own.place = place
    return int(rng.integers(9 * 3_600, 16 * 3_600)) if begins or moves else 0


def working_hours(rng: Rng, hours: list[float]) -> tuple[int, int]:
    """From and to as seconds of the day, up to half an hour inside `hours`; the whole day for 0 to 24."""
    begin, end = hours
    if (begin, end) == (0, 24):
        return 0, DAY_S
    return int(begin * 3_600 + rng.integers(0, 1_800)), int(end * 3_600 - rng.integers(0, 1_800))


def visits(
    rng: Rng, stands: list[Stand], where: list[int], at: list[int], awake: list[bool], start: int
) -> list[tuple[int, int, int]]:
    """Where a card is seen on a day of three parts that end at `at`: stand, from and to.

    `where` is its stand in each part; between two stands it is off for as long as the way takes, seen nowhere.
    """
    out, ends = [], [*at, DAY_S]
    for part, spot in enumerate(where):
        last = part == len(where) - 1
        moves, pauses = not last and where[part + 1] != spot, not last and awake[part + 1] != awake[part]
        if not (last or moves or pauses):
            continue
        leave = ends[part] + (0 if last else int(rng.integers(0, LEAVING_S)))
        if awake[part]:
            out.append((spot, start, leave))
        gap = way_s(stands[spot], stands[where[part + 1]]) if moves else 60
        start = max(start, leave + gap + int(rng.integers(0, 600)))
    return out
