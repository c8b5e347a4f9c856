"""Learning a table of weights from labelled reports: linear margins on pieces of text, made probabilities out of fold.

One support vector machine a type against the rest (Fan et al. 2008, LIBLINEAR), every type weighing the same however
rare, on sublinear tf-idf of runs of signs, and of tokens where they help out of fold. Margins are no probabilities: on
scores of rows that were not learnt from, and whose near-duplicates were not either, one factor is fitted by log-loss
(temperature scaling; Guo et al. 2017, ICML) and goes into the table. Needs the extra `ml`; equal rows give equal
weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.base.errors import InputError
from chainbreak.text.fraud.extra import ml
from chainbreak.text.fraud.grams import Block, grams
from chainbreak.text.fraud.groups import folds_of
from chainbreak.text.fraud.measures import macro_f1
from chainbreak.text.fraud.table import FORMAT, Part, TableModel

BLOCKS = (Block("char", 1, 4), Block("token", 1, 2))
"""The first alone, or both: whichever has the higher macro-F1 out of fold on the rows learnt from."""
LEAST_TEXTS = 2
"""A piece met in fewer texts says nothing about others."""
COST = 1.0
"""C of the machines: between .3 and 3 the macro-F1 of inner folds moves by less than its spread."""
INNER_FOLDS = 4
LEAST_AND_MOST = (0.01, 100.0)
"""Bounds of the factor from margins to nats."""
RIGHT = 0.9
"""An answer is given from that probability on at which so many out-of-fold answers are right, and never below even."""
EVEN = 0.5

Shares = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class _Counted:
    """How often each piece of one block is met: CSR matrix, texts x pieces."""

    block: Block
    grams: tuple[str, ...]
    counts: Any


@dataclass(frozen=True)
class _Linear:
    """Weights of all blocks one above the other (pieces x types), and the bias of each type, before calibration."""

    weights: Shares
    bias: Shares


def learn(texts: Sequence[str], labels: Sequence[str], groups: Ids) -> TableModel:
    """The table learnt from `texts` with `labels`; rows of one of `groups` are never on both sides of an inner fold.

    Raises:
        InputError: no two texts have a piece in common (CB-FR-004).
        SetupError: the extra `ml` is not installed (CB-FR-006).
    """
    types = tuple(sorted(set(labels)))
    truth = np.array([types.index(label) for label in labels], np.int64)
    folds = folds_of(groups, labels, INNER_FOLDS)
    counted = [part for block in BLOCKS if (part := _count(texts, block))]
    if not counted:
        raise InputError("CB-FR-004", "the reports have no wording in common", given=f"{len(texts)} reports")
    tried = [_out_of_fold(counted[:upto], truth, folds, len(types)) for upto in range(1, len(counted) + 1)]
    inner = [macro_f1(margins.argmax(axis=1), truth) for margins in tried]
    upto = inner.index(max(inner)) + 1
    counted, margins = counted[:upto], tried[upto - 1]
    factor = calibrate(margins, truth)
    abstain_below = answer_from(softmax(margins * factor), truth)
    idfs = [_idf(part.counts) for part in counted]
    linear = _fit(_values(counted, idfs), truth, len(types))
    card = {
        "format": FORMAT, "types": list(types), "blocks": [list(part.block) for part in counted],
        "abstain_below": abstain_below, "rows": len(texts),
        "rows_by_type": {key: int((truth == at).sum()) for at, key in enumerate(types)},
        "inner_macro_f1": inner, "factor": factor,
    }  # fmt: skip
    cuts = np.cumsum([len(part.grams) for part in counted])[:-1]
    parts = tuple(
        Part(part.block, part.grams, idf.astype(np.float32), (weights * factor).astype(np.float32))
        for part, idf, weights in zip(counted, idfs, np.split(linear.weights, cuts), strict=True)
    )
    bias = (linear.bias * factor).astype(np.float32)
    return TableModel(types, parts, bias, abstain_below, card)


def _count(texts: Sequence[str], block: Block) -> _Counted | None:
    """The counts of one block; None where no piece is met in enough texts."""
    vectorizer = ml("sklearn.feature_extraction.text").CountVectorizer(
        analyzer=partial(grams, block=block), dtype=np.float32
    )
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # how scikit-learn says that there is not one piece
        return None
    names = vectorizer.get_feature_names_out()
    often = np.flatnonzero(np.asarray((counts > 0).sum(axis=0)).ravel() >= LEAST_TEXTS)
    return _Counted(block, tuple(names[often].tolist()), counts[:, often]) if len(often) else None


def _idf(counts: Any) -> Shares:
    """ln((1 + texts) / (1 + texts with the piece)) + 1; 0 for a piece met in too few of these texts."""
    met = np.asarray((counts > 0).sum(axis=0), float).ravel()
    idf = np.log((1.0 + counts.shape[0]) / (1.0 + met)) + 1.0
    return np.where(met >= LEAST_TEXTS, idf, 0.0)


def _values(counted: Sequence[_Counted], idfs: Sequence[Shares], rows: Any = slice(None)) -> Any:
    """The values of the pieces as `table.Part.values` defines them: texts x pieces of all blocks side by side."""
    sparse, normalize = ml("scipy.sparse"), ml("sklearn.preprocessing").normalize
    blocks = []
    for part, idf in zip(counted, idfs, strict=True):
        values = part.counts[rows].copy()
        values.data = 1.0 + np.log(values.data)
        blocks.append(normalize(values @ sparse.diags(idf.astype(np.float32)), copy=False))
    return sparse.hstack(blocks, format="csr")


def _fit(values: Any, truth: Ids, types: int) -> _Linear:
    machine = ml("sklearn.svm").LinearSVC(C=COST, class_weight="balanced", random_state=0)
    machine.fit(values, truth)
    weights, bias = machine.coef_.T, machine.intercept_
    if len(machine.classes_) == 2:  # one machine tells two types apart; each gets its side
        weights, bias = np.hstack([-weights, weights]), np.concatenate([-bias, bias])
    # A type that these rows lack keeps no weights and the bias of a sure no.
    full = _Linear(np.zeros((values.shape[1], types)), np.full(types, -1.0))
    full.weights[:, machine.classes_], full.bias[machine.classes_] = weights, bias
    return full


def _out_of_fold(counted: Sequence[_Counted], truth: Ids, folds: Ids, types: int) -> Shares:
    """Margins of every row from machines that learnt from the other folds."""
    margins = np.zeros((len(truth), types))
    for fold in np.unique(folds):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        idfs = [_idf(part.counts[outside]) for part in counted]
        linear = _fit(_values(counted, idfs, outside), truth[outside], types)
        margins[inside] = _values(counted, idfs, inside) @ linear.weights + linear.bias
    return margins


def calibrate(margins: Shares, truth: Ids) -> float:
    """The factor under which the softmax of margins has the least log-loss: it is convex in the factor.

    One row in `rows + 2` counts as any type (Platt 1999, in Advances in Large Margin Classifiers), so that rows which
    are all right do not make it boundless.

    >>> round(calibrate(np.array([[1.0, -1.0]] * 10_000), np.array([0] * 9_000 + [1] * 1_000)), 2)  # ln(9) / 2
    1.1
    """
    slip, rows = 1.0 / (len(truth) + 2), np.arange(len(truth))

    def loss(factor: float) -> float:
        scores = margins * factor
        top = scores.max(axis=1)
        spread = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
        return float((spread - (1 - slip) * scores[rows, truth] - slip * scores.mean(axis=1)).mean())

    best = ml("scipy.optimize").minimize_scalar(loss, bounds=LEAST_AND_MOST, method="bounded", options={"xatol": 1e-6})
    return round(float(best.x), 3)


def softmax(scores: Shares) -> Shares:
    """Shares that add up to 1 along each row, from scores in nats."""
    risen = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=1, keepdims=True))


def answer_from(shares: Shares, truth: Ids) -> float:
    """The least probability at which answers are right often enough (RIGHT), and no less than EVEN."""
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    order = np.argsort(-sure, kind="stable")
    enough = np.cumsum(right[order]) >= RIGHT * np.arange(1, len(order) + 1)
    # A threshold cannot part rows that are equally sure: only the last of them counts.
    enough &= np.r_[np.diff(sure[order]) != 0, True]
    last = np.flatnonzero(enough)
    return max(EVEN, math.floor(sure[order[last[-1]]] * 1e4) / 1e4) if len(last) else 1.0
