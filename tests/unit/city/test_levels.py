"""Evasion levels: what still shows of each comes out of a built city, and cards and boxes live as they should."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chainbreak.city.build import START, build
from chainbreak.city.gangs import plan_boxes
from chainbreak.city.mix import load_mix
from chainbreak.city.places import KM_PER_DEGREE, STEP_KM, TECHNOLOGIES
from chainbreak.city.step import step

Row = dict[str, Any]
DAYS = 4
HOUR_US = 3_600_000_000
MIX = """
presets: {tiny: {days: 4, gangs: 2, boxes: {L0: 1, L1: 1, L2: 2, L3: 2, L4: 2, L5: 1, L6: 3}}}
levels:
  L0: {cards: {lent: 0.3}}
  L4: {jumps: 0.7, size: [12, 64], gateways: [3, 4]}
  L5: {size: [12, 64]}
  L6: {size: [2, 3], over_data: 0}
box: {pauses: 0, moves: 0, skew: 0.1, large: 0}
missing: {cell: 0, imei: 0}
optional: {ta_share: 1, auth_share: 1}
hotlists: {tested_boxes: 1, reported: 0.3}
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny city with boxes of every level, nothing missing in its records."""
    folder = tmp_path_factory.mktemp("levels")
    (folder / "mix.yaml").write_text(MIX, encoding="utf-8")
    build(folder / "city", "tiny", 5, START, mix=folder / "mix.yaml")
    return folder / "city"


@pytest.fixture(scope="module")
def calls(city: Path) -> pa.Table:
    """All legs."""
    return pa.concat_tables([pq.read_table(file) for file in sorted((city / "records").glob("call-*.parquet"))])


@pytest.fixture(scope="module")
def stays(city: Path) -> dict[str, list[Row]]:
    """Stays of the gangs' cards by level, in order of time."""
    rows = pq.read_table(city / "truth" / "devices.parquet").sort_by("from_us").to_pylist()
    by_level: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["gang"] is not None:
            by_level[row["level"]].append(row)
    return by_level


