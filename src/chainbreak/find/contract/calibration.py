"""Fitting a weights table and saying how good it is: bits by bin, the reporting cut, reliability.

Weight of evidence by bin (I. J. Good 1950: log of a likelihood ratio), made to rise or fall where the rule is known to
(isotonic, pool adjacent violators), then one factor a rule by ridge logistic regression so that rules which say the
same are not counted twice; factors are kept at or above zero, so that no bin changes the direction its counts show.
The cut is split-conformal on stated negatives (Vovk et al. 2005): with
exchangeable negatives the expected share above it is at most the budget.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SMOOTHING = 4.0
"""Imaginary cases a class, spread over the bins as all cases are: a bin with few cases is little proof."""
RIDGE = 2.0
"""Penalty on the factors; keeps bits finite when a synthetic world separates the classes."""


@dataclass(frozen=True)
class Fitted:
    """Bits of every bin by rule, and the prior in bits, such that prior plus bits is the log2 odds."""

    bits: dict[str, tuple[float, ...]]
    prior_bits: float


def bin_of(value: float, edges: Sequence[float]) -> int:
    """Index of the bin of `value`: bin i holds edges[i-1] <= value < edges[i]."""
    return bisect_right(edges, value)


def fit(
    columns: Mapping[str, Sequence[float] | np.ndarray], labels: Sequence[bool] | np.ndarray,
    edges: Mapping[str, Sequence[float]], shapes: Mapping[str, str] | None = None,
) -> Fitted:  # fmt: skip
    """The table for `columns` (rule -> a value each row; NaN: not measured) with `labels`; deterministic. `shapes` says
    which rules' bits must be `rising` or `falling` with the value. Needs the extra `ml` (scipy).

    >>> table = fit({"a": [1] * 30 + [9] * 30}, [False] * 30 + [True] * 30, {"a": [5]})
    >>> table.bits["a"][0] < -2 < 2 < table.bits["a"][1]
    True
    """
    truth, known, names = np.asarray(labels, bool), shapes or {}, sorted(edges)
    woe, design = {}, np.zeros((len(truth), len(names)))
    for at, rule in enumerate(names):
        values = np.asarray(columns[rule], float)
        measured = ~np.isnan(values)
        bins = np.searchsorted(np.asarray(edges[rule], float), np.nan_to_num(values), side="right")
        woe[rule] = _weights_of_evidence(bins[measured], truth[measured], len(edges[rule]) + 1, known.get(rule, ""))
        design[:, at] = np.where(measured, woe[rule][bins], 0.0)
    factors, prior = _logistic(design, truth)
    bits = {
        rule: tuple(round(float(f * w / math.log(2)), 3) + 0.0 for w in woe[rule])  # + 0.0: no minus zero
        for f, rule in zip(factors, names, strict=True)
    }
    return Fitted(bits, round(prior / math.log(2), 3))


def columns_of(rows: Sequence[Mapping[str, float]], rules: Iterable[str]) -> dict[str, np.ndarray]:
    """Rows (rule -> value; absent: not measured) as columns.

    >>> columns_of([{"a": 1.0}, {}], ["a"])["a"].tolist()
    [1.0, nan]
    """
    return {rule: np.array([row.get(rule, math.nan) for row in rows], float) for rule in rules}


def _weights_of_evidence(bins: np.ndarray, truth: np.ndarray, n: int, shape: str) -> np.ndarray:
    counts = np.array([np.bincount(bins[truth == is_true], minlength=n) for is_true in (False, True)], float)
    cases = counts.sum(axis=0) + 1e-9
    spread = SMOOTHING * cases / cases.sum()
    shares = (counts + spread) / (counts.sum(axis=1, keepdims=True) + SMOOTHING)
    likely, weights = shares[1] / shares.sum(axis=0), shares.sum(axis=0)
    if shape:
        # Pooled as shares, not as logs: bins made one weigh what their joint counts say, and a rule that does not
        # separate the classes in the known direction is one bin, worth nothing either way.
        step = 1 if shape == "rising" else -1
        likely = isotonic(likely[::step], weights[::step])[::step]
    return np.asarray(np.log(likely / (1.0 - likely)))


def _logistic(design: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Factors >= 0 and intercept that minimise the ridge-penalised log-loss (convex, so unique)."""
    from scipy.optimize import minimize

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        logit = design @ x[:-1] + x[-1]
        error = 1.0 / (1.0 + np.exp(-np.clip(logit, -500, 500))) - truth
        value = float(np.logaddexp(0.0, logit).sum() - logit[truth].sum() + RIDGE / 2 * (x[:-1] ** 2).sum())
        return value, np.append(design.T @ error + RIDGE * x[:-1], error.sum())

    start = np.zeros(design.shape[1] + 1)
    bounds = [(0.0, None)] * design.shape[1] + [(None, None)]
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2_000}).x
    return best[:-1], float(best[-1])


def isotonic(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The nearest rising sequence in weighted least squares (pool adjacent violators; Ayer et al. 1955).

    >>> isotonic(np.array([1.0, 3.0, 2.0]), np.array([1.0, 1.0, 3.0])).tolist()
    [1.0, 2.25, 2.25]
    """
    blocks: list[list[float]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            v, w, n = blocks.pop()
            total = blocks[-1][1] + w
            blocks[-1] = [(blocks[-1][0] * blocks[-1][1] + v * w) / total, total, blocks[-1][2] + n]
    return np.array([value for value, _, n in blocks for _ in range(int(n))])


def conformal_cut(negatives: Sequence[float], budget: float) -> float:
    """The lowest total of bits such that a new negative exceeds it with probability at most `budget`.

    >>> conformal_cut([1.0, 2.0, 3.0, 4.0], 0.2)
    4.0
    >>> conformal_cut([1.0], 0.01)
    inf
    """
    ordered = sorted(negatives, reverse=True)
    allowed = math.floor(budget * (len(ordered) + 1)) - 1
    if allowed < 0:
        return math.inf
    return ordered[min(allowed, len(ordered) - 1)] if ordered else math.inf


@dataclass(frozen=True)
class Band:
    """One row of a reliability table: subjects scored in [low, high), their mean score, their share of true."""

    low: float
    high: float
    n: int
    mean_score: float
    true_share: float


def reliability(scores: Sequence[float], labels: Sequence[bool], bands: int = 10) -> list[Band]:
    """Bands of equal width that hold anything."""
    found = []
    s, t = np.asarray(scores, float), np.asarray(labels, bool)
    for i in range(bands):
        inside = (s >= i / bands) & ((s < (i + 1) / bands) | (i == bands - 1))
        if inside.any():
            n, mean, share = int(inside.sum()), float(s[inside].mean()), float(t[inside].mean())
            found.append(Band(i / bands, (i + 1) / bands, n, round(mean, 4), round(share, 4)))
    return found


def expected_calibration_error(table: Sequence[Band]) -> float:
    """Mean gap between score and share of true, weighted by the bands' sizes (Naeini et al. 2015); NaN when empty.

    >>> expected_calibration_error([Band(0, .1, 90, .05, .05), Band(.9, 1, 10, .95, .75)])
    0.02
    """
    total = sum(band.n for band in table)
    return round(sum(b.n * abs(b.mean_score - b.true_share) for b in table) / total, 4) if total else math.nan
