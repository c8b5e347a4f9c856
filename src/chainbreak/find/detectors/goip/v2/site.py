"""Where a group of SIMs stands, as far as cells can say: one site, or several for a remote SIM bank."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainbreak.base.ground import Plane, Point, toward

STEP_M = {"gsm": 554.0, "lte": 78.1, "nr": 78.1}
"""Metres of one step of timing advance (spec/goip.md 2)."""
APART_M = 2_500.0
"""Masts farther apart than this serve different places: a phone that stands still is heard by neighbours only."""
LEAST_SHARE = 0.06
"""Share of a group's records in one neighbourhood for it to be a site: ten gateways share them evenly."""
MOST_SITES = 10
"""Gateways of a remote bank (spec/goip.md 3, L4)."""
LONE_M = 1_000.0
"""Metres to the next mast that are assumed when there is none."""
INTO_SECTOR = 0.33
"""How far into its sector a phone stands, as a share of the distance to the next mast, when no timing advance says."""
R50, R90 = 0.65, 1.6
"""Radii that held half and nine tenths of the true positions in a development county, as a share of the doubt."""
DOUBT = 0.3
"""Doubt that stays however well the distance from the mast is known, as a share of the distance to the next mast."""


@dataclass(frozen=True)
class Site:
    """Best guess (degrees, WGS 84), radii in metres that hold the place in half and in nine of ten cases, the cell most
    used there, and the share of the group's records there."""

    lat: float
    lon: float
    r50_m: int
    r90_m: int
    cell: str
    share: float


@dataclass(frozen=True)
class Atlas:
    """What the register knows of cells with coordinates: the row of each, where its mast stands on `plane`, and metres
    to the next mast."""

    plane: Plane
    rows: dict[str, Mapping[str, Any]]
    mast: dict[str, Point]
    spacing_m: dict[str, float]


def read_atlas(cells: list[dict[str, Any]]) -> Atlas:
    """The rows of `cell`; of several rows for one cell the last in order of contents counts, not the first met."""
    known = (c for c in sorted(cells, key=str) if c["lat"] is not None and c["lon"] is not None)
    rows: dict[str, Mapping[str, Any]] = {c["cell_id"]: c for c in known}
    first = min(((c["lat"], c["lon"]) for c in rows.values()), default=(0.0, 0.0))
    plane = Plane(*first)
    mast = {name: plane.at(c["lat"], c["lon"]) for name, c in rows.items()}
    points = np.array(sorted(set(mast.values()))).reshape(-1, 2)
    gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(gaps, np.inf)
    alone = np.isinf(gaps.min(axis=1, initial=np.inf))
    nearest = np.where(alone, LONE_M, gaps.min(axis=1, initial=np.inf))
    spacing = {(float(x), float(y)): float(d) for (x, y), d in zip(points, nearest, strict=True)}
    return Atlas(plane, rows, mast, {name: spacing[point] for name, point in mast.items()})


def apart(a: Point, b: Point) -> float:
    """Metres between two points of a plane."""
    return math.hypot(a[0] - b[0], a[1] - b[1])


def sites_of(weights: Mapping[str, float], advance: Mapping[str, float], atlas: Atlas) -> list[Site]:
    """Sites, most used first: `weights` cell -> records, `advance` cell -> mean timing advance in steps where known.

    The most used cell takes the cells near it along; what is left is looked at in the same way.
    """
    left = {cell: n for cell, n in sorted(weights.items()) if cell in atlas.rows and n > 0}
    total, found = sum(left.values()), list[Site]()
    while left and len(found) < MOST_SITES:
        main = min(left, key=lambda cell: (-left[cell], cell))
        near = [c for c in left if apart(atlas.mast[main], atlas.mast[c]) <= APART_M]
        share = sum(left[c] for c in near) / total
        if found and share < LEAST_SHARE:
            break
        found.append(_site({c: left[c] for c in near}, main, advance, atlas, share))
        left = {c: n for c, n in left.items() if c not in near}
    return found


def _site(weights: Mapping[str, float], main: str, advance: Mapping[str, float], atlas: Atlas, share: float) -> Site:
    """Mean over the neighbourhood's cells of where each would put it, weighted by records."""
    total = sum(weights.values())
    points = [(_inside(cell, advance, atlas), n) for cell, n in sorted(weights.items())]
    middle = (sum(p[0] * n for p, n in points) / total, sum(p[1] * n for p, n in points) / total)
    doubt = math.hypot(_reach(main, advance, atlas), DOUBT * atlas.spacing_m[main])
    return Site(*atlas.plane.place(middle), round(R50 * doubt), round(R90 * doubt), main, round(share, 4))


def _reach(cell: str, advance: Mapping[str, float], atlas: Atlas) -> float:
    """Metres from the mast at which a phone in the cell stands."""
    technology = atlas.rows[cell]["technology"]
    if cell in advance and technology in STEP_M:
        return (advance[cell] + 0.5) * STEP_M[technology]
    return INTO_SECTOR * atlas.spacing_m[cell]


def _inside(cell: str, advance: Mapping[str, float], atlas: Atlas) -> Point:
    azimuth = atlas.rows[cell]["azimuth"]
    mast = atlas.mast[cell]
    return mast if azimuth is None else toward(mast, azimuth, _reach(cell, advance, atlas))