@pytest.fixture(scope="module")
def legs(calls: pa.Table, stays: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Legs by IMSI of the gangs' cards, in order of time."""
    cards = {row["imsi"] for rows in stays.values() for row in rows}
    mine = calls.filter(pa.compute.is_in(calls["imsi"], pa.array(sorted(cards))))
    by_card: dict[str, list[Row]] = defaultdict(list)
    for row in mine.to_pylist():
        by_card[row["imsi"]].append(row)
    return by_card


def during(stay: Row, legs: dict[str, list[Row]], *kinds: str) -> list[Row]:
    """The legs of a stay, of the given kinds or all."""
    return [leg for leg in legs[stay["imsi"]]
            if stay["from_us"] <= leg["at_us"] < stay["to_us"] and (not kinds or leg["kind"] in kinds)]  # fmt: skip


def km(one: Row, other: Row) -> float:
    """Distance of two rows with lat and lon."""
    north, east = one["lat"] - other["lat"], (one["lon"] - other["lon"]) * np.cos(np.radians(one["lat"]))
    return float(np.hypot(north, east) * KM_PER_DEGREE)


def by_card(rows: list[Row]) -> dict[str, list[Row]]:
    """Stays by IMSI."""
    out: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        out[row["imsi"]].append(row)
    return out


def test_every_level_is_there_and_no_port_holds_two_cards_at_once(stays: dict[str, list[Row]]) -> None:
    assert sorted(stays) == ["L0", "L1", "L2", "L3", "L4", "L5", "L6"]
    ports: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in (row for rows in stays.values() for row in rows):
        ports[row["device_id"], row["gateway"], row["port"]].append(row)
    for rows in ports.values():
        assert all(one["to_us"] <= other["from_us"] for one, other in pairwise(rows))


def test_a_naive_box_has_ports_in_sequence_and_never_sleeps(stays: dict[str, list[Row]]) -> None:
    imeis = {row["port"]: row["imei"] for row in stays["L0"]}
    assert len({imei[:8] for imei in imeis.values()}) == 1
    serials = [int(imeis[port][8:14]) for port in sorted(imeis)]
    assert (np.diff(serials) == 1).all()
    assert len(serials) >= 8
    assert {row["to_us"] - row["from_us"] for row in stays["L0"]} == {24 * HOUR_US}


def test_a_quota_holds_on_every_day(stays: dict[str, list[Row]], legs: dict[str, list[Row]]) -> None:
    for stay in stays["L1"]:
        assert stay["to_us"] - stay["from_us"] <= 12 * HOUR_US
        assert len(during(stay, legs, "mo_call")) <= 60


@pytest.mark.parametrize("level", ["L2", "L3"])
def test_cards_take_turns_of_minutes_and_hand_the_list_over(
    level: str, stays: dict[str, list[Row]], legs: dict[str, list[Row]]
) -> None:
    assert max(row["to_us"] - row["from_us"] for row in stays[level]) <= 1.5 * HOUR_US
    assert len({row["imei"][:8] for row in stays[level]}) > 5
    rang: dict[tuple[str, str], list[tuple[int, str, bool]]] = defaultdict(list)
    for stay in stays[level]:
        for leg in during(stay, legs, "mo_call"):
            rang[stay["device_id"], leg["peer"]].append((leg["at_us"], leg["imsi"], leg["answered"]))
    handed = [1 for calls in rang.values() for one, other in pairwise(sorted(calls))
              if not one[2] and other[1] != one[1]]  # fmt: skip
    assert len(handed) > 3


def test_cards_that_pretend_talk_among_themselves_in_both_directions(
    stays: dict[str, list[Row]], legs: dict[str, list[Row]]
) -> None:
    for level in ("L3", "L5"):
        numbers = {row["msisdn"] for of in ("L3", "L4", "L5") for row in stays[of]}
        pairs = {(stay["msisdn"], leg["peer"]) for stay in stays[level] for leg in during(stay, legs, "mo_call")}
        back = {(leg["peer"], stay["msisdn"]) for stay in stays[level] for leg in during(stay, legs, "mt_call")}
        inside = {pair for pair in pairs if pair[1] in numbers}
        assert len(inside) > 3, level
        assert len(inside & back) > 1, level
    naive = {leg["peer"] for stay in stays["L1"] for leg in during(stay, legs)}
    assert not naive & {row["msisdn"] for rows in stays.values() for row in rows}


def test_a_bank_s_cards_travel_no_faster_than_cars_and_are_never_seen_on_the_way(
    stays: dict[str, list[Row]], legs: dict[str, list[Row]]
) -> None:
    jumps = 0
    for rows in (rows for level in ("L4", "L5") for rows in by_card(stays[level]).values()):
        for one, other in pairwise(rows):
            assert one["to_us"] <= other["from_us"]
            if one["gateway"] != other["gateway"]:
                jumps += 1
                assert km(one, other) / ((other["from_us"] - one["to_us"]) / HOUR_US) <= 60
                gap = {
                    "imsi": one["imsi"],
                    "from_us": one["to_us"] + 15_000_000,
                    "to_us": other["from_us"] - 25_000_000,
                }
                assert during(gap, legs) == []
    assert jumps > 20


def test_a_bank_s_groups_jump_together_round_the_same_gateways(stays: dict[str, list[Row]], city: Path) -> None:
    cells = {row["cell_id"]: row["district"] for row in pq.read_table(city / "records" / "cell.parquet").to_pylist()}
    device = stays["L4"][0]["device_id"]
    mine = [row for row in stays["L4"] if row["device_id"] == device]
    assert len({cells[row["cell_id"]] for row in mine}) >= 3
    left = sorted(row["to_us"] for row in mine if row["to_us"] % (24 * HOUR_US) != 16 * HOUR_US)
    together = sum(other - one < 180_000_000 for one, other in pairwise(left))
    assert together > 0.6 * (len(left) - 1)
    following = defaultdict(set)
    for rows in by_card(mine).values():
        for one, other in pairwise(rows):
            if one["gateway"] != other["gateway"] and other["from_us"] - one["to_us"] < 6 * HOUR_US:
                following[one["gateway"]].add(other["gateway"])
    assert {len(next_ones) for next_ones in following.values()} == {1}


def test_a_kit_s_call_from_abroad_lies_under_its_calls_to_victims(
    stays: dict[str, list[Row]], legs: dict[str, list[Row]]
) -> None:
    dialled = covered = 0
    for b in (stay for stay in stays["L6"] if stay["port"] == 1):
        ears = [stay for stay in stays["L6"] if stay["port"] == 0 and stay["device_id"] == b["device_id"]]
        under = [leg for stay in ears for leg in during(stay, legs, "mt_call")]
        for leg in during(b, legs, "mo_call"):
            dialled += 1
            covered += any(a["at_us"] < leg["at_us"] and a["at_us"] + a["duration_s"] * 1_000_000
                           > leg["at_us"] + leg["duration_s"] * 1_000_000 for a in under)  # fmt: skip
    assert dialled > 50
    assert covered > 0.95 * dialled


def test_a_kit_moves_on_after_days_at_most(stays: dict[str, list[Row]]) -> None:
    places = {(row["device_id"], row["lat"], row["lon"]) for row in stays["L6"]}
    devices = {row["device_id"] for row in stays["L6"]}
    assert len(places) > len(devices)
    for one, other in (pair for rows in by_card(stays["L6"]).values() for pair in pairwise(rows)):
        if (one["lat"], one["lon"]) != (other["lat"], other["lon"]):
            assert km(one, other) / max((other["from_us"] - one["to_us"]) / HOUR_US, 1e-9) <= 60


def test_records_agree_with_the_truth_on_handset_place_and_timing_advance(
    city: Path, stays: dict[str, list[Row]], legs: dict[str, list[Row]]
) -> None:
    cells = {row["cell_id"]: row for row in pq.read_table(city / "records" / "cell.parquet").to_pylist()}
    step_km = dict(zip(TECHNOLOGIES, STEP_KM, strict=True))
    main = total = 0
    for stay in (row for rows in stays.values() for row in rows):
        for leg in during(stay, legs, "mo_call", "mt_call", "mo_sms", "mt_sms"):
            cell = cells[leg["cell_id"]]
            assert leg["imei"] == stay["imei"]
            total += 1
            main += leg["cell_id"] == stay["cell_id"]
            if leg["ta"] is None:
                continue
            # Echoes lengthen the way by a few dozen metres.
            surplus = leg["ta"] * step_km[cell["technology"]] - km(stay, cell)
            assert -step_km[cell["technology"]] - 0.01 <= surplus < 0.6
    assert 0.7 < main / total < 0.99
    masts = {(cell["lat"], cell["lon"]) for cell in cells.values()}
    assert not masts & {(row["lat"], row["lon"]) for rows in stays.values() for row in rows}


def test_a_lent_card_is_silent_in_its_owner_s_hands(
    city: Path, stays: dict[str, list[Row]], legs: dict[str, list[Row]]
) -> None:
    kinds = {row["imsi"]: row["class"] for row in pq.read_table(city / "truth" / "sims.parquet").to_pylist()}
    lent = [row for row in stays["L0"] if kinds[row["imsi"]] != "box"]
    assert lent
    for stay in lent:
        assert {leg["imei"] for leg in during(stay, legs)} <= {stay["imei"]}


def test_hot_lists_name_some_cards_and_some_innocents(city: Path, stays: dict[str, list[Row]], calls: pa.Table) -> None:
    hits = pa.concat_tables([pq.read_table(file) for file in sorted((city / "records").glob("hotlist-*.parquet"))])
    cards = {row["msisdn"] for rows in stays.values() for row in rows}
    called = set(zip(calls["msisdn"].to_pylist(), calls["at_us"].to_pylist(), strict=True))
    tested = [(row["msisdn"], row["at_us"]) for row in hits.to_pylist() if row["list"] == "test_call"]
    assert tested
    assert set(tested) <= called
    assert {number for number, _ in tested} <= cards
    reported = [row["msisdn"] in cards for row in hits.to_pylist() if row["list"] == "reported"]
    assert 0.6 < np.mean(reported) < 0.98


def test_a_gang_flees_after_several_blocks(tmp_path: Path, city: Path) -> None:
    out = tmp_path / "city"
    (tmp_path / "mix.yaml").write_text(MIX, encoding="utf-8")
    build(out, "tiny", 5, START, mix=tmp_path / "mix.yaml", until=1)
    before = [r for r in pq.read_table(out / "truth" / "devices.parquet").to_pylist() if r["gang"] is not None]
    (tmp_path / "numbers.csv").write_text("number\n" + "".join(f"{r['msisdn']}\n" for r in before), encoding="utf-8")
    step(out, blocks=[tmp_path / "numbers.csv"])
    rows = pq.read_table(out / "truth" / "devices.parquet").to_pylist()
    midnight = max(row["to_us"] for row in before)
    blocked = {row["msisdn"] for row in before}
    fled = set()
    for device in {row["device_id"] for row in before if row["level"] in ("L0", "L1", "L2", "L3", "L4", "L5")}:
        now = [row for row in rows if row["device_id"] == device and row["from_us"] >= midnight]
        then = [row for row in before if row["device_id"] == device]
        assert not blocked & {row["msisdn"] for row in now}
        if {(r["lat"], r["lon"]) for r in now}.isdisjoint({(r["lat"], r["lon"]) for r in then}):
            fled.add(device)
    assert fled


def test_sizes_starts_and_prevalence_of_a_county() -> None:
    mix = load_mix("county")
    plans = [plan for seed in range(101, 107) for plan in plan_boxes(mix, seed)]
    big = [plan for plan in plans if plan.level != "L6"]
    assert {plan.level for plan in plans} == {f"L{level}" for level in range(7)}
    assert np.median([plan.cards for plan in big]) < np.mean([plan.cards for plan in big])
    assert all(1 <= plan.cards <= 70 for plan in plans)
    late = [plan.first_day for plan in plans if plan.first_day > 1]
    assert min(late) >= 8
    assert 0.2 < len(late) / len(plans) < 0.5
    for seed in range(101, 107):
        assert sum(plan.cards for plan in plan_boxes(mix, seed)) < 0.005 * mix.preset.people


@pytest.mark.parametrize("name", ["unseen-night-shift", "unseen-rural"])
def test_shipped_mixes_name_parameters_that_exist(name: str) -> None:
    path = Path(__file__).resolve().parents[3] / "examples" / "mixes" / f"{name}.yaml"
    for preset in ("town", "county"):
        mix = load_mix(preset, path)
        assert mix.preset.boxes != load_mix(preset).preset.boxes
        assert mix.tree["levels"] != load_mix(preset).tree["levels"]
