"""How much a shared key says: how rare it is, and whether those who name it tell one story.

A bank's hotline, a meeting app or a rented mule account touches gangs that have nothing to do with one another. A cap
on how many reports name a key fails (docs/explanation/linkage.md); what parts those from a gang's own number is that
their reports tell of different frauds, in other words, over a long time. So each key that three or more reports name
is measured on a sample of them. Fewer than three say nothing about the key, which then gets the prior of its kind; and
no measure uses which reports are linked, for that is what is being asked.

The sample is the `SAMPLE` reports with the smallest digest of their id, each compared with the next: an order that is
none of time, place or gang, depends on the set alone, and that a new report seldom changes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.linkage.model import Ints, Reports
from chainbreak.text.likeness import likeness

SAMPLE = 128
"""Reports of a key that are looked at: a share within ± .09 (95 %). Our choice."""
LEAST = 3
"""Reports from which a key is measured (spec: an id seen fewer than three times gets a prior)."""
SAME_SCRIPT = 0.25
"""Likeness from which two stories follow one script. Our choice."""


class Groups(NamedTuple):
    """Key by key: `key[i]`, of `kind[i]`, is named by the reports `report[start[i]:start[i + 1]]`, in their order."""

    key: Ints
    kind: Ints
    start: Ints
    report: Ints

    @property
    def sizes(self) -> Ints:
        """How many reports name each key."""
        return np.diff(self.start)


class Measures(NamedTuple):
    """What is measured of each key. `shares` are NaN below `LEAST` reports."""

    n: Ints
    script_same: NDArray[np.float64]  # share of compared reports that follow one script
    type_same: NDArray[np.float64]  # share of one type, of those whose types are known
    days: NDArray[np.float64]  # from the first to the last

    def only(self, keys: slice) -> Measures:
        """Those of some keys."""
        return Measures(self.n[keys], self.script_same[keys], self.type_same[keys], self.days[keys])


def group(reports: Reports) -> Groups:
    """The keys that two or more reports name."""
    named = reports.named
    order = np.lexsort((named.report, named.key))
    key, report, kind = named.key[order], named.report[order], named.kind[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.empty(0, np.int64)
    sizes = np.diff(np.append(first, len(key)))
    shared = sizes >= 2
    rows = np.repeat(shared, sizes)
    return Groups(key[first[shared]], kind[first[shared]], np.append(0, np.cumsum(sizes[shared])), report[rows])


def measure(reports: Reports, digests: NDArray[np.uint64], groups: Groups) -> Measures:
    """The measures of every key of `groups`; `digests` are of the reports' ids."""
    sizes = groups.sizes
    owner = np.repeat(np.arange(len(sizes)), sizes)
    at = reports.occurred_us[groups.report]
    spread = np.maximum.reduceat(at, groups.start[:-1]) - np.minimum.reduceat(at, groups.start[:-1]) if len(at) else at
    order = np.lexsort((digests[groups.report], owner))
    rank = np.arange(len(order)) - np.repeat(groups.start[:-1], sizes)
    in_sample = order[rank < SAMPLE]
    who, whose = groups.report[in_sample], owner[in_sample]
    pair = np.flatnonzero(whose[1:] == whose[:-1])
    a, b, k = who[pair], who[pair + 1], whose[pair]
    script = _share(likeness(reports.script[a], reports.script[b]) >= SAME_SCRIPT, k, len(sizes))
    known = (reports.type[a] >= 0) & (reports.type[b] >= 0)
    same = _share((reports.type[a] == reports.type[b])[known], k[known], len(sizes))
    few = sizes < LEAST
    script[few] = same[few] = np.nan
    return Measures(sizes, script, same, spread / US_PER_DAY)


def _share(hit: NDArray[np.bool_], owner: Ints, n: int) -> NDArray[np.float64]:
    """Hits over rows of each owner; NaN where it has no row."""
    rows = np.bincount(owner, minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        share: NDArray[np.float64] = np.bincount(owner, hit, minlength=n) / rows
    return share
