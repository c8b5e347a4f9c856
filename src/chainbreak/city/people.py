"""People: where they live and work, what they are in the world of look-alikes, and whom they know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from chainbreak.city.draws import Bools, Floats, Ints, Rng, lognormal, stream
from chainbreak.city.mix import Mix
from chainbreak.city.numbers import identity_numbers
from chainbreak.city.places import Places, scatter


@dataclass(frozen=True)
class Traits:
    """One entry a person, habits that spread as wide as real subscribers': calls a day in both directions; share of
    them that the person starts; share that goes to or comes from somebody outside the circle; further calls a day of
    those whose work is on the telephone at one place (shop keepers, schedulers, agents of all sorts; 0 for most); share
    of time away from home and work; how many sites around are within their reach; share of time that a neighbouring
    cell serves them where they are; share of days on which the line is used at all, and days of the stretches in which
    it is and is not (a gap of 0: always); times a day the network loses them.
    """

    calls: Floats
    starts: Floats
    one_off: Floats
    trade: Floats
    away: Floats
    reach: Ints
    drift: Floats
    used: Floats
    stay: Ints
    gap: Ints
    lost: Floats


@dataclass(frozen=True)
class People:
    """One entry a person: home and work cell, employer (-1: none), rhythm of life (0 worker, 1 retired, 2 student,
    3 night), age, mean length of calls in s, and habits.
    """

    home: Ints
    work: Ints
    employer: Ints
    rhythm: Ints
    age: Ints
    mean_s: Floats
    traits: Traits
    identity: pa.Array

    @property
    def n(self) -> int:
        """How many people."""
        return len(self.home)


@dataclass(frozen=True)
class Circles:
    """Who calls whom: the contacts of person p are `peer[start[p]:start[p + 1]]`, dearest first; a peer is a person,
    or, at or above the number of people, an outsider. The greater `dear`, the more calls go to the first few.
    """

    start: Ints
    peer: Ints
    dear: float

    def pick(self, rng: Rng, person: Ints, fallback: Ints) -> Ints:
        """A contact of each person, near the front of the list more often; `fallback` for those who have none."""
        size = self.start[person + 1] - self.start[person]
        place = (size * rng.random(len(person)) ** self.dear).astype(np.int64)
        found = self.peer[np.minimum(self.start[person] + place, len(self.peer) - 1)]
        return np.where(size > 0, found, fallback)


def make_people(mix: Mix, seed: int, places: Places, first_day: Ints) -> People:
    """The people of a preset, neighbours next to one another in the numbering."""
    rng, n, habits = stream(seed, "people"), mix.preset.people, mix["habits"]
    x, y = scatter(rng, n, places.district_x, places.district_y, mix.preset.radius_km)
    home = places.cell_at(x, y)
    home = home[np.argsort(home // 3, kind="stable")]
    age = np.clip(rng.normal(42, 17, n), 12, 92).astype(np.int64)
    rhythm = np.where(age >= 62, 1, np.where(age <= 22, 2, np.where(rng.random(n) < 0.06, 3, 0)))
    employers = max(3, n // 60)
    # Zipf sizes of employers by drawing a rank whose logarithm is uniform.
    employer = np.exp(rng.random(n) * np.log(employers)).astype(np.int64) - 1
    employer[(rhythm == 1) | (rng.random(n) < 0.08)] = -1
    seat_x, seat_y = scatter(rng, employers, places.district_x, places.district_y, mix.preset.radius_km * 0.8)
    seat = places.cell_at(seat_x, seat_y)
    work = np.where(employer >= 0, seat[employer], home)
    keeps_house = rng.random(n) < habits["homebodies"] * np.where(rhythm == 1, 2.5, 0.8)
    length = habits["duration_s"]
    return People(
        home, np.where(keeps_house, home, work), employer, rhythm, age,
        lognormal(rng, length["median"], length["sigma_between"], n), _traits(rng, habits, n, keeps_house),
        identity_numbers(first_day - age * 365 - rng.integers(0, 365, n), rng.integers(0, 1000, n)),
    )  # fmt: skip


def _traits(rng: Rng, habits: dict[str, Any], n: int, keeps_house: Bools) -> Traits:
    """Habits drawn person by person; `keeps_house` are those who hardly leave the cell they live in."""
    row, trade, used = habits["calls_per_day"], habits["trade"], habits["used"]
    # Log-normal with a longer left arm: many lines are hardly used.
    calls = lognormal(rng, row["median"], row["sigma"], n) * np.where(rng.random(n) < 0.25, rng.random(n) ** 1.5, 1.0)
    starts = np.interp(rng.random(n), habits["starts"]["at"], habits["starts"]["value"])
    low, high = np.log(trade["calls"])
    trading = (rng.random(n) < trade["people"]) * np.exp(rng.uniform(low, high, n))
    away = np.where(keeps_house, 0.01, np.minimum(_spread(rng, habits["away"], n), 0.7))
    days = np.where(rng.random(n) < used["seldom"], rng.uniform(used["days"][0], used["days"][1], n), 1.0)
    return Traits(
        np.minimum(calls, row["most"]), starts, np.minimum(_spread(rng, habits["one_off"], n), 0.8), trading,
        away, np.minimum(_spread(rng, habits["reach"], n), 60).astype(np.int64) + 1,
        habits["drift"] * rng.random(n) ** 2, days, _spread(rng, used["stay"], n).astype(np.int64) + 2,
        (_spread(rng, used["gap"], n).astype(np.int64) + 2) * (rng.random(n) < used["passing"]),
        np.minimum(_spread(rng, habits["lost_per_day"], n), 20.0),
    )  # fmt: skip


def _spread(rng: Rng, law: list[float], n: int) -> Floats:
    """`n` draws of a log-normal law given as median and standard deviation of the logarithm."""
    return lognormal(rng, law[0], law[1], n)


def make_circles(mix: Mix, seed: int, people: People, outsiders: int) -> Circles:
    """Ties of family and street, work, and chance, each shared by both ends with one strength: calls are returned."""
    rng, n, habits = stream(seed, "circles"), people.n, mix["habits"]["contacts"]
    known = (people.traits.calls / np.median(people.traits.calls)) ** 0.5
    wanted = lognormal(rng, habits["median"], habits["sigma"], n) * known
    ties = np.minimum(wanted, habits["most"]).astype(np.int64) + 1
    one = np.repeat(np.arange(n), ties)
    kind, m = rng.random(len(one)), len(one)
    other = rng.integers(0, n, m)
    street = kind < 0.2
    other = np.where(street, (one + rng.geometric(0.12, m) * rng.choice((-1, 1), m)) % n, other)
    at_work = (kind >= 0.2) & (kind < 0.4) & (people.employer[one] >= 0)
    other = np.where(at_work, _colleague(rng, people.employer, one), other)
    other = np.where(kind >= 1 - habits["outside"], n + rng.integers(0, outsiders, m), other)
    strength = rng.random(m) + street * 0.3
    # A tie to somebody whom hardly anybody knows mostly comes to nothing.
    likely = np.minimum(known[np.minimum(other, n - 1)] / 2, 1.0)
    keep: Bools = (other != one) & ((other >= n) | (rng.random(m) < likely))
    one, other, strength = one[keep], other[keep], strength[keep]
    back = other < n
    source = np.concatenate((one, other[back]))
    target = np.concatenate((other, one[back]))
    order = np.lexsort((-np.concatenate((strength, strength[back])), source))
    start = np.searchsorted(source[order], np.arange(n + 1))
    return Circles(start, target[order].astype(np.int32), habits["dear"])


def _colleague(rng: Rng, employer: Ints, person: Ints) -> Ints:
    by_employer = np.argsort(employer, kind="stable")
    ranks = employer[by_employer]
    first = np.searchsorted(ranks, employer[person], "left")
    last = np.searchsorted(ranks, employer[person], "right")
    # Large employers: only the nearest forty in the list are colleagues one rings.
    reach = np.minimum(last - first, 40)
    anchor = first + (person * 7919) % np.maximum(last - first - reach + 1, 1)
    found: Ints = by_employer[np.minimum(anchor + (rng.random(len(person)) * reach).astype(np.int64), last - 1)]
    return found
