"""Bits without labels: u from random pairs, m by expectation-maximisation (Winkler 1988) over candidate pairs.

Pairs that a blocking rule brought together all agree on its columns, so a rule teaches nothing about them: fit one
table for each rule with those comparisons not `free`, then `averaged`, then `fit_prior` for the odds among all pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainbreak.find.linkage.fellegi_sunter.bits import Bits, Floats, Levels, counts, lookup

START_M = 0.9
"""Share of linked pairs assumed at first to reach the highest level; the others share the rest evenly."""
MOST_ROUNDS, CLOSE_ENOUGH = 200, 1e-6
Shares = tuple[Floats, ...]
"""For each comparison, the share of pairs at each level."""


def shares(levels: Levels, n_levels: Sequence[int], prior: float = 1.0) -> Shares:
    """The share of pairs at each level of each comparison; `prior` imaginary pairs are spread over its levels.

    Of pairs drawn at random, nearly all unlinked, this is u (Splink estimates it likewise).

    >>> [row.tolist() for row in shares(np.array([[0], [0], [1]], np.uint8), [2])]
    [[0.625, 0.375]]
    """
    rows = []
    for t, n in enumerate(n_levels):
        found = counts(levels[:, t], n) + prior / n
        rows.append(found / found.sum())
    return tuple(rows)


def fit_em(
    levels: Levels, n_levels: Sequence[int], u: Shares, free: Sequence[bool] | None = None,
    extra: Floats | None = None, share_linked: float = 0.1,
) -> Bits:  # fmt: skip
    """Bits of candidate pairs by EM with `u` held fixed; `prior_bits` is the log2 odds among these candidates.

    Args:
        levels: (n, t) levels of the candidate pairs.
        n_levels: how many levels each comparison has.
        u: share of unlinked pairs at each level (`shares` of random pairs).
        free: comparisons to learn; the others (those the pairs were chosen by) take no part and are worth 0 bits.
        extra: further bits of each comparison and pair (`rarity_bits`), which speak in every round.
        share_linked: first guess of how many of the candidates are linked.

    >>> rng = np.random.default_rng(1)
    >>> linked = rng.random(20_000) < 0.3
    >>> levels = (rng.random((20_000, 3)) < np.where(linked, 0.9, 0.05)[:, None]).astype(np.uint8)
    >>> table = fit_em(levels, [2] * 3, tuple(np.array([0.95, 0.05]) for _ in range(3)))
    >>> [round(b) for b in table.bits[0]], round(2**table.prior_bits / (1 + 2**table.prior_bits), 1)
    ([-3, 4], 0.3)
    """
    taught = [t for t in range(len(n_levels)) if free is None or free[t]]
    m = {t: _first_m(n_levels[t]) for t in taught}
    more = np.zeros(len(levels)) if extra is None else extra[:, taught].sum(axis=1)
    odds = float(np.log2(share_linked / (1.0 - share_linked)))
    for _ in range(MOST_ROUNDS):
        total = odds + more
        for t in taught:
            total = total + lookup(np.log2(m[t] / u[t]))[levels[:, t]]
        likely = chance(total)
        before = m
        m = {t: _share_of(levels[:, t], n_levels[t], likely) for t in taught}
        mean = float(np.clip(likely.mean(), 1e-12, 1.0 - 1e-12))
        odds = float(np.log2(mean / (1.0 - mean)))
        if max((float(np.abs(m[t] - before[t]).max()) for t in taught), default=0.0) < CLOSE_ENOUGH:
            break
    rows = (np.log2(m[t] / u[t]) if t in m else np.zeros(n) for t, n in enumerate(n_levels))
    return Bits(odds, tuple(tuple(row.tolist()) for row in rows))


def averaged(parts: Sequence[tuple[Bits, Sequence[bool]]]) -> Bits:
    """One table of several, each with the comparisons it was free to learn: the mean of their bits, the first's prior.

    >>> both = averaged([(Bits(-1.0, ((2.0,), (0.0,))), [True, False]), (Bits(0.0, ((4.0,), (1.0,))), [True, True])])
    >>> both.bits, both.prior_bits
    (((3.0,), (1.0,)), -1.0)

    Raises:
        ValueError: nobody was free to learn one of the comparisons.
    """
    rows = []
    for t in range(len(parts[0][0].bits)):
        taught = [part.bits[t] for part, free in parts if free[t]]
        if not taught:
            raise ValueError(f"comparison {t} is never free")
        rows.append(tuple(np.mean(taught, axis=0).tolist()))
    return Bits(parts[0][0].prior_bits, tuple(rows))


def fit_prior(table: Bits, levels: Levels, all_pairs: int, extra: Floats | None = None) -> Bits:
    """`table` with the prior of `all_pairs`, of which those in `levels` are all that may be linked.

    >>> levels = np.array([[1]] * 10 + [[0]] * 90, np.uint8)
    >>> found = fit_prior(Bits(0.0, ((-30.0, 30.0),)), levels, 1000)
    >>> round(found.prior_bits, 3) == round(float(np.log2(10 / 990)), 3)
    True
    """
    told = Bits(0.0, table.bits).score(levels, extra)
    odds = float(np.log2(1.0 / all_pairs))
    for _ in range(MOST_ROUNDS):
        linked = float(chance(odds + told).sum())
        before, odds = odds, float(np.log2(max(linked, 1e-9) / max(all_pairs - linked, 1e-9)))
        if abs(odds - before) < CLOSE_ENOUGH:
            break
    return Bits(odds, table.bits)


def chance(bits: Floats) -> Floats:
    """Probability of log2 odds.

    >>> chance(np.array([0.0, 1.0, -2000.0])).round(3).tolist()
    [0.5, 0.667, 0.0]
    """
    result: Floats = 1.0 / (1.0 + np.exp2(-np.clip(bits, -1000.0, 1000.0)))
    return result


def _first_m(n: int) -> Floats:
    if n == 1:
        return np.ones(1)
    first = np.full(n, (1.0 - START_M) / (n - 1))
    first[-1] = START_M
    return first


def _share_of(levels: Levels, n: int, likely: Floats) -> Floats:
    # One imaginary pair, spread evenly, keeps a level that no pair reaches from being worth minus infinity.
    found = counts(levels, n, likely) + 1.0 / n
    return np.asarray(found / found.sum())
