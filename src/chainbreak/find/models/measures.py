"""Measures of a scorer on labelled rows, free of any model. Scores rise with suspicion; their unit does not matter."""

from __future__ import annotations

import numpy as np

from chainbreak.find.models.extra import ml

MEASURES = ("auc", "macro_f1", "macro_recall", "g_mean", "fpr", "tpr_at_1e-2", "tpr_at_1e-3")


NEIGHBOURS = 0.05
"""Share of the rows on either side over which macro-F1 is averaged before its highest point is taken (ADR 0010)."""


def best_cut(truth: np.ndarray, scores: np.ndarray) -> float:
    """The cut of the highest macro-F1, half-way between two scores; to be chosen on validation rows.

    The curve is averaged over neighbouring cuts first: its highest single point follows the luck of a few rows.

    >>> best_cut(np.array([False, False, True, True]), np.array([0.1, 0.2, 0.6, 0.9]))
    0.4
    """
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(truth[order])
    n, fraud = len(truth), int(truth.sum())
    flagged = np.arange(1, n + 1)
    of_fraud = 2 * hits / (flagged + fraud)
    of_others = 2 * (n - fraud - (flagged - hits)) / (n - flagged + n - fraud)
    wide = int(NEIGHBOURS * n)
    near = np.convolve(np.pad(of_fraud + of_others, wide, mode="edge"), np.ones(2 * wide + 1), mode="valid")
    whole = np.append(ranked[1:] < ranked[:-1], True)  # a cut never parts equal scores
    best = int(np.argmax(np.where(whole, near, -1.0)))
    return float(ranked[best] if best + 1 == n else (ranked[best] + ranked[best + 1]) / 2)


def measure(truth: np.ndarray, scores: np.ndarray, cut: float) -> dict[str, float]:
    """`MEASURES` of scores: AUC, and at `cut` macro-F1, macro-recall, the geometric mean of both recalls and the
    false-positive rate; true-positive rate at a false-positive rate of at most 1 % and .1 %. NaN without both classes.
    """
    fraud, others = int(truth.sum()), int((~truth).sum())
    if not fraud or not others:
        return dict.fromkeys(MEASURES, float("nan"))
    flagged = scores >= cut
    hits, alarms = int((flagged & truth).sum()), int((flagged & ~truth).sum())
    recalls = (hits / fraud, 1 - alarms / others)
    f1 = (2 * hits / (hits + alarms + fraud), 2 * (others - alarms) / (2 * others - alarms + fraud - hits))
    return {
        "auc": auc(truth, scores), "macro_f1": sum(f1) / 2, "macro_recall": sum(recalls) / 2,
        "g_mean": float(np.sqrt(recalls[0] * recalls[1])), "fpr": alarms / others,
        "tpr_at_1e-2": tpr_at(truth, scores, 0.01), "tpr_at_1e-3": tpr_at(truth, scores, 0.001),
    }  # fmt: skip


def auc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Chance that a fraud row scores above another, ties counted half."""
    return float(ml("sklearn.metrics").roc_auc_score(truth, scores))


def tpr_at(truth: np.ndarray, scores: np.ndarray, budget: float) -> float:
    """Share of fraud found when at most `budget` of the others are flagged.

    >>> tpr_at(np.array([False] * 100 + [True] * 2), np.array([0.5] * 99 + [0.9, 0.95, 0.7]), 0.01)
    1.0
    """
    false, true, _ = ml("sklearn.metrics").roc_curve(truth, scores, drop_intermediate=False)
    return float(true[false <= budget].max())
