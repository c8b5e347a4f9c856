"""From labelled rows to a scorer: three fifths to learn, one to calibrate and cut, one to say how good it is.

The last fifth is never used otherwise, so its figures are those of the very model that is kept. The split is by row:
cards of one box may lie on both sides, which flatters; measure on another city, region or month before believing it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from chainbreak.base.errors import InputError, UsageError
from chainbreak.find.contract.calibration import conformal_cut, expected_calibration_error, reliability
from chainbreak.find.models.extra import ml
from chainbreak.find.models.leaks import alone, warnings_of
from chainbreak.find.models.measures import best_cut, measure
from chainbreak.find.models.ratios import Ratio, usable, with_ratios
from chainbreak.find.models.recipe import AVERAGE, Recipe, fit, log_odds
from chainbreak.find.models.rules import naive_rule, rules_of
from chainbreak.find.models.score import Scorer
from chainbreak.find.models.table import LIFETIME, Labelled, matches, rows_digest

WORTHLESS_AUC = 0.55


@dataclass(frozen=True)
class Split:
    """Row numbers to learn from, to choose and calibrate on, and to measure on."""

    learn: np.ndarray
    choose: np.ndarray
    test: np.ndarray


def split_of(labels: np.ndarray, share: float, seed: int) -> Split:
    """`share` of the rows to learn from, .2 to choose on, the rest to test; strata by label (spec/goip.md 9)."""
    part = ml("sklearn.model_selection").train_test_split
    rows = np.arange(len(labels))
    learn, rest = part(rows, stratify=labels, train_size=share, random_state=seed)
    choose, test = part(rest, stratify=labels[rest], train_size=0.2 / (1 - share), random_state=seed)
    return Split(learn, choose, test)


def train(
    data: Labelled, *, ratios: Sequence[Ratio] = (), budget: float = 0.001, seed: int = 1,
    lifetime: Sequence[str] = LIFETIME, recipe: Recipe = AVERAGE,
) -> Scorer:  # fmt: skip
    """A scorer with its card. `budget`: share of honest rows that may be flagged; `lifetime`: what the ablation omits.

    Raises:
        UsageError: the budget is no share (CB-MO-015).
        InputError: a feature gives the label away (CB-MO-008), or the features say nothing about it (CB-MO-014).
        SetupError: the extra `ml` is not installed (CB-MO-001).
    """
    if not 0 < budget < 1:
        raise UsageError("CB-MO-015", "the budget is not a share", given=f"{budget:g}", allowed="above 0, below 1")
    single = alone(data)
    warnings = warnings_of(data, single, lifetime)
    split = split_of(data.labels, 0.6, seed)
    scorer = _fitted(data, split, ratios, budget, seed, recipe)
    held_out = _measured(data, split, scorer)
    if held_out["auc"] < WORTHLESS_AUC:
        raise InputError(
            "CB-MO-014", "the features say nothing about the label", given=f"AUC {held_out['auc']} on held-out rows",
            allowed=f"at least {WORTHLESS_AUC}",
        )  # fmt: skip
    if math.isinf(scorer.cut_bits):
        honest = int((~data.labels[split.choose]).sum())
        warnings.append(
            f"no cut: {honest} honest rows held out cannot promise a share of {budget:g}; nothing is flagged"
        )
    card = _card(data, split, scorer, {"name": recipe.name, "seed": seed}) | {
        "warnings": warnings, "features_alone": single, "test": held_out,
        "test_without_lifetime": _ablation(data, split, lifetime, ratios, budget, seed, recipe),
    }  # fmt: skip
    return replace(scorer, card=card)


def _fitted(data: Labelled, split: Split, ratios: Sequence[Ratio], budget: float, seed: int, recipe: Recipe) -> Scorer:
    made = usable(ratios, data.names)
    features = with_ratios(data.values, data.names, made)
    boosters = fit(recipe, features[split.learn], data.labels[split.learn], seed)
    raw = log_odds(boosters, features[split.choose])
    slope, offset = _platt(raw, data.labels[split.choose])
    honest = (slope * raw + offset)[~data.labels[split.choose]] / math.log(2)
    cut = conformal_cut(honest.tolist(), budget)
    return Scorer(boosters, data.names, made, slope, offset, cut, budget, {})


def _platt(raw: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Slope and offset on log-odds (Platt 1999): a straight line keeps ranks and lets contributions still add up.

    A slope below 0 would turn the order round; such a model says nothing and is made to say nothing.
    """
    line = ml("sklearn.linear_model").LogisticRegression(C=10.0).fit(raw.reshape(-1, 1), labels)
    return max(float(line.coef_[0, 0]), 0.0), float(line.intercept_[0])


def _measured(data: Labelled, split: Split, scorer: Scorer) -> dict[str, Any]:
    """Measures on the test rows; the cut of macro-F1 is chosen on the choosing rows."""
    choose = scorer.score_values(data.values[split.choose])
    test = scorer.score_values(data.values[split.test])
    truth = data.labels[split.test]
    cut = best_cut(data.labels[split.choose], choose.bits)
    rates = {name: round(value, 4) for name, value in measure(truth, test.bits, cut).items()}
    return {
        **rates, "ece": expected_calibration_error(reliability(test.probability.tolist(), truth.tolist())),
        "flagged_fraud": f"{int((test.flagged & truth).sum())} of {int(truth.sum())}",
        "flagged_others": f"{int((test.flagged & ~truth).sum())} of {int((~truth).sum())}",
    }  # fmt: skip


def _ablation(
    data: Labelled,
    split: Split,
    lifetime: Sequence[str],
    ratios: Sequence[Ratio],
    budget: float,
    seed: int,
    recipe: Recipe,
) -> dict[str, Any] | None:
    """The same measures without features that say how long a line lived; None when the table has none, or no others."""
    kept = [name for name in data.names if not matches(name, lifetime)]
    if not kept or len(kept) == len(data.names):
        return None
    bare = data.only(kept)
    return _measured(bare, split, _fitted(bare, split, ratios, budget, seed, recipe))


def _card(data: Labelled, split: Split, scorer: Scorer, recipe: Mapping[str, Any]) -> dict[str, Any]:
    choose = data.values[split.choose]
    described = scorer.score_values(choose, explain=True)
    honest = int((~data.labels[split.choose]).sum())
    return {
        "subject": "a line (a card or a number), never a person",
        "units": "unknown: the table gives none", "recipe": recipe,
        "rows": len(data.labels), "fraud": int(data.labels.sum()),
        "split": {"learn": len(split.learn), "choose": len(split.choose), "test": len(split.test), "by": "row"},
        "left_out": dict(data.dropped),
        "features_digest": hashlib.sha256("\n".join(scorer.names).encode()).hexdigest(),
        "rows_digest": rows_digest(data.values, data.labels),
        "honest_rows_behind_the_cut": honest, "honest_rows_needed": math.ceil(1 / scorer.budget) - 1,
        "versions": {name: version(name) for name in ("lightgbm", "scikit-learn", "numpy")},
        "naive": naive_rule(data, split.learn),
        "rules": rules_of(with_ratios(choose, data.names, scorer.ratios), described),
    }  # fmt: skip
