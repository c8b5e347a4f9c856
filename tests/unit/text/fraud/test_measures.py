"""Figures of a test, by hand-counted cases."""

from __future__ import annotations

import numpy as np
import pytest

from chainbreak.text.fraud.measures import calibration_error, kappa, measured

pytest.importorskip("sklearn", reason="training needs the extra ml")


def test_a_test_of_four_rows_counted_by_hand() -> None:
    shares = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.5, 0.4, 0.1], [0.1, 0.3, 0.6]])
    told = measured(shares, np.array([0, 1, 1, 0]), ["a", "b", "c"], 0.6)
    assert (told["rows"], told["accuracy"], told["top_2"]) == (4, 0.5, 0.75)
    assert (told["answered"], told["accuracy_answered"]) == (0.75, 0.6667)
    assert [(row["type"], row["n"], row["recall"]) for row in told["types"]] == [("a", 2, 0.5), ("b", 2, 0.5)]
    assert told["abstention"][0] == {"answered": 0.5, "from": 0.7, "accuracy": 1.0}
    assert told["abstention"][-1]["accuracy"] == 0.5


def test_calibration_error_is_nothing_where_sure_is_as_often_right() -> None:
    assert calibration_error(np.full(10, 0.8), np.arange(10) < 8) == 0.0
    assert calibration_error(np.full(10, 1.0), np.zeros(10, bool)) == 1.0


def test_kappa_of_labellers_who_agree_by_chance_is_nothing() -> None:
    assert kappa(list("abab"), list("abab")) == 1.0
    assert kappa(list("aabb"), list("abab")) == 0.0
