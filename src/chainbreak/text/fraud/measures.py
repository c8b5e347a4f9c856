"""How good a reader of types is, as shares of the test rows: by type, and by how sure it is. Needs the extra `ml`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.text.fraud.extra import ml

BANDS = 10
"""Bands of the calibration error, of equal width (Guo et al. 2017, ICML)."""

Shares = NDArray[np.float64]
Ids = NDArray[np.int64]


def measured(shares: Shares, truth: Ids, types: Sequence[str], abstain_below: float) -> dict[str, Any]:
    """All figures of one test: `shares` (rows x types), `truth` the column of the true type, -1 for a type unknown."""
    best = shares.argmax(axis=1)
    sure = shares.max(axis=1)
    answered = sure >= abstain_below
    two = np.argsort(-shares, axis=1, kind="stable")[:, :2]
    return {
        "rows": len(truth),
        "macro_f1": macro_f1(best, truth),
        "accuracy": _share(best == truth),
        "top_2": _share((two == truth[:, None]).any(axis=1)),
        "ece": calibration_error(sure, best == truth),
        "answered": _share(answered),
        "accuracy_answered": _share((best == truth)[answered]),
        "abstention": abstention_curve(sure, best == truth),
        "types": by_type(best, truth, types),
    }


def macro_f1(best: Ids, truth: Ids) -> float:
    """Mean F1 over the types that occur in the truth or are given."""
    return round(float(ml("sklearn.metrics").f1_score(truth, best, average="macro", zero_division=0)), 4)


def by_type(best: Ids, truth: Ids, types: Sequence[str]) -> list[dict[str, Any]]:
    """One row a type that occurs in the truth: n, precision, recall, F1; in the order of the types."""
    present = [at for at in range(len(types)) if (truth == at).any()]
    figures = ml("sklearn.metrics").precision_recall_fscore_support(truth, best, labels=present, zero_division=0)
    return [
        {"type": types[at], "n": int(n), "precision": round(float(p), 3), "recall": round(float(r), 3),
         "f1": round(float(f), 3)}
        for at, p, r, f, n in zip(present, *figures, strict=True)
    ]  # fmt: skip


def calibration_error(sure: Shares, right: NDArray[np.bool_]) -> float:
    """Mean gap between how sure and how often right, weighted by the bands' sizes (Naeini et al. 2015).

    >>> calibration_error(np.array([0.95, 0.95]), np.array([True, False]))
    0.45
    """
    band = np.minimum((sure * BANDS).astype(int), BANDS - 1)
    gaps = [abs(float(sure[band == b].sum() - right[band == b].sum())) for b in range(BANDS)]
    return round(sum(gaps) / max(len(sure), 1), 4)


def abstention_curve(sure: Shares, right: NDArray[np.bool_]) -> list[dict[str, float]]:
    """For 50 to 100 % of the rows answered, the surest first: the probability asked for, and how often it is right."""
    order = np.argsort(-sure, kind="stable")
    rows = []
    for answered in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0):
        some = order[: max(1, round(answered * len(order)))]
        rows.append({"answered": answered, "from": round(float(sure[some[-1]]), 4), "accuracy": _share(right[some])})
    return rows


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Cohen's kappa of two labellers: agreement beyond what chance gives; 1 is always, 0 no more than chance."""
    return round(float(ml("sklearn.metrics").cohen_kappa_score(list(first), list(second))), 4)


def _share(of: NDArray[np.bool_]) -> float:
    return round(float(of.mean()), 4) if of.size else float("nan")
