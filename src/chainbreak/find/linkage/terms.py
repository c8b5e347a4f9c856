"""What a pair of reports is worth: prior + Σ signed terms, each a row of the weights.

Two kinds of term. *Identifiers*: keys that both name (less what their sharing together says twice), and values that
are near one another. *Manner*: type, wording, time, district, amount, victim. Manner alone never links: it counts for
nothing above `CAP_MILLI` unless the identifiers are strong, and the cut is a term of its own, so that the sum holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.linkage.candidates import Pairs
from chainbreak.find.linkage.hubs import Groups
from chainbreak.find.linkage.model import KINDS, Ints, Reports
from chainbreak.find.linkage.weights import Weights
from chainbreak.text.likeness import likeness
from chainbreak.text.likeness.minhash import NOTHING

AT_ONCE = 250_000
"""Pairs looked at together, so that memory does not grow with their number."""
CAP_MILLI = -100
"""The most that a pair with less identifier bits than `Weights.strong` comes to, whatever its manner."""


class Scores(NamedTuple):
    """Grain: one pair. All in thousandths of a bit."""

    total: Ints
    identifiers: Ints
    manner: Ints
    cut: Ints  # 0, or what manner alone may not add


class Shared(NamedTuple):
    """Grain: one pair and key that both name; sorted by pair, then key."""

    pair: Ints
    group: Ints


def shared(groups: Groups, n: int, pairs: Pairs) -> Shared:
    """Every key that both of a pair name, whichever rule put them side by side."""
    owner = np.repeat(np.arange(len(groups.key)), groups.sizes)
    order = np.argsort(groups.report, kind="stable")  # owners ascend within a report
    report, key = groups.report[order], owner[order]
    named = _Named(report * max(len(groups.key), 1) + key, key, np.searchsorted(report, np.arange(n + 1)))
    found = [_shared(named, len(groups.key), at, pairs[0][at : at + AT_ONCE], pairs[1][at : at + AT_ONCE])
             for at in range(0, len(pairs[0]), AT_ONCE)]  # fmt: skip
    empty = np.empty(0, np.int64)
    return Shared(*(np.concatenate([empty, *(part[i] for part in found)]) for i in (0, 1)))


class _Named(NamedTuple):
    """Keys report by report: `code` is report * keys + key, ascending; those of report r begin at `start[r]`."""

    code: Ints
    key: Ints
    start: Ints


def _shared(named: _Named, keys: int, first: int, a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """Rows (pair, key) of some pairs, numbered from `first`."""
    if not len(named.code):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    count = named.start[a + 1] - named.start[a]
    pair = np.repeat(np.arange(len(a)), count)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    mine = named.key[named.start[a][pair] + within]
    wanted = b[pair] * keys + mine
    both = named.code[np.minimum(np.searchsorted(named.code, wanted), len(named.code) - 1)] == wanted
    return pair[both] + first, mine[both]


def manner_of(reports: Reports, pairs: Pairs) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """The measures of manner of each pair, one after another; NaN where one side is unknown."""
    a, b = pairs
    yield "script", _told_alike(reports, a, b)
    yield "type", _same(reports.type[a], reports.type[b], -1)
    yield "days", np.abs(reports.occurred_us[a] - reports.occurred_us[b]) / US_PER_DAY
    yield "district", _same(reports.district[a], reports.district[b], -1)
    low = np.minimum(reports.loss_fen[a], reports.loss_fen[b])
    high = np.maximum(reports.loss_fen[a], reports.loss_fen[b])
    yield "loss", np.where(low > 0, np.log2(np.maximum(high, 1) / np.maximum(low, 1)), np.nan)
    yield "victim", _same(reports.victim[a], reports.victim[b], 0)


def _told_alike(reports: Reports, a: Ints, b: Ints) -> NDArray[np.float64]:
    """Likeness of the stories; NaN where one side has none."""
    told = reports.script[:, 0] != NOTHING
    parts = [likeness(reports.script[a[at : at + AT_ONCE]], reports.script[b[at : at + AT_ONCE]])
             for at in range(0, len(a), AT_ONCE)]  # fmt: skip
    return np.where(told[a] & told[b], np.concatenate([np.empty(0), *parts]), np.nan)


def _same(a: Ints, b: Ints, unknown: int) -> NDArray[np.float64]:
    return np.where((a == unknown) | (b == unknown), np.nan, (a == b).astype(np.float64))


def score(
    reports: Reports, pairs: Pairs, both: Shared, worth: Ints, near: tuple[Ints, Ints], weights: Weights
) -> Scores:
    """The bits of every pair. `near`: rows (pair, kind) of values that are near one another.

    A near value of a kind of which they also share a key is that key misread twice, and counts for nothing; callers
    leave such rows out (`near_terms`).
    """
    n = len(pairs[0])
    speaks = worth[both.group] > 0
    identifiers = np.bincount(both.pair, worth[both.group], n).astype(np.int64)
    many = np.bincount(both.pair[speaks], minlength=n)
    identifiers += np.where(many > 0, weights.together.weigh(many.astype(np.float64)), 0)
    bits = np.array([weights.near[kind] for kind in KINDS], np.int64)
    identifiers += np.bincount(near[0], bits[near[1]], n).astype(np.int64)
    manner = np.zeros(n, np.int64)
    for name, values in manner_of(reports, pairs):
        manner += weights.manner[name].weigh(values)
    total = weights.prior + identifiers + manner
    cut = np.where((identifiers < weights.strong) & (total > CAP_MILLI), CAP_MILLI - total, 0)
    return Scores(total + cut, identifiers, manner, cut)
