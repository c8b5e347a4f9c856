"""The ground in metres: distances, a flat map around a point (good to .1 % within 50 km), bearings, outlines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

EARTH_M = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""

Point = tuple[float, float]
"""East and north of a plane's origin, in metres."""


def metres_apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in metres of two places (latitude, longitude in degrees), by the haversine.

    >>> round(metres_apart((30.0, 120.0), (30.0, 120.01)))
    963
    """
    p1, p2 = math.radians(a[0]), math.radians(b[0])
    h = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(h)))


@dataclass(frozen=True)
class Plane:
    """A plane that touches the Earth at `lat`, `lon` (degrees, WGS 84): equirectangular, true to scale there."""

    lat: float
    lon: float

    def at(self, lat: float, lon: float) -> Point:
        """Where a place lies on the plane: metres east, metres north.

        >>> [round(v) for v in Plane(30.0, 120.0).at(30.01, 120.01)]
        [963, 1112]
        """
        east = math.radians((lon - self.lon + 180.0) % 360.0 - 180.0) * EARTH_M * math.cos(math.radians(self.lat))
        return east, math.radians(lat - self.lat) * EARTH_M

    def place(self, point: Point) -> tuple[float, float]:
        """Latitude and longitude of a point of the plane, in degrees to five places (about a metre).

        >>> Plane(30.0, 120.0).place((963.0, 1112.0))
        (30.01, 120.01)
        """
        east = math.degrees(point[0] / (EARTH_M * math.cos(math.radians(self.lat))))
        return round(self.lat + math.degrees(point[1] / EARTH_M), 5), round(self.lon + east, 5)


def toward(origin: Point, bearing: float, metres: float) -> Point:
    """The point `metres` away from `origin` in direction `bearing` (degrees, clockwise from north).

    >>> [round(v) for v in toward((0, 0), 90, 100)]
    [100, 0]
    """
    angle = math.radians(bearing)
    return origin[0] + metres * math.sin(angle), origin[1] + metres * math.cos(angle)


def outline(points: Iterable[Point]) -> list[Point]:
    """The convex hull, counter-clockwise from the westernmost point (A. M. Andrew's monotone chain, 1979).

    >>> outline([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2)])
    [(0, 0), (2, 0), (2, 2), (0, 2)]
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    return [*_half(ordered), *_half(ordered[::-1])]


def _half(ordered: list[Point]) -> list[Point]:
    hull: list[Point] = []
    for x, y in ordered:
        while len(hull) > 1 and _turn(hull[-2], hull[-1], (x, y)) <= 0:
            hull.pop()
        hull.append((x, y))
    return hull[:-1]


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def round_length(metres: float) -> int:
    """The largest of 1, 2, 5 times a power of ten that is no longer than `metres`: what a scale bar shows.

    >>> round_length(730), round_length(2_400), round_length(0.5)
    (500, 2000, 1)
    """
    if metres < 1:
        return 1
    power = int(10 ** (len(str(int(metres))) - 1))
    return next(n * power for n in (5, 2, 1) if n * power <= metres)
