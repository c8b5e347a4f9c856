"""The dialling list: one a gang, its boxes at different places in it; what a card misses, other cards ring again."""

from __future__ import annotations

import numpy as np

from chainbreak.city.draws import DAY_S, Ints, Rng, scattered
from chainbreak.city.gangs import Box
from chainbreak.city.state import BoxState
from chainbreak.city.telephony import Day

REMEMBERED = 80
"""Numbers to be rung again that a box keeps."""
CUSTOMERS = 400


class List:
    """A box's way through its gang's list on one day; it moves `own` on."""

    def __init__(self, day: Day, box: Box, own: BoxState, rng: Rng) -> None:
        self.day, self.box, self.own, self.rng = day, box, own, rng
        self.row = day.world.mix["levels"][box.level]
        self.since = (day.number - 1) * DAY_S
        self._ahead: list[int] = []
        self._customers = _listed(day, box, np.arange(CUSTOMERS)).tolist() if box.gang < 0 else []

    def next(self, second: int, line: int) -> int:
        """The number that `line` rings at `second` of the day: one to be rung again, rather one that another card rang
        last, or the next of the list. Companies ring customers of theirs again and again.
        """
        if self.box.gang < 0:
            return int(self._customers[int(self.rng.integers(0, CUSTOMERS))])
        if self.own.again and self.rng.random() < self.row["again"]:
            for _ in range(3):
                place = int(self.rng.integers(0, len(self.own.again)))
                number, due, last = self.own.again[place]
                if due <= self.since + second and last != line:
                    self.own.again.pop(place)
                    return number
        if not self._ahead:
            self._ahead = _listed(self.day, self.box, self.own.dialled + np.arange(256))[::-1].tolist()
        self.own.dialled += 1
        return int(self._ahead.pop())

    def keep(self, number: int, second: int, line: int) -> None:
        """Have a number rung again, half an hour to a day later."""
        due = self.since + second + int(self.rng.integers(1_800, DAY_S))
        self.own.again = [*self.own.again[-REMEMBERED:], (number, due, line)]


def _listed(day: Day, box: Box, place: Ints) -> Ints:
    """Numbers at places of the list, many of them other networks'; never a card that somebody lent to a gang."""
    lines, people = day.world.lines, day.world.people.n
    owner = box.gang if box.gang >= 0 else 1_000 + box.number
    start = scattered(np.array([box.number]), 82)[0] % 40 * 500 if box.gang >= 0 else 0
    entry = scattered(owner * 10_000_000 + start + place, 83)
    outside = entry % 1_000 < day.world.mix["box"]["offnet_share"] * 1_000
    chosen = np.where(outside, lines.n + entry // 1_000 % lines.outsiders, entry // 1_000 % people)
    return np.where(np.isin(chosen, day.world.lent), (chosen + 1) % people, chosen)
