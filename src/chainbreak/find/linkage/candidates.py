"""Which pairs of reports are compared: those that meet in a key that says something, or in a pattern.

A key that few name gives all pairs; one that many name gives each report its neighbours in time, and its neighbours of
the same type, so that work grows with the reports and not with their square. What is not compared is not forgotten:
clusters join through the chain of neighbours. Every rule looks at one key's reports alone, so that a new report changes
the pairs of its own keys and no others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chainbreak.find.linkage.hubs import Groups
from chainbreak.find.linkage.model import Ints, Near, Reports

ALL_UP_TO = 10
"""Reports of a key up to which every pair is compared. Our choice."""
NEIGHBOURS = 4
"""Neighbours in time, and in time within the type, beyond that. Our choice."""
MOST_NEAR = 30
"""Reports that meet in a pattern up to which it says anything: it holds ten to ten thousand numbers. Our choice."""

Pairs = tuple[Ints, Ints]
"""Rows (a, b) of reports, a < b, distinct, sorted."""


def by_keys(reports: Reports, digests: NDArray[np.uint64], groups: Groups, speaks: Ints) -> Pairs:
    """Pairs through the keys `speaks` (places in `groups`). Reports of one moment stand in the order of their digests,
    whatever rows they have.
    """
    sizes = groups.sizes[speaks]
    if not len(speaks):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    owner = np.repeat(np.arange(len(speaks)), sizes)
    within = np.arange(len(owner)) - np.repeat(np.append(0, np.cumsum(sizes))[:-1], sizes)
    report = groups.report[np.repeat(groups.start[speaks], sizes) + within]
    at, kind = reports.occurred_us[report], reports.type[report]
    big = np.repeat(sizes > ALL_UP_TO, sizes)
    found = [_neighbours(owner, report, np.lexsort((digests[report], at, owner)), np.where(big, NEIGHBOURS, ALL_UP_TO))]
    rows = np.flatnonzero(big & (kind >= 0))
    part = owner[rows] * 256 + kind[rows]
    found.append(_neighbours(part, report[rows], np.lexsort((digests[report[rows]], at[rows], part)),
                             np.full(len(rows), NEIGHBOURS)))  # fmt: skip
    return distinct(np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found]), reports.n)


def _neighbours(owner: Ints, report: Ints, order: Ints, reach: Ints) -> Pairs:
    """Each row with the next `reach` of its owner in `order`."""
    owner, report, reach = owner[order], report[order], reach[order]
    left, right = [], []
    for step in range(1, int(reach.max(initial=0)) + 1):
        hit = (owner[step:] == owner[:-step]) & (reach[:-step] >= step)
        left.append(report[:-step][hit])
        right.append(report[step:][hit])
    empty = np.empty(0, np.int64)
    return np.concatenate([empty, *left]), np.concatenate([empty, *right])


def near_rows(near: Near) -> Near:
    """The rows of patterns in which at least two different values meet, and not too many reports; sorted by pattern."""
    # Nearly every pattern has one row: they go before anything is sorted by more than one column.
    order = np.argsort(near.pattern, kind="stable")
    again = np.diff(near.pattern[order]) == 0
    order = order[np.append(again, False) | np.append(False, again)] if len(order) else order
    rows = Near(*(column[order] for column in near))
    order = np.lexsort((rows.report, rows.value, rows.pattern))
    rows = Near(*(column[order] for column in rows))
    if not len(rows.pattern):
        return rows
    owner = _owners(rows.pattern)
    fresh = np.concatenate([[True], (rows.value[1:] != rows.value[:-1]) | (owner[1:] != owner[:-1])])
    keep = ((np.bincount(owner, fresh) >= 2) & (np.bincount(owner) <= MOST_NEAR))[owner]
    return Near(*(column[keep] for column in rows))


def _owners(pattern: Ints) -> Ints:
    """Numbers 0, 1, … for runs of equal values."""
    owners: Ints = np.cumsum(np.concatenate([np.zeros(min(len(pattern), 1), np.int64), pattern[1:] != pattern[:-1]]))
    return owners


def by_patterns(rows: Near, n: int) -> tuple[Ints, Ints, Ints]:
    """Pairs (a, b, kind) that meet in a pattern of `rows` with different values; one row a pair and kind."""
    left, right, kind = [], [], []
    for step in range(1, MOST_NEAR):
        hit = (rows.pattern[step:] == rows.pattern[:-step]) & (rows.value[step:] != rows.value[:-step])
        hit &= rows.report[step:] != rows.report[:-step]
        left.append(rows.report[:-step][hit])
        right.append(rows.report[step:][hit])
        kind.append(rows.kind[:-step][hit])
    a, b, of = np.concatenate(left), np.concatenate(right), np.concatenate(kind)
    code = once((np.minimum(a, b) * n + np.maximum(a, b)) * 16 + of)
    pair = code // 16
    return pair // max(n, 1), pair % max(n, 1), code % 16


def distinct(a: Ints, b: Ints, n: int) -> Pairs:
    """The pairs once each, the smaller row first, sorted."""
    code = once(np.minimum(a, b) * n + np.maximum(a, b))
    return code // max(n, 1), code % max(n, 1)


def once(values: Ints) -> Ints:
    """The values once each, ascending. (NumPy's `unique` hashes first, ten times slower on millions.)"""
    values = np.sort(values)
    distinct_values: Ints = values[np.append(np.ones(min(len(values), 1), bool), values[1:] != values[:-1])]
    return distinct_values
