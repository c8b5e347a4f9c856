"""What is counted of a detector: devices by the moment, split and merged clusters, false alarms, ranks, sums."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from chainbreak.find.contract.evaluate import Stay, Truth, found_devices
from chainbreak.find.evaluate.counts import World, count_clusters, count_ranked
from chainbreak.find.evaluate.tally import Tally

BOX = {f"a{i}": "A" for i in range(20)}


def stay(device: str, unit: str, from_us: int) -> Stay:
    """A stay of an hour in a made-up place."""
    return Stay(device, unit, 0, "c1", 30.0, 120.0, from_us, from_us + 3_600_000_000)


TRUTH = Truth(
    device={**BOX, "b1": "B", "b2": "B"},
    level={"A": "L4", "B": "L0"},
    kind={"h1": "hospital", "c1": "courier", "c2": "courier", "g1": "corporate_gateway", "g2": "corporate_gateway"},
    stays=(*(stay("A", unit, 1_000 * i) for i, unit in enumerate(BOX)), stay("B", "b1", 5), stay("B", "b2", 6)),
    protected=frozenset({"h1"}),
)
WORLD = World(TRUTH, frozenset(TRUTH.device) | frozenset(TRUTH.kind), 200_000)


def test_purity_of_exactly_nine_tenths_is_enough() -> None:
    eighteen = frozenset(list(BOX)[:18])
    assert found_devices([eighteen | {"c1", "c2"}], TRUTH)["A"]
    assert not found_devices([eighteen | {"c1", "c2", "h1"}], TRUTH)["A"]


def test_a_device_split_over_two_clusters_is_found_only_if_one_holds_half() -> None:
    units = list(BOX)
    assert found_devices([frozenset(units[:10]), frozenset(units[10:])], TRUTH)["A"]
    assert not found_devices([frozenset(units[:9]), frozenset(units[9:18])], TRUTH)["A"]


def test_two_boxes_in_one_cluster_hide_the_smaller_and_are_still_a_true_lead() -> None:
    together = frozenset(list(BOX)[:16]) | {"b1", "b2"}
    assert found_devices([together], TRUTH) == {"A": False, "B": False}
    assert found_devices([together], replace(TRUTH, any_device=True)) == {"A": True, "B": True}


def test_cards_of_a_pool_count_once_they_were_in_a_port() -> None:
    by = TRUTH.by(3_000)
    assert sorted(u for u, d in by.device.items() if d == "A") == ["a0", "a1", "a2", "a3"]
    assert found_devices([frozenset({"a0", "a1"})], by)["A"]
    assert not found_devices([frozenset({"a0", "a1"})], TRUTH)["A"]


def test_false_clusters_look_alikes_and_contracted_gateways() -> None:
    tally = Tally()
    count_clusters("m", [frozenset({"c1", "h1"}), frozenset({"g1", "g2"}), frozenset({"b1", "b2"})], WORLD, tally)
    rows = {(r["measure"], r["of"]): r for r in tally.rows()}
    false = rows["false clusters per 100,000 SIM-days", "all"]
    assert (false["hits"], false["rate"]) == (1, 0.5)
    assert rows["clusters apart, per 100,000 SIM-days", "corporate_gateway"]["hits"] == 1
    assert (rows["FPR", "courier"]["hits"], rows["FPR", "courier"]["n"]) == (1, 2)
    assert rows["FPR", "(protected)"]["hits"] == 1
    assert (rows["devices found", "L0"]["hits"], rows["devices found", "L4"]["hits"]) == (1, 0)


def test_a_method_of_single_sims_finds_a_device_by_half_of_them() -> None:
    tally = Tally()
    count_clusters("m", [frozenset({u}) for u in list(BOX)[:10]], WORLD, tally, single=True)
    assert tally.shares["m", "devices found", "L4"] == [1, 1]


def test_rank_cut_counts_honest_active_units_and_never_splits_ties() -> None:
    honest = {f"r{i}": "resident" for i in range(2_000)}
    truth = Truth({"a": "A", "b": "A", "c": "A"}, {"A": "L3"}, honest)
    world = World(truth, frozenset(truth.device) | frozenset(honest), 1)
    scores = {"a": (0.9, 5.0), "b": (0.8, 5.0), "r0": (0.95, 1.0), "r1": (0.85, 1.0), "r2": (0.8, 5.0)}
    tally = Tally()
    count_ranked("m", scores, world, tally)
    # 2,000 honest units: two may stand above the cut at 1e-3, none at 1e-4. b is tied with the third; c has no score.
    assert tally.shares["m", "SIM recall at FPR 0.001", "L3"] == [1, 3]
    assert tally.shares["m", "SIM recall at FPR 0.0001", "L3"] == [0, 3]


def test_worlds_add_up() -> None:
    one, two = Tally(), Tally()
    one.value(("m", "delay", "L0"), [5.0, math.inf])
    two.value(("m", "delay", "L0"), [7.0])
    one.rate(("m", "false", "all"), 1, 50_000)
    two.rate(("m", "false", "all"), 2, 150_000)
    one.score(("m", "ECE", "all"), [(0.95, True)] * 9)
    two.score(("m", "ECE", "all"), [(0.95, False)])
    one.add(two)
    delay, false, error, band = sorted(one.rows(), key=lambda r: ["delay", "false", "ECE"].index(r["measure"])
                                       if r["measure"] != "reliability" else 9)  # fmt: skip
    assert (delay["n"], delay["hits"], delay["median"], delay["p90"]) == (3, 2, 7.0, math.inf)
    assert false["rate"] == pytest.approx(1.5)
    assert false["low"] < 1.5 < false["high"]
    assert error["rate"] == pytest.approx(0.05)
    assert (band["n"], band["hits"], band["mean_score"]) == (10, 9, 0.95)
