"""Where a found device was said to stand, against where it stood."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from chainbreak.base.ground import metres_apart
from chainbreak.find.contract.evaluate import Stay, Truth
from chainbreak.find.evaluate.tally import Tally, median
from chainbreak.records.finding import Finding

MOST_SITES = 10
Point = tuple[float, float]
"""Latitude and longitude in degrees."""
Facts = Mapping[str, float | int | str]


def site_spacing(masts: Iterable[Point]) -> float:
    """Median distance in metres from a mast to its nearest neighbour; NaN with fewer than two.

    >>> round(site_spacing([(30.0, 120.0), (30.0, 120.01), (30.0, 120.03)]))
    963
    """
    points = sorted(set(masts))
    if len(points) < 2:
        return math.nan
    return median([min(metres_apart(p, q) for q in points if q != p) for p in points])


def sites_of(facts: Facts) -> list[Point]:
    """Points a finding names, likeliest first: `site_lat/lon`, then `site2_lat/lon` and so on."""
    names = ["site", *(f"site{i}" for i in range(2, MOST_SITES + 1))]
    return [(float(facts[f"{n}_lat"]), float(facts[f"{n}_lon"])) for n in names if f"{n}_lat" in facts]


def cells_of(facts: Facts) -> list[str]:
    """Cells a finding names, likeliest first, each once: `main_cell`, then `cell1`, `cell2` …"""
    names = ["main_cell", *(f"cell{i}" for i in range(1, MOST_SITES + 1))]
    return list(dict.fromkeys(str(facts[n]) for n in names if n in facts))


def count_places(method: str, found: Mapping[str, Finding], truth: Truth, masts: Sequence[Point], tally: Tally) -> None:
    """Hits of the true cell, distance, coverage of the radii, and gateways listed, by level and in all.

    A device of several places (gateways; a kit that moves) is measured at the place nearest to the first site named;
    that every gateway is named is counted apart.
    """
    spacing = site_spacing(masts)
    by_device: dict[str, list[Stay]] = {}
    for stay in truth.stays:
        by_device.setdefault(stay.device, []).append(stay)
    for device, finding in sorted(found.items()):
        for of in (truth.level[device], "all"):
            _count_place((method, of), finding.facts, by_device.get(device, []), spacing, tally)


def _count_place(key: tuple[str, str], facts: Facts, stays: list[Stay], spacing: float, tally: Tally) -> None:
    method, of = key
    true_cells = {stay.cell_id for stay in stays}
    named = cells_of(facts)
    for top in (1, 3):
        tally.share((method, f"true cell in top {top}", of), bool(true_cells & set(named[:top])), 1)
    places = {(stay.gateway, stay.lat, stay.lon) for stay in stays}
    sites = sites_of(facts)
    if not sites or not places:
        tally.value((method, "distance, m", of), [math.inf])
        return
    off = min(metres_apart(sites[0], (lat, lon)) for _, lat, lon in places)
    tally.value((method, "distance, m", of), [off])
    tally.value((method, "distance, site spacings", of), [off / spacing])
    for share in ("r50", "r90"):
        if f"site_{share}_m" in facts:
            tally.share((method, f"inside {share}", of), off <= float(facts[f"site_{share}_m"]), 1)
    gateways = {gateway for gateway, _, _ in places}
    if len(gateways) > 1:
        listed = {g for g, lat, lon in places if any(metres_apart(s, (lat, lon)) <= spacing for s in sites)}
        listed |= {stay.gateway for stay in stays if stay.cell_id in named[:MOST_SITES]}
        tally.share((method, "gateways named", of), len(listed), len(gateways))
