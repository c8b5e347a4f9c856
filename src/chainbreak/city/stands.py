"""Where gateways stand: a point inside a sector, the cells that serve it, and how long the way between two is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainbreak.city.draws import Floats, Ints, Rng, scattered, stream
from chainbreak.city.gangs import Box
from chainbreak.city.places import SECTORS, Places
from chainbreak.city.world import World

KM_PER_MIN = 1.0
"""60 km/h: no card is seen to travel faster from one gateway to another."""
HALF_DAYS = 1_000
"""Of a kit's stays that are planned ahead: far more than any city has."""


@dataclass(frozen=True)
class Stand:
    """A point in km, its main cell, and the cells beside it that serve it now and then, likeliest first."""

    cell: int
    x: float
    y: float
    beside: Ints


def stand_of(world: World, box: Box, gateway: int, place: int) -> Stand:
    """The `place`-th stand of one gateway of a box: among people's homes, each gateway in a district of its own as far
    as there are districts. A company stays where its seat is.
    """
    places, rng = world.places, stream(world.seed, "stand", box.name, gateway, place)
    if box.seat >= 0:
        cell = box.seat
    else:
        offered = world.people.home[rng.integers(0, world.people.n, 200)]
        districts = np.unique(places.district)
        turn = int(scattered(np.array([box.number]), 73)[0]) + gateway
        fits = offered[places.district[offered // SECTORS] == districts[turn % len(districts)]]
        cell = int(fits[0]) if box.gateways > 1 and len(fits) else int(offered[0])
    x, y = places.points(np.array([cell]), rng.integers(0, 1 << 30, 1))
    return Stand(cell, float(x[0]), float(y[0]), _beside(places, cell, float(x[0]), float(y[0])))


def _beside(places: Places, cell: int, x: float, y: float) -> Ints:
    """The sector on the nearer side of the same mast, then the sectors of the next sites that look this way."""
    sites = places.near[cell // SECTORS][:4]
    bearing = np.degrees(np.arctan2(x - places.x[sites], y - places.y[sites]))
    facing = sites * SECTORS + ((bearing + 60) % 360 // 120).astype(np.int64)
    within = (bearing[0] + 60) % 120
    facing[0] = sites[0] * SECTORS + (cell % SECTORS + (1 if within > 60 else -1)) % SECTORS
    return np.asarray(facing[facing != cell])


def serving(rng: Rng, stands: list[Stand], which: Ints, drift: float) -> tuple[Ints, Floats, Floats]:
    """Serving cell and point of each event at `stands[which]`; a share `drift` is served from beside."""
    cell, x, y = (np.array([getattr(s, part) for s in stands])[which] for part in ("cell", "x", "y"))
    # A re-selection lasts: which cell it is changes with the event, the first ones far more often.
    for at in np.flatnonzero(rng.random(len(which)) < drift):
        beside = stands[which[at]].beside
        cell[at] = beside[int(rng.random() ** 2 * len(beside))] if len(beside) else cell[at]
    return cell, x, y


def way_s(one: Stand, other: Stand) -> int:
    """Seconds that the way between two stands takes at `KM_PER_MIN`, with ten minutes of handling."""
    return int(np.hypot(one.x - other.x, one.y - other.y) / KM_PER_MIN * 60) + 600


def moved_by(world: World, box: Box, day: int) -> int:
    """How often a box has moved house by plan: once for some, in the middle of the window."""
    rng = stream(world.seed, "move", box.name)
    moves, after = rng.random() < world.mix["box"]["moves"], int(rng.integers(4, 12))
    return int(box.seat < 0 and moves and day >= box.first_day + after)


def hotel_of(world: World, box: Box, half_day: int) -> int:
    """The number of the hotel in which a kit is in a half day (two a day): half a day to three days each."""
    stays = stream(world.seed, "hotels", box.name).integers(1, 7, HALF_DAYS)
    return int(np.searchsorted(np.cumsum(stays), half_day, side="right"))
