"""Ways to turn an account's features into a score: our bits by bin, and the peers named beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from chainbreak.bench.mules.payments import Flags, Floats
from chainbreak.find.contract.calibration import fit
from chainbreak.find.models.extra import ml

Features = Mapping[str, Floats]
Way = Callable[[Features, Flags, Features], Floats]
"""(features of training accounts, who of them is guilty, features of others) -> a score in 0..1 of the others."""

BINS = 8


def bits(train: Features, guilty: Flags, others: Features) -> Floats:
    """Ours: signed bits by bin of each feature, fitted as a detector's table is, prior added; a probability."""
    edges = {name: found for name, column in train.items() if (found := _edges(column, guilty))}
    table = fit({name: train[name] for name in edges}, guilty, edges)
    total = np.full(len(next(iter(others.values()))), table.prior_bits)
    for name, of in edges.items():
        values = others[name]
        at = np.searchsorted(of, np.nan_to_num(values), side="right")
        total += np.where(np.isnan(values), 0.0, np.asarray(table.bits[name])[at])
    score: Floats = 1.0 / (1.0 + np.exp2(-total))
    return score


def boosted(train: Features, guilty: Flags, others: Features) -> Floats:
    """LightGBM on the same features."""
    model = ml("lightgbm").LGBMClassifier(
        n_estimators=200, learning_rate=0.05, num_leaves=31, min_child_samples=20, n_jobs=1, verbose=-1, random_state=1,
        deterministic=True, force_row_wise=True,
    )  # fmt: skip
    score: Floats = model.fit(_matrix(train), guilty).booster_.predict(_matrix(others))
    return score


def isolated(train: Features, guilty: Flags, others: Features) -> Floats:
    """Isolation forest, which sees no labels; as many are called guilty as there are in training."""
    model = ml("sklearn.ensemble").IsolationForest(random_state=1, n_jobs=1)
    known = np.nan_to_num(_matrix(train), nan=-1.0)
    model.fit(known)
    cut = np.quantile(-model.score_samples(known), 1.0 - guilty.mean())
    score: Floats = 1.0 / (1.0 + np.exp(-20.0 * (-model.score_samples(np.nan_to_num(_matrix(others), nan=-1.0)) - cut)))
    return score


def naive(train: Features, guilty: Flags, others: Features) -> Floats:
    """The rule of thumb: over nine tenths of what came in on a day was out by the next; not over what came in."""
    ratio = np.nan_to_num(others["passed_day"])
    return ((ratio > 0.9) & (ratio <= 1.1)).astype(float)


def _edges(column: Floats, guilty: Flags) -> list[float]:
    """Quantiles of all, and of the guilty, between which the bins lie."""
    shares, known = np.linspace(0, 1, BINS + 1)[1:-1], ~np.isnan(column)
    if not known.any():
        return []
    at = [np.quantile(column[known], shares)]
    if (known & guilty).any():
        at.append(np.quantile(column[known & guilty], shares))
    edges: list[float] = np.unique(np.round(np.concatenate(at), 6)).tolist()
    return edges


def _matrix(features: Features) -> Floats:
    return np.column_stack([features[name] for name in sorted(features)])
