"""What a card in a box is made to look like: how much it calls, how much of that is victims, who else rings it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainbreak.city.draws import Floats, Ints, Rng, scattered, stream
from chainbreak.city.gangs import Box
from chainbreak.city.telephony import HOUR_SHARES
from chainbreak.city.world import World

HOURS = np.arange(25) * 3_600
SHARED_FRIENDS = 12
"""Numbers outside its pool that the cards of a box all ring and are rung by: accomplices, boxes of other networks."""
LEAST_CALLS = 1.0
"""A day: nobody copies a resident who hardly telephones."""


@dataclass(frozen=True)
class Character:
    """A card for good: calls it starts on a day, the share of them that go to victims, calls it receives on a day from
    `circle`, the share of its other calls that stay inside the pool, its hours, and its median length of a call in s.
    """

    pace: float
    victims: float
    incoming: float
    inside: float
    rhythm: int
    talk_s: float
    circle: Ints


def character(world: World, box: Box, line: int) -> Character:
    """The character of one card, by its level: its own chance for the low levels, a real resident's habits copied
    (how much he calls and is called, when, and how long) for the share `copies` of the cards.
    """
    row, rng = world.mix["levels"][box.level], stream(world.seed, "card", line)
    traits = world.people.traits
    pace = float(np.exp(rng.normal(np.log(row["calls"]["median"]), row["calls"]["sigma"])))
    incoming = pace * float(np.exp(rng.normal(np.log(row["incoming"]["median"]), row["incoming"]["sigma"])))
    rhythm, talk_s = 0, float(stream(world.seed, "script", box.name).uniform(*world.mix["box"]["short_s"]))
    victims = float(rng.uniform(*row["victims"]))
    if rng.random() < row["copies"]:
        model = int(rng.integers(0, world.people.n))
        rhythm, talk_s = int(world.people.rhythm[model]), float(world.people.mean_s[model]) * 0.7
        calls, starts = max(float(traits.calls[model]), LEAST_CALLS), float(traits.starts[model])
        pace, incoming = calls * starts, calls * (1 - starts)
    return Character(pace, victims, incoming, row["inside"], rhythm, talk_s, _circle(world, box, line, rng))


def _circle(world: World, box: Box, line: int, rng: Rng) -> Ints:
    """Numbers that go on ringing a card: accomplices where it pretends, else people who knew the number's last holder.

    Dearest first.
    """
    outsiders, size = world.lines.outsiders, int(rng.integers(3, 15))
    if world.mix["levels"][box.level]["victims"][0] == 1:
        knew = rng.integers(0, world.people.n, size)
        return np.where(rng.random(size) < 0.7, world.lines.n + rng.integers(0, outsiders, size), knew)
    shared = scattered(np.array([box.number * 100]) + rng.integers(0, SHARED_FRIENDS, size), 86)
    own = rng.integers(0, 1 << 40, size)
    return world.lines.n + np.where(rng.random(size) < 0.4, shared, own) % outsiders


def mass(rhythm: int, level_hours: list[float], second: Ints) -> Floats:
    """The share of a day's calls that lies before each second: even over the day where a level never sleeps."""
    if level_hours == [0, 24] and rhythm == 0:
        return np.asarray(second / HOURS[-1])
    return np.asarray(np.interp(second, HOURS, np.concatenate([[0.0], HOUR_SHARES[rhythm]])))


def second_at(rhythm: int, level_hours: list[float], share: Floats) -> Ints:
    """The second before which each share of a day's calls lies: `mass` the other way round."""
    if level_hours == [0, 24] and rhythm == 0:
        return np.asarray(share * HOURS[-1]).astype(np.int64)
    return np.interp(share, np.concatenate([[0.0], HOUR_SHARES[rhythm]]), HOURS).astype(np.int64)
