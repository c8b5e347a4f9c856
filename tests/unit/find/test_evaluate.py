"""Counting: devices found, precision, alarms by class, intervals."""

from __future__ import annotations

import pytest

from chainbreak.find.contract.evaluate import (
    Share,
    Truth,
    alarms_by_class,
    found_devices,
    precision,
    recall_by_level,
)

TRUTH = Truth(
    device={"a1": "A", "a2": "A", "a3": "A", "a4": "A", "b1": "B", "b2": "B"},
    level={"A": "L0", "B": "L2"},
    kind={"x": "courier", "y": "courier", "z": "resident"},
)


def test_half_of_the_sims_in_one_pure_cluster() -> None:
    assert found_devices([frozenset({"a1", "a2"})], TRUTH) == {"A": True, "B": False}
    assert found_devices([frozenset({"a1"}), frozenset({"a2"})], TRUTH) == {"A": False, "B": False}
    assert not found_devices([frozenset({"a1", "a2", "a3", "x"})], TRUTH)["A"]
    assert not found_devices([frozenset(TRUTH.device)], TRUTH)["B"]


def test_recall_by_level_and_alarms_by_class() -> None:
    clusters = [frozenset({"a1", "a2", "a3"}), frozenset({"x"})]
    assert {level: (s.hits, s.n) for level, s in recall_by_level(clusters, TRUTH).items()} == {
        "L0": (1, 1), "L2": (0, 1), "all": (1, 2),
    }  # fmt: skip
    assert {kind: (s.hits, s.n) for kind, s in alarms_by_class(clusters, TRUTH).items()} == {
        "courier": (1, 2), "resident": (0, 1),
    }  # fmt: skip
    assert precision(clusters, TRUTH) == Share(1, 2)


def test_wilson_by_the_published_example() -> None:
    # Orders spec, section 6: 0 wrong in a sample of 200 still means up to 1.9 %.
    low, high = Share(0, 200).interval
    assert (low, round(high, 3)) == (0.0, 0.019)
    assert Share(0, 0).as_dict()["rate"] is None
    assert Share(10, 10).interval[1] == pytest.approx(1.0)
