"""Which reports tell the same story in nearly the same words: a group is on one side of every split, never on both."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chainbreak.text.likeness import Shelf

ALIKE = 0.7
"""Texts that share so much of their shingles are near-duplicates (linkage spec 4)."""
_BATCH = 2_000
_NEIGHBOURS = 32

Ids = NDArray[np.int64]


def groups_of(texts: Sequence[str]) -> Ids:
    """The group of each text: near-duplicates, single link; the number is the first member's row.

    >>> groups_of(["称快递丢失可双倍理赔", "刷单返利做任务", "称快递丢失可双倍理赔。"]).tolist()
    [0, 1, 0]
    """
    parent = list(range(len(texts)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first: dict[str, int] = {}
    for row, text in enumerate(texts):
        parent[row] = first.setdefault(text, row)
    distinct = list(first.values())
    shelf = Shelf()
    shelf.add([str(row) for row in distinct], [texts[row] for row in distinct])
    for at in range(0, len(distinct), _BATCH):
        asked = distinct[at : at + _BATCH]
        for row, matches in zip(asked, shelf.search([texts[r] for r in asked], ALIKE, _NEIGHBOURS), strict=True):
            for match in matches:
                a, b = root(row), root(int(match.name))
                parent[max(a, b)] = min(a, b)
    return np.array([root(row) for row in range(len(texts))], np.int64)


def folds_of(groups: Ids, labels: Sequence[str], folds: int) -> Ids:
    """A fold 0..folds-1 for each row; groups stay whole, and each label is spread as evenly as they allow.

    Deterministic: groups go from the largest to the smallest (ties: lowest number) to the fold that has the fewest
    rows of the label most of the group bears.

    >>> folds_of(np.array([0, 0, 2, 3]), ["a", "a", "a", "b"], 2).tolist()
    [0, 0, 1, 1]
    """
    names, coded = np.unique(np.asarray(labels, object).astype(str), return_inverse=True)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(groups[order]) != 0])
    members = np.split(order, starts[1:])
    load = np.zeros((folds, len(names)), np.int64)
    fold = np.zeros(len(groups), np.int64)
    for rows in sorted(members, key=lambda rows: (-len(rows), int(groups[rows[0]]))):
        counts = np.bincount(coded[rows], minlength=len(names))
        common = int(counts.argmax())
        chosen = min(range(folds), key=lambda f: (load[f, common], int(load[f].sum()), f))
        fold[rows] = chosen
        load[chosen] += counts
    return fold


def a_fifth(groups: Ids, texts: Sequence[str]) -> NDArray[np.bool_]:
    """True for about a fifth of the groups, by a hash of each group's first text: the same rows on every machine."""
    chosen = {g: hashlib.sha256(texts[g].encode()).digest()[0] < 51 for g in np.unique(groups).tolist()}
    return np.array([chosen[g] for g in groups.tolist()], np.bool_)
