"""Fitting recovers what was put in, the cut keeps its budget, reliability says the truth."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.find.contract.calibration import (
    Fitted,
    columns_of,
    conformal_cut,
    expected_calibration_error,
    fit,
    reliability,
)


def world(seed: int, n: int = 4_000) -> tuple[list[dict[str, float]], list[bool]]:
    """Guilty in one of five; `a` tells, `copy` says the same again, `noise` says nothing."""
    rng = random.Random(seed)
    rows, labels = [], []
    for _ in range(n):
        guilty = rng.random() < 0.2
        a = float(rng.random() < (0.8 if guilty else 0.1))
        rows.append({"a": a, "copy": a, "noise": rng.random()})
        labels.append(guilty)
    return rows, labels


EDGES = {"a": [0.5], "copy": [0.5], "noise": [0.3, 0.7]}


def fitted(rows: list[dict[str, float]], labels: list[bool], shapes: dict[str, str] | None = None) -> Fitted:
    """The table of the rows."""
    return fit(columns_of(rows, EDGES), labels, EDGES, shapes)


def test_what_is_said_twice_is_not_counted_twice() -> None:
    table = fitted(*world(1))
    together = table.bits["a"][1] + table.bits["copy"][1]
    assert together == pytest.approx(math.log2(0.8 / 0.1), abs=0.4)
    assert max(abs(b) for b in table.bits["noise"]) < 0.3


def test_scores_are_calibrated_on_data_not_fitted_on() -> None:
    table = fitted(*world(1))
    rows, labels = world(2)
    bits = [sum(table.bits[rule][sum(row[rule] >= e for e in EDGES[rule])] for rule in EDGES) for row in rows]
    scores = [1 / (1 + 2 ** -(table.prior_bits + b)) for b in bits]
    assert expected_calibration_error(reliability(scores, labels)) < 0.03


def test_a_rule_that_tells_nothing_in_its_known_direction_weighs_nothing() -> None:
    rows, labels = world(4)
    turned = [row | {"a": 1.0 - row["a"], "copy": 1.0 - row["copy"]} for row in rows]
    table = fitted(turned, labels, {"a": "rising", "copy": "rising"})
    assert table.bits["a"] == pytest.approx((0.0, 0.0), abs=0.01)


def test_fitting_is_blind_to_the_order_of_rows() -> None:
    rows, labels = world(3, 500)
    assert fitted(rows, labels).bits == fitted(rows[::-1], labels[::-1]).bits


@given(st.lists(st.floats(-20, 20), min_size=20, max_size=200), st.floats(0.05, 0.5))
def test_the_cut_lets_through_no_more_than_its_budget(negatives: list[float], budget: float) -> None:
    cut = conformal_cut(negatives, budget)
    assert sum(n > cut for n in negatives) <= budget * (len(negatives) + 1)


def test_no_negatives_means_nothing_passes() -> None:
    assert conformal_cut([], 0.5) == math.inf
