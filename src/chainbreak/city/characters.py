"""What a card in a box is made to look like: how much it calls, how much of that is victims, who else rings it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainbreak.city.draws import Floats, Ints, Rng, scattered, stream
from chainbreak.city.gangs import Box
from chainbreak.city.telephony import HOUR_SHARES
from chainbreak.city.world import World

HOURS = np.arange(25) * 3_600
BEFORE = np.vstack([np.hstack([np.zeros((len(HOUR_SHARES), 1)), HOUR_SHARES]), HOURS / HOURS[-1]])
"""By rhythm of life and, last, for none: the share of a day's calls before each hour."""
EVEN = len(BEFORE) - 1
SHARED_FRIENDS = 12
"""Numbers outside its pool that the cards of a box all ring and are rung by: accomplices, boxes of other networks."""
CHECK_NUMBERS = 3
"""Numbers with which a gang tries whether a box's cards still work."""
LEAST_CALLS = 1.0
"""A day: nobody copies a resident who hardly telephones."""


@dataclass(frozen=True)
class Character:
    """A card for good: calls it starts on a day, the share of them that go to victims, calls it receives on a day from
    `circle`, the share of its other calls that stay inside the pool (the rest goes to `friends`), its hours, and its
    median length of a call in s. Of circle and friends the first are the dearest.
    """

    pace: float
    victims: float
    incoming: float
    inside: float
    rhythm: int
    talk_s: float
    circle: Ints
    friends: Ints


def dear(numbers: Ints, draw: float) -> int:
    """One of `numbers`, by a number from 0 to 1; the first ones far more often."""
    return int(numbers[int(draw**3 * len(numbers))])


def character(world: World, box: Box, line: int) -> Character:
    """The character of one card, by its level: its own chance for the low levels, a real resident's habits copied
    (how much he calls and is called, when, and how long) for the share `copies` of the cards.
    """
    row, rng = world.mix["levels"][box.level], stream(world.seed, "card", line)
    traits = world.people.traits
    pace = float(np.exp(rng.normal(np.log(row["calls"]["median"]), row["calls"]["sigma"])))
    incoming = pace * float(np.exp(rng.normal(np.log(row["incoming"]["median"]), row["incoming"]["sigma"])))
    script = stream(world.seed, "script", box.name)
    talk_s, rhythm = float(script.uniform(*world.mix["box"]["short_s"])), 0
    if row["sleepless"]:
        # Callers abroad keep hours of their own: those of one rhythm or another, or none.
        rhythm = int(script.integers(0, EVEN + 1))
    victims = float(rng.uniform(*row["victims"]))
    if rng.random() < row["copies"]:
        model = int(rng.integers(0, world.people.n))
        rhythm, talk_s = int(world.people.rhythm[model]), float(world.people.mean_s[model]) * 0.7
        calls, starts = max(float(traits.calls[model]), LEAST_CALLS), float(traits.starts[model])
        pace, incoming = calls * starts, calls * (1 - starts)
    circle, friends = _acquaintances(world, box, rng)
    return Character(pace, victims, incoming, row["inside"], rhythm, talk_s, circle, friends)


def _acquaintances(world: World, box: Box, rng: Rng) -> tuple[Ints, Ints]:
    """Who rings a card and whom it rings again and again. A card that pretends has accomplices for both; any other is
    rung by people who knew the number's last holder, and rings the gang's check numbers.
    """
    outsiders, size, first = world.lines.outsiders, int(rng.integers(3, 15)), world.lines.n
    shared = first + scattered(box.number * 100 + np.arange(SHARED_FRIENDS), 86) % outsiders
    elsewhere = first + rng.integers(0, outsiders, size)
    if world.mix["levels"][box.level]["inside"] == 0:
        knew = np.where(rng.random(size) < 0.7, elsewhere, rng.integers(0, world.people.n, size))
        return knew, shared[:CHECK_NUMBERS]
    friends = np.where(rng.random(size) < 0.4, rng.choice(shared, size), elsewhere)
    return friends, friends


def mass(rhythm: int, second: Ints) -> Floats:
    """The share of a day's calls that lies before each second."""
    return np.asarray(np.interp(second, HOURS, BEFORE[rhythm]))


def second_at(rhythm: int, share: Floats) -> Ints:
    """The second before which each share of a day's calls lies: `mass` the other way round."""
    return np.interp(share, BEFORE[rhythm], HOURS).astype(np.int64)
