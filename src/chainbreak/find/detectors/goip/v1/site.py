"""Where a group of SIMs stands, as far as cells can say."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

EARTH_M = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""


@dataclass(frozen=True)
class Site:
    """Centre (degrees, WGS 84) and the radii in metres within which half and nine tenths of the legs' masts stand.

    With a single mast the radii come from the distance to its nearest neighbour: a half and the whole of it.
    """

    lat: float
    lon: float
    r50_m: int
    r90_m: int


@dataclass(frozen=True)
class Atlas:
    """What the register knows of cells: `points` (lat, lon in degrees) and `districts`."""

    points: dict[str, tuple[float, float]]
    districts: dict[str, str]


def read_atlas(cells: list[dict[str, Any]]) -> Atlas:
    """The rows of `cell`; of several rows for one cell the last in order of contents counts, not the first met."""
    ordered = sorted(cells, key=str)
    return Atlas(
        {c["cell_id"]: (c["lat"], c["lon"]) for c in ordered if c["lat"] is not None and c["lon"] is not None},
        {c["cell_id"]: c["district"] for c in ordered if c["district"] is not None},
    )


def metres(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres (haversine).

    >>> round(metres(30.0, 120.0, 30.0, 120.01))
    963
    """
    p1, p2 = math.radians(lat1), math.radians(lat2)
    a = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(a))


def estimate(uses: Iterable[Mapping[str, Any]], cells: Mapping[str, tuple[float, float]]) -> Site | None:
    """The site of the given uses (`cell_id`, `legs`), `cells` being cell -> (lat, lon); None when none is known."""
    weight: Counter[tuple[float, float]] = Counter()
    for use in uses:
        if use["cell_id"] in cells:
            weight[cells[use["cell_id"]]] += use["legs"]
    if not weight:
        return None
    total = sum(weight.values())
    lat = sum(point[0] * n for point, n in sorted(weight.items())) / total
    lon = sum(point[1] * n for point, n in sorted(weight.items())) / total
    if len(weight) == 1:
        spacing = min((d for p in set(cells.values()) if (d := metres(lat, lon, *p)) > 1), default=1_000.0)
        return Site(round(lat, 5), round(lon, 5), round(spacing / 2), round(spacing))
    near = sorted((metres(lat, lon, *point), n) for point, n in weight.items())
    return Site(round(lat, 5), round(lon, 5), _within(near, 0.5 * total), _within(near, 0.9 * total))


def _within(near: list[tuple[float, int]], wanted: float) -> int:
    reached = 0
    for distance, legs in near:
        reached += legs
        if reached >= wanted:
            return round(distance)
    return round(near[-1][0])
