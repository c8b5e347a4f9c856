"""Where, when and how sure: the parts of a lead from facts and records."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from chainbreak.app.lead_place import masts_of, outlines_of, own_cells, sites_of
from chainbreak.app.lead_times import presence
from chainbreak.app.show_lead import level_of, missing_of

MONDAY = date(2026, 11, 16)
WEEK = [MONDAY + timedelta(days=n) for n in range(7)]


def cell(name: str, lat: float | None, lon: float | None, **more: Any) -> dict[str, Any]:
    row = {"cell_id": name, "site_id": name[:2], "lat": lat, "lon": lon, "district": "南屏区", "azimuth": None,
           "technology": None}  # fmt: skip
    return row | more


def test_the_busiest_spans_are_told_apart_by_working_day_and_weekend() -> None:
    calls = [(day, hour) for day in WEEK for hour in (10, 11) for _ in range(8)]
    calls += [(day, 20) for day in WEEK[5:] for _ in range(40)]
    said = presence(calls, [(WEEK[0], 10)], WEEK)
    assert [(s["days"], s["from_hour"], s["calls"]) for s in said["best"][:1]] == [("weekend", 19, 40.0)]
    assert ("weekdays", 10, 16.0, 0.2) in [(s["days"], s["from_hour"], s["calls"], s["swaps"]) for s in said["best"]]
    assert said["swaps"] == 1


def test_the_quiet_time_goes_round_midnight_and_may_be_none() -> None:
    by_day = [(day, hour) for day in WEEK for hour in range(9, 19)]
    assert presence(by_day, [], WEEK)["quiet"] == {"from_hour": 19, "to_hour": 9}
    always = [(day, hour) for day in WEEK for hour in range(24)]
    assert presence(always, [], WEEK)["quiet"] is None
    assert presence([], [], []) == {"best": [], "quiet": None, "swaps": 0}


def test_every_gateway_of_the_facts_is_a_site() -> None:
    facts = {"site_lat": 31.0, "site_lon": 121.0, "site_r90_m": 700, "main_cell": "A1", "district": "南屏区"}
    facts |= {f"site{n}_{what}": value for n in (2, 3) for what, value in
              (("lat", 31.0 + n / 100), ("lon", 121.0), ("cell", f"B{n}"))}  # fmt: skip
    sites = sites_of(facts, [cell("B2", 31.02, 121.0, district="东湖区")])
    assert [(s["n"], s["cell"], s["district"], s["r90_m"]) for s in sites] == [
        (1, "A1", "南屏区", 700), (2, "B2", "东湖区", None), (3, "B3", "", None),
    ]  # fmt: skip
    assert sites_of({}, []) == []


def test_own_cells_are_those_used_in_earnest_and_those_of_the_sites() -> None:
    used = [{"cell_id": "A1", "share": 0.97}, {"cell_id": "A2", "share": 0.019}]
    assert own_cells(used, [{"cell": "A1"}, {"cell": "B7"}, {"cell": ""}]) == ["A1", "B7"]


def test_masts_are_near_ones_and_always_the_devices_own() -> None:
    register = [cell("A1", 31.0, 121.0, azimuth=0.0), cell("A2", 31.0, 121.0), cell("B1", 31.01, 121.0),
                cell("Z1", 32.0, 121.0), cell("Y1", 33.0, 121.0), cell("X1", None, None)]  # fmt: skip
    masts = masts_of(register, ["A1", "Z1"], [{"n": 1, "lat": 31.0, "lon": 121.0, "r90_m": 500}])
    assert [(m["mast"], m["near_m"]) for m in masts] == [("A1", 0), ("B1", 1112), ("Z1", 111195)]
    assert [c["is_own"] for c in masts[0]["cells"]] == [True, False]


def test_a_district_has_an_outline_from_three_masts_on() -> None:
    square = [cell(f"C{n}", 31.0 + (n % 2) / 100, 121.0 + (n // 2) / 100) for n in range(4)]
    (row,) = outlines_of(square, {"南屏区"})
    assert len(row["outline"]) == 4
    assert row["outline"][0] == (31.0, 121.0)
    assert outlines_of(square[:2], {"南屏区"}) == []


def test_an_unknown_level_is_no_level() -> None:
    assert (level_of({"level_guess": "L6"}), level_of({"level_guess": "<b>"}), level_of({})) == ("L6", "", "")


def test_missing_columns_come_in_the_order_of_what_they_cost() -> None:
    assert missing_of({"columns_used": "line attach;imei"}) == ["cell_id", "ta", "auth_ms"]
    assert missing_of({"without": "cell_id, imei"}) == ["imei", "cell_id"]
