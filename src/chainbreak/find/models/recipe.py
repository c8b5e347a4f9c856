"""How a model is made: gradient-boosted trees by LightGBM, averaged, always the same bytes from the same rows.

One thread, row-wise histograms and fixed seeds; columns go in by position, so that no name can upset the text format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainbreak.find.models.extra import ml

_SAME_BYTES = {
    "objective": "binary", "num_threads": 1, "deterministic": True, "force_row_wise": True, "verbose": -1,
}  # fmt: skip


class Member(NamedTuple):
    """One booster's LightGBM parameters and number of trees."""

    params: Mapping[str, Any]
    trees: int


@dataclass(frozen=True)
class Recipe:
    """Boosters whose log-odds are averaged: each member once for each of `bags` seeds."""

    name: str
    members: tuple[Member, ...]
    bags: int


REFERENCE = Recipe("reference", (Member({
    "learning_rate": 0.08, "num_leaves": 31, "min_child_samples": 10, "bagging_fraction": 0.8, "feature_fraction": 0.5,
    "lambda_l2": 1.0,
}, 120),), 1)  # fmt: skip
"""The peer of spec/goip.md 9, as stated there: `subsample` without a frequency, so no bagging takes place."""
_GROWN = {
    "learning_rate": 0.03, "num_leaves": 15, "min_child_samples": 10, "feature_fraction": 0.2, "lambda_l2": 5.0,
    "bagging_fraction": 0.7, "bagging_freq": 1,
}  # fmt: skip
_RANDOM = {
    **_GROWN, "learning_rate": 0.05, "num_leaves": 31, "min_child_samples": 5, "feature_fraction": 0.5,
    "extra_trees": True,
}  # fmt: skip
AVERAGE = Recipe("average", (Member(_GROWN, 250), Member(_RANDOM, 300)), 3)
"""Slowly grown trees and trees with random cuts err differently; chosen on splits that are not reported (ADR 0010)."""


def fit(recipe: Recipe, values: np.ndarray, labels: np.ndarray, seed: int = 1) -> tuple[Any, ...]:
    """The boosters of a recipe, trained on `values` (rows x features, NaN missing) and `labels`.

    Raises:
        SetupError: LightGBM is not installed (CB-MO-001).
    """
    lightgbm = ml("lightgbm")
    made = []
    for member in recipe.members:
        for bag in range(recipe.bags):
            params = {**_SAME_BYTES, **member.params, "seed": seed * 1_000 + bag}
            rows = lightgbm.Dataset(values, labels.astype(float), params={"verbose": -1}, free_raw_data=True)
            made.append(lightgbm.train(params, rows, member.trees))
    return tuple(made)


def log_odds(boosters: tuple[Any, ...], values: np.ndarray) -> np.ndarray:
    """Mean log-odds (nats) of the boosters, a row each."""
    return np.asarray(sum(b.predict(values, raw_score=True) for b in boosters) / len(boosters), float)
