"""What a pair of reports is worth: prior + Σ signed terms, each a row of the weights.

Two kinds of term. *Identifiers*: keys that both name (less what their sharing together says twice), and values that
are near one another. *Manner*: type, wording, time, district, amount, victim. Manner alone never links: it counts for
nothing above `CAP_MILLI` unless the identifiers are strong, and the cut is a term of its own, so that the sum holds.
"""

from __future__ import annotations

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
    m = max(len(groups.key), 1)
    order = np.argsort(groups.report, kind="stable")  # owners ascend within a report
    report, key = groups.report[order], owner[order]
    code = report * m + key
    start = np.searchsorted(report, np.arange(n + 1))
    a, b = pairs
    count = start[a + 1] - start[a]
    pair = np.repeat(np.arange(len(a)), count)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    mine = key[start[a][pair] + within]
    wanted = b[pair] * m + mine
    place = np.minimum(np.searchsorted(code, wanted), max(len(code) - 1, 0))
    both = code[place] == wanted if len(code) else np.zeros(0, bool)
    return Shared(pair[both], mine[both])


def manner_of(reports: Reports, pairs: Pairs) -> dict[str, NDArray[np.float64]]:
    """The measures of manner of each pair; NaN where one side is unknown."""
    a, b = pairs
    told = (reports.script[a, 0] != NOTHING) & (reports.script[b, 0] != NOTHING)
    loss = np.stack([reports.loss_fen[a], reports.loss_fen[b]]).astype(np.float64)
    ratio = np.log2(np.maximum(loss.max(axis=0), 1.0) / np.maximum(loss.min(axis=0), 1.0))
    return {
        "script": np.where(told, likeness(reports.script[a], reports.script[b]), np.nan),
        "type": _same(reports.type[a], reports.type[b], -1),
        "days": np.abs(reports.occurred_us[a] - reports.occurred_us[b]) / US_PER_DAY,
        "district": _same(reports.district[a], reports.district[b], -1),
        "loss": np.where((loss > 0).all(axis=0), ratio, np.nan),
        "victim": _same(reports.victim[a], reports.victim[b], 0),
    }


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
    for name, values in manner_of(reports, pairs).items():
        manner += weights.manner[name].weigh(values)
    total = weights.prior + identifiers + manner
    cut = np.where((identifiers < weights.strong) & (total > CAP_MILLI), CAP_MILLI - total, 0)
    return Scores(total + cut, identifiers, manner, cut)
