"""Location of findings against hand-made truth."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainbreak.find.contract.evaluate import Stay, Truth
from chainbreak.find.evaluate.place import count_places, site_spacing
from chainbreak.find.evaluate.tally import Tally
from chainbreak.records.finding import Action, Finding, Level

MASTS = [(30.0, 120.0), (30.0, 120.01), (30.0, 120.02)]


def finding(**facts: Any) -> Finding:
    """A finding of which only the facts matter."""
    return Finding(
        "goip", "2", "device_cluster", "box:1", (), 0.9, Level.HIGH, 0, 0, (), (), Action.VERIFY, "", {}, facts
    )


def truth(*points: tuple[int, str, float, float]) -> Truth:
    """A device of one SIM that stood at each of the points (gateway, cell, lat, lon)."""
    stays = tuple(Stay("D", "s", gateway, cell, lat, lon, 0, 1) for gateway, cell, lat, lon in points)
    return Truth({"s": "D"}, {"D": "L4"}, {}, stays)


def test_third_cell_distance_and_radii() -> None:
    tally = Tally()
    said = finding(main_cell="x", cell1="x", cell2="y", cell3="z", site_lat=30.0, site_lon=120.005,
                   site_r50_m=400, site_r90_m=500)  # fmt: skip
    count_places("m", {"D": said}, truth((0, "z", 30.0, 120.0)), MASTS, tally)
    assert tally.shares["m", "true cell in top 1", "L4"] == [0, 1]
    assert tally.shares["m", "true cell in top 3", "L4"] == [1, 1]
    (off,) = tally.values["m", "distance, m", "L4"]
    assert off == pytest.approx(481, abs=1)
    assert tally.values["m", "distance, site spacings", "L4"] == [pytest.approx(0.5, abs=0.01)]
    assert (tally.shares["m", "inside r50", "L4"], tally.shares["m", "inside r90", "L4"]) == ([0, 1], [1, 1])


def test_gateways_are_named_by_a_near_site_or_by_their_cell() -> None:
    tally = Tally()
    said = finding(main_cell="a", site_lat=30.0, site_lon=120.0, site2_lat=30.2, site2_lon=120.2, cell1="a", cell2="c")
    there = truth((0, "a", 30.0, 120.001), (1, "b", 30.2, 120.201), (2, "c", 30.5, 120.5), (3, "d", 31.0, 121.0))
    count_places("m", {"D": said}, there, MASTS, tally)
    assert tally.shares["m", "gateways named", "L4"] == [3, 4]


def test_no_place_named_counts_as_infinitely_far() -> None:
    tally = Tally()
    count_places("m", {"D": finding()}, truth((0, "a", 30.0, 120.0)), MASTS, tally)
    assert tally.values["m", "distance, m", "all"] == [math.inf]


def test_spacing_of_one_mast_is_unknown() -> None:
    assert math.isnan(site_spacing([(30.0, 120.0)]))
