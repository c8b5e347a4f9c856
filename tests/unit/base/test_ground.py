"""Geometry on the ground: bearings, distances and outlines hold for any place."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.ground import EARTH_M, Plane, metres_apart, outline, round_length, toward

near = st.tuples(st.integers(-20_000, 20_000), st.integers(-20_000, 20_000))


@given(st.floats(-60, 60), st.floats(-179, 179), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_the_plane_is_true_to_the_great_circle(lat: float, lon: float, north: float, east: float) -> None:
    great = metres_apart((lat, lon), (lat + north, lon + east))
    flat = math.hypot(*Plane(lat, lon).at(lat + north, lon + east))
    assert abs(flat - great) <= 0.005 * great + 0.01


def test_a_pole_is_a_quarter_of_the_way_round_and_nothing_is_nothing() -> None:
    assert math.isclose(metres_apart((0.0, 10.0), (90.0, 77.0)), math.pi / 2 * EARTH_M)
    assert math.isclose(metres_apart((0.0, 0.0), (0.0, 180.0)), math.pi * EARTH_M)
    assert metres_apart((30.0, 120.0), (30.0, 120.0)) == 0.0


@given(st.floats(0, 360), st.floats(1, 10_000))
def test_a_bearing_is_clockwise_from_north(bearing: float, metres: float) -> None:
    east, north = toward((0, 0), bearing, metres)
    assert math.isclose(math.hypot(east, north), metres)
    assert math.isclose(math.degrees(math.atan2(east, north)) % 360, bearing % 360, abs_tol=1e-6) or bearing == 360


def test_the_plane_crosses_the_date_line() -> None:
    assert Plane(0.0, 179.99).at(0.0, -179.99)[0] > 0


@given(st.lists(near, min_size=3, max_size=40))
def test_an_outline_holds_every_point(points: list[tuple[int, int]]) -> None:
    hull = outline(points)
    assert set(hull) <= set(points)
    for (x1, y1), (x2, y2) in zip(hull, [*hull[1:], hull[0]], strict=True):
        for x, y in points:
            assert (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) >= 0 or len(hull) < 3


@given(st.floats(1, 1e6))
def test_a_scale_bar_is_round_and_never_too_long(metres: float) -> None:
    length = round_length(metres)
    assert metres / 2.5 <= length <= metres
    assert str(length).rstrip("0") in ("1", "2", "5")
