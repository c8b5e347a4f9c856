"""The two protocols of amlsim20k: five folds of accounts over the whole graph, and a cut in time.

*Folds* is that of shared/data/README.md: all payments are visible, labels of the test fold are not. *Cut* is that of
spec/tracing.md 11: models and their threshold are made on day `LEARNT` from accounts of one side; accounts of the other
side, no ring of which is on the first, are judged every week after it from what had been paid by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chainbreak.bench.mules.features import known_features, own_features
from chainbreak.bench.mules.models import Way, bits, boosted, isolated, naive
from chainbreak.bench.mules.payments import FOLDS, Flags, Floats, Ints, Payments, folds, sides
from chainbreak.find.models.extra import ml

FIXED = (isolated, naive)
"""Ways that have a threshold of their own: `HALF` everywhere."""
WAYS: Mapping[str, tuple[Way, bool]] = {
    "ours: bits": (bits, True), "LightGBM, same features": (boosted, True),
    "ours without known guilt": (bits, False), "LightGBM without known guilt": (boosted, False),
    "isolation forest": (isolated, False), "naive: over .9 out within a day": (naive, False),
}  # fmt: skip
"""Method -> way, and whether it is told of guilt known among counterparties."""
HALF = 0.5
LEARNT, LAST, EVERY, WINDOW = 75, 149, 7, 75
"""Days: when models are made, the last of the set, between judgements, and how far back features look at any moment."""
INNER = 4
TOP = 100


@dataclass(frozen=True)
class Reached:
    """What a method reached: average precision, AUC, F1 at its threshold, share of guilty among the `TOP` highest,
    rings of which half of the members (any member) were flagged, of how many, and the median of days from a ring's
    first transfer after learning to its first flag; NaN where a protocol has none."""

    method: str
    accounts: int
    ap: float
    auc: float
    f1: float
    p_at_top: float
    rings: int = 0
    ring_recall: float = np.nan
    ring_any: float = np.nan
    days_to_alert: float = np.nan


def by_folds(of: Payments, ways: Mapping[str, tuple[Way, bool]] = WAYS) -> list[Reached]:
    """Every method on pooled scores of five folds, F1 at .5."""
    fold, own = folds(of.accounts), own_features(of, LAST)
    scores = {method: np.zeros(of.accounts) for method in ways}
    for held in range(FOLDS):
        train = fold != held
        for method, (way, told) in ways.items():
            features = own | (_cross_known(of, train, fold) if told else {})
            scores[method][~train] = way(_rows(features, train), of.guilty[train], _rows(features, ~train))
    return [_ranked(method, of.guilty, score, HALF) for method, score in scores.items()]


def by_time(of: Payments, ways: Mapping[str, tuple[Way, bool]] = WAYS) -> list[Reached]:
    """Every method, learnt on day `LEARNT` from the training side, judging the other side until the last day."""
    learn, found = sides(of), []
    fold = np.arange(of.accounts) % INNER
    moments = [*range(LEARNT + EVERY, LAST, EVERY), LAST]
    seen = {moment: of.between(moment - WINDOW + 1, moment) for moment in [LEARNT, *moments]}
    own = {moment: own_features(payments, moment) for moment, payments in seen.items()}
    known = known_by(of, LEARNT)
    for method, (way, told) in ways.items():
        features = own[LEARNT] | (_cross_known(seen[LEARNT], learn, fold, known) if told else {})
        cut = HALF if way in FIXED else _threshold(way, features, known, learn, fold)

        def judged(moment: int, way: Way = way, told: bool = told, features: dict[str, Floats] = features) -> Floats:
            now = own[moment] | (known_features(seen[moment], learn, known_by(of, moment)) if told else {})
            return way(_rows(features, learn), known[learn], _rows(now, ~learn))

        found.append(_followed(method, of, ~learn, cut, {m: judged(m) for m in moments}))
    return found


def known_by(of: Payments, moment: int) -> Flags:
    """Who can be known to be guilty by a day: labelled accounts whose ring had moved by then, and those labelled
    accounts of which the set shows no alert at all."""
    moved = np.zeros(of.accounts, bool)
    early = of.alert & (of.day <= moment)
    moved[of.payer[early]] = moved[of.payee[early]] = True
    guilty: Flags = of.guilty & (moved | (of.ring < 0))
    return guilty


def _cross_known(of: Payments, train: Flags, fold: Ints, guilty: Flags | None = None) -> dict[str, Floats]:
    """Features of known guilt: what the training accounts tell of the others, and of a training account what those of
    the other folds tell, so that no label is among its own features."""
    labels = of.guilty if guilty is None else guilty
    found = known_features(of, train, labels)
    for part in np.unique(fold[train]).tolist():
        mine = train & (fold == part)
        for name, column in known_features(of, train & (fold != part), labels).items():
            found[name] = np.where(mine, column, found[name])
    return found


def _threshold(way: Way, features: Mapping[str, Floats], guilty: Flags, learn: Flags, fold: Ints) -> float:
    """The score with the best F1 over inner folds of the training side."""
    score = np.zeros(len(learn))
    for part in range(INNER):
        train, held = learn & (fold != part), learn & (fold == part)
        score[held] = way(_rows(features, train), guilty[train], _rows(features, held))
    precision, recall, cuts = ml("sklearn.metrics").precision_recall_curve(guilty[learn], score[learn])
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(cuts[int(np.argmax(f1[:-1]))])


def _followed(method: str, of: Payments, test: Flags, cut: float, scores: Mapping[int, Floats]) -> Reached:
    """The last judgement's figures, and of each ring when it was flagged first."""
    at = np.flatnonzero(test)
    first = np.full(of.accounts, np.inf)
    for moment, score in sorted(scores.items()):
        flagged = at[score >= cut]
        first[flagged] = np.minimum(first[flagged], moment)
    reached = _ranked(method, of.guilty[test], scores[LAST], cut)
    moving = of.alert & (of.day > LEARNT)
    half, some, delays = [], [], []
    for ring in np.unique(of.ring[test & (of.ring >= 0)]).tolist():
        members, mine = of.ring == ring, moving & (of.ring[of.payer] == ring)
        if not mine.any():
            continue
        half.append(bool(np.isfinite(first[members]).mean() >= HALF))
        some.append(bool(np.isfinite(first[members]).any()))
        delays.append(max(0.0, float(first[members].min() - of.day[mine].min())))
    return Reached(**{**vars(reached), "rings": len(half), "ring_recall": float(np.mean(half)),
                      "ring_any": float(np.mean(some)), "days_to_alert": float(np.median(delays))})  # fmt: skip


def _ranked(method: str, guilty: Flags, score: Floats, cut: float) -> Reached:
    measures = ml("sklearn.metrics")
    top, flagged = np.argsort(-score, kind="stable")[:TOP], score >= cut
    f1 = 2 * float((flagged & guilty).sum()) / max(1.0, float(flagged.sum() + guilty.sum()))
    ap, auc = measures.average_precision_score(guilty, score), measures.roc_auc_score(guilty, score)
    return Reached(method, len(guilty), float(ap), float(auc), f1, float(guilty[top].mean()))


def _rows(features: Mapping[str, Floats], kept: Flags) -> dict[str, Floats]:
    return {name: column[kept] for name, column in features.items()}
