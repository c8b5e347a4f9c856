"""Pictures: geometry that can be measured, names that cannot break out, and rows that stay readable."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date
from typing import Any

import pytest

from chainbreak.app.device_picture import Lane, Session
from chainbreak.app.device_records import Leg
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.console.draw import lanes, week
from chainbreak.console.draw.ground_map import ground_map, view_of
from chainbreak.console.story import story

EVIL = '"><script>alert(1)</script>'


def t(key: str, **given: object) -> str:
    return f"{key} {given}" if given else key


def mast(name: str, lat: float, lon: float, *cells: dict[str, Any], near_m: int = 0) -> dict[str, Any]:
    return {"mast": name, "lat": lat, "lon": lon, "district": "d", "near_m": near_m, "cells": list(cells)}


def cell(name: str, azimuth: float | None, is_own: bool = False) -> dict[str, Any]:
    return {"cell_id": name, "azimuth": azimuth, "technology": "gsm", "is_own": is_own}


SITE = {"n": 1, "lat": 31.2, "lon": 121.4, "r50_m": 300, "r90_m": 800, "cell": "A1", "district": "d"}


def drawn(*args: Any, **how: Any) -> ET.Element:
    return ET.fromstring(str(ground_map(*args, t, **how)))


def test_circles_are_true_to_the_scale_bar_and_lie_within_the_frame() -> None:
    picture = drawn([SITE], [mast("A", 31.2, 121.4, cell("A1", 90.0, True))], [])
    radii = {c.get("class"): float(c.get("r", 0)) for c in picture.iter("circle")}
    assert radii["r90"] / radii["r50"] == pytest.approx(800 / 300, rel=0.01)
    bar = next(p for p in picture.iter("path") if p.get("class") == "scale")
    pixels = float(re.findall(r"h([\d.]+)", bar.get("d", ""))[0])
    text = next(e.text or "" for e in picture.iter("text") if e.get("class") == "scale-text")
    metres = float(text.split()[0]) * (1000 if "km" in text else 1)
    assert radii["r90"] / 800 == pytest.approx(pixels / metres, rel=0.01)
    assert radii["r90"] < 240


@pytest.mark.parametrize(("azimuth", "right", "down"), [(0, 0, -1), (90, 1, 0), (180, 0, 1), (270, -1, 0)])
def test_a_beam_points_where_the_register_says(azimuth: float, right: int, down: int) -> None:
    picture = drawn([SITE], [mast("A", 31.2, 121.4, cell("A1", azimuth, True), cell("A2", azimuth + 1),
                                  cell("A3", azimuth + 2))], [])  # fmt: skip
    beam = next(p for p in picture.iter("path") if p.get("class") == "beam is-own")
    x0, y0, x1, y1, *_, x2, y2 = (float(v) for v in re.findall(r"-?[\d.]+", beam.get("d", "")))
    middle = ((x1 + x2) / 2 - x0, (y1 + y2) / 2 - y0)
    assert middle[0] * right + middle[1] * down > 10
    assert abs(middle[0] * down + middle[1] * right) < 1


def test_a_cell_that_does_not_say_where_it_points_has_no_beam() -> None:
    picture = drawn([SITE], [mast("A", 31.2, 121.4, cell("A1", None, True))], [])
    assert not [p for p in picture.iter("path") if (p.get("class") or "").startswith("beam")]
    assert [p for p in picture.iter("path") if p.get("class") == "mast is-own"]


def test_every_gateway_is_in_view_and_numbered() -> None:
    sites = [SITE | {"n": n, "lat": 31.2 + n / 50, "lon": 121.4 - n / 30} for n in range(1, 11)]
    view = view_of(sites, [], 640, 480)
    assert view is not None
    assert all(view.holds(view.place(site)) for site in sites)
    assert [e.text for e in drawn(sites, [], []).iter("text") if e.get("class") == "site-n"] == [
        str(n) for n in range(1, 11)
    ]


def test_nothing_known_draws_nothing() -> None:
    assert ground_map([], [], [], t) == ""


def test_names_from_partners_cannot_break_out_of_a_picture() -> None:
    masts = [mast(EVIL, 31.2, 121.4, cell(EVIL, 10.0, True)), mast(EVIL, 31.21, 121.41, cell("x", 10.0), near_m=9)]
    picture = str(ground_map([SITE], masts, [{"district": EVIL, "outline": [(31.2, 121.4)] * 3}], t))
    stay = Session(EVIL, EVIL, 0, US_PER_HOUR, ())
    rows = str(lanes.lanes([Lane(EVIL, (stay,))], 0, "imei", "UTC", t))
    for text in (picture, rows):
        assert "<script" not in text
        ET.fromstring(text)


def test_a_hundred_and_twenty_eight_rows_keep_their_height_and_their_marks() -> None:
    def call(at_us: int, lasted_s: int) -> Leg:
        return Leg("r", at_us, at_us + lasted_s * 1_000_000, "mo_call", "s", None, None, None, None, lasted_s > 0,
                   date(2026, 11, 20), 0)  # fmt: skip

    calls = tuple(call(n * US_PER_HOUR // 10, n % 3 * 61) for n in range(100))
    rows = [Lane("", (Session(f"a{n}", None, 0, 5 * US_PER_HOUR, calls),
                      Session(f"b{n}", None, 6 * US_PER_HOUR, 8 * US_PER_HOUR, ()))) for n in range(128)]  # fmt: skip
    text = str(lanes.lanes(rows, 0, "inferred", "UTC", t))
    picture = ET.fromstring(text)
    assert picture.get("viewBox") == f"0 0 {lanes.WIDTH} {128 * 14}"
    assert len([p for p in picture.iter("path") if p.get("class") == "swap"]) == 128
    assert len(text) < 400_000


def test_a_stay_over_midnight_is_cut_at_the_day() -> None:
    stay = Session("a", None, -US_PER_HOUR, US_PER_DAY + US_PER_HOUR, ())
    picture = ET.fromstring(str(lanes.lanes([Lane("", (stay,))], 0, "inferred", "UTC", t)))
    bar = next(iter(picture.iter("rect")))
    assert float(bar.get("x", 0)) == lanes.LEFT
    assert float(bar.get("width", 0)) == lanes.WIDTH - lanes.LEFT - lanes.RIGHT


def test_the_week_is_darkest_at_its_busiest_hour() -> None:
    heat = [[0.0] * 24 for _ in range(7)]
    heat[2][9], heat[2][10] = 10.0, 0.1
    picture = ET.fromstring(str(week.week(heat, t)))
    shades = [r.get("class") for r in picture.iter("rect")]
    assert (shades[2 * 24 + 9], shades[2 * 24 + 10], shades.count("q0")) == ("q5", "q1", 7 * 24 - 2)
    assert str(week.week([[0.0] * 24] * 7, t)).count('class="q0"') == 7 * 24


def test_a_story_says_only_what_is_known() -> None:
    assert story({}, t) == ""
    assert "console_device.story.place" not in story({"main_cell": "A1"}, t)
    assert "device.story.sites" in story({"sites": 4, "district": "d", "main_cell": "A1"}, t)
    assert "09–19" in story({"active_hours": "09-19"}, t)
    assert "09–12console_device.story.and14–15" in story({"hours": "09-12 14-15", "active_hours": 4}, t)
    assert story({"active_hours": 13}, t) == ""
    assert "story.ports" not in story({"sims": 2, "ports": 3}, t)
    assert "story.cable" in story({"sims": 3, "ports": 2, "level_guess": "L6"}, t)
    assert "story.gateways" in story({"sites": 4, "district": "d", "level_guess": "L4"}, t)
    assert "device.story.place" in story({"sites": 1, "district": "d", "main_cell": "A1"}, t)
