"""People: where they live and work, what they are in the world of look-alikes, and whom they know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chainbreak.city.draws import Bools, Floats, Ints, Rng, lognormal, stream
from chainbreak.city.mix import Mix
from chainbreak.city.numbers import identity_numbers
from chainbreak.city.places import Places, scatter


@dataclass(frozen=True)
class People:
    """One entry a person: home and work cell, employer (-1: none), rhythm of life (0 worker, 1 retired, 2 student,
    3 night), age, calls started on a day, and how well known, as a factor of the usual number of ties: calls received
    grow with it.
    """

    home: Ints
    work: Ints
    employer: Ints
    rhythm: Ints
    age: Ints
    rate: Floats
    known: Floats
    mean_s: Floats
    identity: pa.Array

    @property
    def n(self) -> int:
        """How many people."""
        return len(self.home)


@dataclass(frozen=True)
class Circles:
    """Who calls whom: the contacts of person p are `peer[start[p]:start[p + 1]]`, dearest first; a peer is a person,
    or, at or above the number of people, an outsider.
    """

    start: Ints
    peer: Ints

    def pick(self, rng: Rng, person: Ints, fallback: Ints) -> Ints:
        """A contact of each person, near the front of the list more often; `fallback` for those who have none."""
        size = self.start[person + 1] - self.start[person]
        place = (size * rng.random(len(person)) ** 3.0).astype(np.int64)
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
    started = habits["calls_started_per_day"]
    # Some mostly call, others are mostly called: one habit moves both, so that shares of outgoing calls spread.
    lively, calling = lognormal(rng, 1.0, started["sigma"], n), lognormal(rng, 1.0, started["calling_sigma"], n)
    length = habits["duration_s"]
    return People(
        home, np.where(employer >= 0, seat[employer], home), employer, rhythm, age,
        np.minimum(started["median"] * lively * calling, 25.0), np.minimum(lively / calling, 20.0),
        lognormal(rng, length["median"], length["sigma_between"], n),
        identity_numbers(first_day - age * 365 - rng.integers(0, 365, n), rng.integers(0, 1000, n)),
    )  # fmt: skip


def make_circles(mix: Mix, seed: int, people: People, outsiders: int) -> Circles:
    """Ties of family and street, work, and chance, each shared by both ends with one strength: calls are returned."""
    rng, n, habits = stream(seed, "circles"), people.n, mix["habits"]["contacts"]
    wanted = lognormal(rng, habits["median"], habits["sigma"], n) * people.known
    ties = np.minimum(wanted, habits["most"]).astype(np.int64) + 1
    one = np.repeat(np.arange(n), ties)
    kind, m = rng.random(len(one)), len(one)
    other = rng.integers(0, n, m)
    street = kind < 0.27
    other = np.where(street, (one + rng.geometric(0.12, m) * rng.choice((-1, 1), m)) % n, other)
    at_work = (kind >= 0.27) & (kind < 0.5) & (people.employer[one] >= 0)
    other = np.where(at_work, _colleague(rng, people.employer, one), other)
    other = np.where(kind >= 0.70, n + rng.integers(0, outsiders, m), other)
    strength = rng.random(m) + street * 0.3
    # A tie to somebody whom hardly anybody knows mostly comes to nothing.
    known = np.minimum(people.known[np.minimum(other, n - 1)] / 2, 1.0)
    keep: Bools = (other != one) & ((other >= n) | (rng.random(m) < known))
    one, other, strength = one[keep], other[keep], strength[keep]
    back = other < n
    source = np.concatenate((one, other[back]))
    target = np.concatenate((other, one[back]))
    order = np.lexsort((-np.concatenate((strength, strength[back])), source))
    start = np.searchsorted(source[order], np.arange(n + 1))
    return Circles(start, target[order].astype(np.int32))


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
