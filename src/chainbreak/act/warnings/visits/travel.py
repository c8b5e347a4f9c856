"""How long the way takes: straight line, times a detour, over a speed, plus the way from the kerb to the door.

An estimate from the masts of cells, not from roads: good enough to order visits, never shown as more than about.
"""

from __future__ import annotations

import math

from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.ground import Plane, metres_apart

Place = tuple[float, float] | None
"""Latitude and longitude in degrees; None: not known."""

DETOUR = 1.33
"""Road over straight line. National means lie between about 1.2 and 1.5, mountains above (Ballou, Rahardja and Sakai,
"Selected country circuity factors for road travel distance estimation", Transportation Research A 36, 2002, which is
where this one for China is from; a national network of roads gave 1.26 for Korea: Kim and others, 2015)."""
SPEED_M_PER_MIN = 25_000 / 60
"""25 km/h: a default of this project for a city by day, slower than an empty road and faster than its rush hour."""
DOOR_MIN = 4
"""Minutes from the kerb to the door, whatever the way. A default of this project."""
UNKNOWN_MIN = 20
"""Minutes for a way whose end is not known: about 6 km. A default of this project."""
AT_DOOR_MIN = 20
"""Minutes that a visit takes at the door. A default of this project; measure yours and compare."""

COMPASS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


def way_min(a: Place, b: Place) -> float:
    """Minutes from one place to the door of another.

    >>> round(way_min((30.0, 120.0), (30.0, 120.05)), 1), way_min(None, (30.0, 120.0))
    (19.4, 20)
    """
    if a is None or b is None:
        return UNKNOWN_MIN
    return DOOR_MIN + metres_apart(a, b) * DETOUR / SPEED_M_PER_MIN


def way_us(a: Place, b: Place) -> int:
    """`way_min` in whole µs."""
    return round(way_min(a, b) * US_PER_MIN)


def direction(a: Place, b: Place) -> str:
    """Which way to go, one of `COMPASS`; "" when it is the same place, or not known.

    >>> direction((30.0, 120.0), (30.1, 120.1)), direction((30.0, 120.0), (30.0, 120.0))
    ('ne', '')
    """
    if a is None or b is None or metres_apart(a, b) < 1:
        return ""
    east, north = Plane(*a).at(*b)
    return COMPASS[round(math.degrees(math.atan2(east, north)) % 360 / 45) % 8]


def road_m(a: Place, b: Place) -> int | None:
    """About how many metres of road, to the hundred; None when not known.

    >>> road_m((30.0, 120.0), (30.0, 120.01))
    1300
    """
    return None if a is None or b is None else round(metres_apart(a, b) * DETOUR / 100) * 100
