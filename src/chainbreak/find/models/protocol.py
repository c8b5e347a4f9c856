"""The protocol of the public set (spec/goip.md 9): many splits, our recipe and the reference on the very same rows.

Means and standard deviations over splits; differences are paired by split. An improvement is claimed only where the
mean difference exceeds one standard deviation of the differences; the gate is a mean difference of at least -.002.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainbreak.base.progress import Advance, silent
from chainbreak.find.models.measures import MEASURES, best_cut, measure
from chainbreak.find.models.ratios import Ratio, usable, with_ratios
from chainbreak.find.models.recipe import AVERAGE, REFERENCE, Recipe, fit, log_odds
from chainbreak.find.models.table import LIFETIME, Labelled, matches
from chainbreak.find.models.train import split_of

SEEDS = (2, *range(100, 109))
SHARES = (0.6, 0.2)
FOUR = ("phone2opposite_mean", "voc_calltype1", "imeis", "opposite_unique")
"""Calls per peer, outgoing share, IMEIs, distinct peers: what a table of any operator can have."""
GATE = -0.002


def run_protocol(
    data: Labelled, ratios: Sequence[Ratio] = (), *, lifetime: Sequence[str] = LIFETIME, seeds: Sequence[int] = SEEDS,
    shares: Sequence[float] = SHARES, advance: Advance = silent,
) -> list[dict[str, Any]]:  # fmt: skip
    """Rows (split, features, model, splits, then `MEASURES` as text `mean ± sd`): the reference, ours, and ours less
    the reference with a verdict (better, equal, worse) a measure. `advance` is called once a split and set of features.
    """
    rows: list[dict[str, Any]] = []
    for share in shares:
        for name, part in variants(data, lifetime):
            runs: dict[str, list[dict[str, float]]] = {REFERENCE.name: [], AVERAGE.name: []}
            for seed in seeds:
                runs[REFERENCE.name].append(_one(part, (), REFERENCE, share, seed))
                runs[AVERAGE.name].append(_one(part, ratios, AVERAGE, share, seed))
                advance(1.0)
            rows += _summary(f"{share:.0%} to learn", f"{name} ({len(part.names)})", runs)
    return rows


def variants(data: Labelled, lifetime: Sequence[str]) -> Iterator[tuple[str, Labelled]]:
    """The table whole, without the features of a line's lifetime, and with four features only, where it has them."""
    yield "all", data
    kept = [name for name in data.names if not matches(name, lifetime)]
    if 0 < len(kept) < len(data.names):
        yield "without lifetime", data.only(kept)
    if set(FOUR) <= set(data.names):
        yield "four", data.only(FOUR)


def _one(data: Labelled, ratios: Sequence[Ratio], recipe: Recipe, share: float, seed: int) -> dict[str, float]:
    split = split_of(data.labels, share, seed)
    features = with_ratios(data.values, data.names, usable(ratios, data.names))
    boosters = fit(recipe, features[split.learn], data.labels[split.learn])
    cut = best_cut(data.labels[split.choose], log_odds(boosters, features[split.choose]))
    return measure(data.labels[split.test], log_odds(boosters, features[split.test]), cut)


def _summary(split: str, features: str, runs: dict[str, list[dict[str, float]]]) -> list[dict[str, Any]]:
    peer, ours = runs[REFERENCE.name], runs[AVERAGE.name]
    same = {"split": split, "features": features, "splits": len(peer)}
    rows = [
        {**same, "model": name, **{m: _text([r[m] for r in found]) for m in MEASURES}} for name, found in runs.items()
    ]
    gaps = {m: [a[m] - b[m] for a, b in zip(ours, peer, strict=True)] for m in MEASURES}
    rows.append(
        {**same, "model": "difference", **{m: f"{_text(gap, '+')} {verdict(gap, m)}" for m, gap in gaps.items()}}
    )
    return rows


def _text(values: Sequence[float], sign: str = "") -> str:
    return f"{np.mean(values):{sign}.4f} ± {_sd(values):.4f}"


def _sd(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def verdict(gaps: Sequence[float], measure_name: str = "auc") -> str:
    """better or worse beyond one standard deviation of the paired differences, else equal; a lower `fpr` is better.

    >>> verdict([0.01, 0.02, 0.015]), verdict([0.01, -0.02, 0.015]), verdict([0.01, 0.02, 0.015], "fpr")
    ('better', 'equal', 'worse')
    """
    mean = float(np.mean(gaps)) * (-1 if measure_name == "fpr" else 1)
    if abs(mean) <= _sd(gaps):
        return "equal"
    return "better" if mean > 0 else "worse"
