"""The model in rules that people can read: for the features that weigh most, how many bits a range of values brings.

A rule is the mean of the model's own contributions over held-out rows in that range, so it describes the score and is
no second opinion. The naive rule is the one feature an analyst would sort by.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from chainbreak.find.models.measures import auc
from chainbreak.find.models.score import Scored
from chainbreak.find.models.table import Labelled

MOST_RULES = 12
RANGES = 5


def rules_of(features: np.ndarray, scored: Scored) -> list[dict[str, Any]]:
    """Rows (feature, from, to, rows, bits): `from` <= value < `to`, null at the open ends; both null: value missing."""
    assert scored.contributions is not None
    weight = np.abs(scored.contributions).mean(axis=0)
    rules = []
    for at in np.argsort(-weight, kind="stable")[:MOST_RULES]:
        values, bits = features[:, at], scored.contributions[:, at]
        known = values[~np.isnan(values)]
        inner = np.unique(np.quantile(known, np.arange(1, RANGES) / RANGES)) if len(known) else np.array([])
        edges = [-np.inf, *inner.tolist(), np.inf]
        for low, high in pairwise(edges):
            rules.append(_rule(scored.names[at], low, high, bits[(values >= low) & (values < high)]))
        rules.append(_rule(scored.names[at], -np.inf, np.inf, bits[np.isnan(values)]))
    return [rule for rule in rules if rule["rows"]]


def _rule(feature: str, low: float, high: float, bits: np.ndarray) -> dict[str, Any]:
    ends = {
        "from": None if np.isinf(low) else float(f"{low:.4g}"),
        "to": None if np.isinf(high) else float(f"{high:.4g}"),
    }
    return {"feature": feature, **ends, "rows": len(bits), "bits": round(float(bits.mean()), 2) if len(bits) else 0.0}


def naive_rule(data: Labelled, rows: np.ndarray) -> dict[str, Any]:
    """The feature with the best AUC alone on `rows`: `feature`, `rises` (with suspicion), `missing_as` (its median)."""
    best: dict[str, Any] = {"feature": "", "rises": True, "missing_as": 0.0}
    highest = 0.0
    for name, values in zip(data.names, data.values[rows].T, strict=True):
        known = values[~np.isnan(values)]
        middle = float(np.median(known)) if len(known) else 0.0
        value = auc(data.labels[rows], np.where(np.isnan(values), middle, values))
        if max(value, 1 - value) > highest:
            highest = max(value, 1 - value)
            best = {"feature": name, "rises": value >= 0.5, "missing_as": middle}
    return best


def naive_scores(rule: dict[str, Any], values: np.ndarray) -> np.ndarray:
    """The naive rule's scores for one column of values."""
    filled = np.where(np.isnan(values), rule["missing_as"], values)
    return filled if rule["rises"] else -filled
