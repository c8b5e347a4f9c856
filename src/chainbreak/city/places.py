"""The fictitious prefecture: districts and radio sites of three cells each, on a plane in km around a centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chainbreak.city.draws import Floats, Ints, Rng, scattered, stream
from chainbreak.city.mix import Mix

CENTRE_LAT, CENTRE_LON = 33.5, 123.2
"""In the open sea, so that no real address lies under a simulated one."""
KM_PER_DEGREE = 111.32
DISTRICTS = ("东湖区", "西岭区", "南屏区", "北塘区", "云川县", "青溪县", "白石县")
SECTORS = 3
"""Cells of a site; the antenna of sector s points to s * 120 degrees clockwise from north."""
NEAR = 60
TECHNOLOGIES = ("gsm", "lte")
STEP_KM = (0.554, 0.078)
"""One step of timing advance in each technology: 48/13 µs and 16/30.72 µs, there and back (3GPP TS 45.010, 36.213)."""


@dataclass(frozen=True)
class Places:
    """Sites: position in km, district, nearest sites (itself first), how far each serves in km, and its technology as
    place in TECHNOLOGIES. A cell is `site * 3 + sector`.
    """

    x: Floats
    y: Floats
    district: Ints
    near: Ints
    reach: Floats
    technology: Ints
    district_x: Floats
    district_y: Floats
    cell_names: pa.Array

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.x) * SECTORS

    def cell_at(self, x: Floats, y: Floats) -> Ints:
        """The cell that serves each point: the nearest site's sector towards it."""
        site = _nearest(x, y, self.x, self.y)
        bearing = np.degrees(np.arctan2(x - self.x[site], y - self.y[site]))
        return site * SECTORS + ((bearing + 60) % 360 // 120).astype(np.int64)

    def points(self, cell: Ints, key: Ints) -> tuple[Floats, Floats]:
        """For each cell a point in km inside its sector, the same for equal keys: not the mast, and not the same for
        two cells.
        """
        site, draw = cell // SECTORS, scattered(key * 8_192 + cell, 91)
        away = self.reach[site] * np.sqrt(draw % 65_536 / 65_536) + 0.03
        bearing = np.radians((cell % SECTORS) * 120 - 60 + draw // 65_536 % 65_536 / 65_536 * 120)
        return self.x[site] + away * np.sin(bearing), self.y[site] + away * np.cos(bearing)

    def steps(self, cell: Ints, x: Floats, y: Floats) -> Ints:
        """Timing advance of a subscriber at a point, in steps of the cell's technology."""
        site = cell // SECTORS
        km = np.hypot(x - self.x[site], y - self.y[site])
        return np.asarray(km / np.asarray(STEP_KM)[self.technology[site]]).astype(np.int64)

    def neighbour(self, cell: Ints, draw: Ints, reach: int | Ints) -> Ints:
        """A cell among the `reach` sites nearest to `cell`, chosen by the non-negative number `draw`."""
        reach = np.minimum(reach, self.near.shape[1])
        found: Ints = self.near[cell // SECTORS, draw % reach] * SECTORS + draw // reach % SECTORS
        return found

    def lat_lon(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Degrees of points in km, to 6 places."""
        lat = CENTRE_LAT + y / KM_PER_DEGREE
        lon = CENTRE_LON + x / (KM_PER_DEGREE * np.cos(np.radians(CENTRE_LAT)))
        return np.round(lat, 6), np.round(lon, 6)


def make_places(mix: Mix, seed: int) -> Places:
    """The places of a preset: half of the sites in town centres, half spread over the land."""
    rng, preset = stream(seed, "places"), mix.preset
    turn = np.arange(len(DISTRICTS)) * 2 * np.pi / (len(DISTRICTS) - 1)
    far = np.where(np.arange(len(DISTRICTS)) == 0, 0.0, preset.radius_km * 0.6)
    district_x, district_y = far * np.cos(turn), far * np.sin(turn)
    x, y = scatter(rng, preset.sites, district_x, district_y, preset.radius_km)
    gaps = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    near = np.argsort(gaps, axis=1, kind="stable")[:, : min(NEAR, preset.sites)]
    district = _nearest(x, y, district_x, district_y)
    names = pa.array([f"460-{6101 + int(d)}-{101 + s}-{c + 1}" for s, d in enumerate(district) for c in range(SECTORS)])
    # Half the way to the third neighbour, about where the next site takes over.
    reach = np.clip(np.sort(gaps, axis=1)[:, min(3, preset.sites - 1)] / 2, 0.15, 12.0)
    technology = (rng.random(preset.sites) >= mix["optional"]["gsm_share"]).astype(np.int64)
    return Places(x, y, district, near, reach, technology, district_x, district_y, names)


def scatter(rng: Rng, n: int, centre_x: Floats, centre_y: Floats, radius_km: float) -> tuple[Floats, Floats]:
    """`n` points in km: three in five around a town centre (the first draws most), the others over the whole land."""
    which = np.minimum((rng.random(n) ** 2 * len(centre_x)).astype(np.int64), len(centre_x) - 1)
    town = rng.random(n) < 0.6
    spread, turn = radius_km * np.sqrt(rng.random(n)), rng.random(n) * 2 * np.pi
    x = np.where(town, centre_x[which] + rng.normal(0, radius_km * 0.09, n), spread * np.cos(turn))
    y = np.where(town, centre_y[which] + rng.normal(0, radius_km * 0.09, n), spread * np.sin(turn))
    return x, y


def _nearest(x: Floats, y: Floats, to_x: Floats, to_y: Floats) -> Ints:
    # In blocks, so that half a million people against hundreds of sites stay within a few dozen MiB.
    out = np.empty(len(x), np.int64)
    for start in range(0, len(x), 20_000):
        part = slice(start, start + 20_000)
        gap = (x[part, None] - to_x[None, :]) ** 2 + (y[part, None] - to_y[None, :]) ** 2
        out[part] = np.argmin(gap, axis=1)
    return out


def cell_table(places: Places) -> pa.Table:
    """Grain: one cell, columns of the record kind `cell`."""
    site = np.repeat(np.arange(len(places.x)), SECTORS)
    lat, lon = places.lat_lon(places.x[site], places.y[site])
    return pa.table({
        "cell_id": places.cell_names,
        "site_id": pa.array([f"S{s:04d}" for s in site]),
        "lat": lat, "lon": lon,
        "district": pa.array(DISTRICTS).take(pa.array(places.district[site])),
        "azimuth": (np.arange(places.cells) % SECTORS * 120).astype(np.float64),
        "technology": pa.array(TECHNOLOGIES).take(pa.array(places.technology[site])),
    })  # fmt: skip
