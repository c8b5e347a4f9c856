"""Bits from solved pairs: ratios shrunk towards no evidence, levels kept in their known order, terms made to add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from chainbreak.find.contract.calibration import isotonic
from chainbreak.find.linkage.fellegi_sunter.bits import Bits, Floats, Levels, counts

PRIOR_PAIRS = 2.0
"""Imaginary pairs of each class at every level, where as many were to be expected."""
RIDGE = 2.0
"""Penalty on the squares of the factors of `scaled`, in units of log-loss (nats)."""
MOST_STEPS, CLOSE_ENOUGH = 100, 1e-9
Linked = npt.NDArray[np.bool_]


def fit_labelled(
    levels: Levels, linked: Linked, n_levels: Sequence[int], prior: float = PRIOR_PAIRS,
    rising: Sequence[bool] | None = None,
) -> Bits:  # fmt: skip
    """Bits from pairs of which is known whether they are `linked`; `prior_bits` is their log2 odds in these pairs.

    `bits[t][level]` is log2 of how much oftener linked pairs reach the level than others. Either count is held against
    the count to be expected were the classes alike, with `prior` pairs added to both (a Gamma prior around 1 on the
    ratio; DuMouchel 1999): where hardly any pair was to be expected, hardly anything is said, however rare the other
    class. A flat prior (Laplace, Jeffreys) would call a level that nobody reached evidence for the rarer class.
    `rising[t]`: levels of comparison t are ordered, and a higher one is never worth less (pooled, Ayer et al. 1955).

    >>> levels = np.array([[1]] * 6 + [[0]] * 2 + [[1]] * 2 + [[0]] * 30, np.uint8)
    >>> linked = np.array([True] * 8 + [False] * 32)
    >>> table = fit_labelled(levels, linked, [2])
    >>> round(table.prior_bits, 3), [round(b, 2) for b in table.bits[0]]
    (-1.935, [-1.28, 2.22])

    Raises:
        ValueError: no pair at all, or shapes that do not agree.
    """
    if levels.ndim != 2 or levels.shape != (len(linked), len(n_levels)) or not len(linked):
        raise ValueError(f"levels {levels.shape}, linked {linked.shape}, n_levels {len(n_levels)} do not agree")
    kept = rising or [False] * len(n_levels)
    table = tuple(
        tuple(_row(levels[:, t], linked, n, prior, kept[t]).tolist()) for t, n in enumerate(n_levels)
    )  # fmt: skip
    yes, no = float(linked.sum()), float((~linked).sum())
    return Bits(float(np.log2((yes + 0.5) / (no + 0.5))), table)


def _row(levels: npt.NDArray[np.uint8], linked: Linked, n: int, prior: float, rises: bool) -> Floats:
    of_linked, of_others = counts(levels[linked], n), counts(levels[~linked], n)
    both = of_linked + of_others
    share = both / max(float(both.sum()), 1.0)
    more = (of_linked + prior) / (of_linked.sum() * share + prior)
    less = (of_others + prior) / (of_others.sum() * share + prior)
    likely = more / (more + less)
    seen = both > 0
    if rises:
        # Pooled as shares, not as logs: levels made one weigh what their joint counts say.
        likely[seen] = isotonic(likely[seen], share[seen])
    return np.where(seen, np.log2(likely / (1.0 - likely)), 0.0)


def scaled(table: Bits, levels: Levels, linked: Linked, ridge: float = RIDGE) -> Bits:
    """`table` with each comparison's bits times a factor >= 0 so that comparisons which say the same are not counted
    twice, and the prior such that `score` is the log2 odds in these pairs (ridge logistic regression on the bits).

    >>> rng = np.random.default_rng(0)
    >>> linked = rng.random(4000) < 0.2
    >>> told = (rng.random(4000) < np.where(linked, 0.8, 0.1)).astype(np.uint8)
    >>> twice = np.stack([told, told], axis=1)
    >>> table = scaled(fit_labelled(twice, linked, [2, 2]), twice, linked)
    >>> odds = table.score(twice)[told == 1][0]
    >>> bool(abs(1 / (1 + 2.0**-odds) - linked[told == 1].mean()) < 0.01)
    True
    """
    factors, intercept = _logistic(table.terms(levels) * np.log(2.0), linked.astype(np.float64), ridge)
    rows = tuple(tuple(float(f) * b for b in row) for f, row in zip(factors, table.bits, strict=True))
    return Bits(float(intercept / np.log(2.0)), rows)


def _logistic(design: Floats, truth: Floats, ridge: float) -> tuple[Floats, float]:
    """Factors >= 0 and the intercept of least penalised log-loss: Newton steps, each a small bounded quadratic."""
    n_terms = design.shape[1]
    whole = np.column_stack([design, np.ones(len(truth))])
    penalty = np.append(np.full(n_terms, ridge), 0.0)
    share = (truth.sum() + 0.5) / (len(truth) + 1.0)
    x = np.append(np.zeros(n_terms), np.log(share / (1.0 - share)))
    value = _loss(whole, truth, x, penalty)
    for _ in range(MOST_STEPS):
        likely = 1.0 / (1.0 + np.exp(-np.clip(whole @ x, -500.0, 500.0)))
        slope = whole.T @ (likely - truth) + penalty * x
        bend = (whole * (likely * (1.0 - likely))[:, None]).T @ whole + np.diag(penalty + 1e-9)
        target, step = _bounded_minimum(bend, bend @ x - slope, x), 1.0
        while step > 1e-6 and _loss(whole, truth, x + step * (target - x), penalty) > value:
            step /= 2.0
        x = x + step * (target - x)
        before, value = value, _loss(whole, truth, x, penalty)
        if before - value < CLOSE_ENOUGH * max(1.0, abs(value)):
            break
    return x[:-1], float(x[-1])


def _loss(whole: Floats, truth: Floats, x: Floats, penalty: Floats) -> float:
    logit = whole @ x
    return float(np.logaddexp(0.0, logit).sum() - logit @ truth + (penalty * x * x).sum() / 2.0)


def _bounded_minimum(bend: Floats, pull: Floats, start: Floats) -> Floats:
    """The minimum of x·bend·x/2 - pull·x with all but the last of x at or above 0, one coordinate after another."""
    x, last = start.copy(), len(start) - 1
    for _ in range(1_000):
        moved = 0.0
        for i in range(len(x)):
            best = x[i] + (pull[i] - bend[i] @ x) / bend[i, i]
            best = best if i == last else max(best, 0.0)
            moved, x[i] = max(moved, abs(best - x[i])), best
        if moved < 1e-10:
            break
    return x
