"""From the set of reports, people's decisions and the weights to series: a pure function."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chainbreak.find.linkage.candidates import Pairs, by_keys, by_patterns, distinct, near_rows, once
from chainbreak.find.linkage.cluster import Clusters, cluster
from chainbreak.find.linkage.hubs import Groups, Measures, group, measure
from chainbreak.find.linkage.model import Decision, Ints, Reports, Strings
from chainbreak.find.linkage.terms import Scores, Shared, score, shared
from chainbreak.find.linkage.weights import Weights, weights

__all__ = ["Decision", "Evidence", "Linked", "link"]


@dataclass(frozen=True)
class Evidence:
    """What was compared: keys with their worth; pairs with what they share and what it is worth."""

    groups: Groups
    measures: Measures
    worth: Ints  # of each key, in thousandths of a bit; 0 for a hub
    pairs: Pairs
    both: Shared
    near: tuple[Ints, Ints]  # rows (pair, kind)
    scores: Scores


@dataclass(frozen=True)
class Linked:
    """The series. `label[i]` is the first report, in the order of ids, of the series that report i belongs to.

    `contradictions`: pairs that people both confirmed (in a chain) and rejected.
    """

    reports: Reports
    weights: Weights
    evidence: Evidence
    label: Ints
    contradictions: list[tuple[int, int]]

    def best(self) -> Ints:
        """Of each report, in thousandths of a bit, its strongest link inside its series; 0 where it has none."""
        return best_inside(self.label, self.evidence.pairs, self.evidence.scores.total)

    def partition(self) -> list[list[str]]:
        """Ids of each series of two or more, sorted."""
        order = np.argsort(self.label, kind="stable")
        ends = np.flatnonzero(np.diff(self.label[order])) + 1
        return [[str(i) for i in self.reports.ids[rows]] for rows in np.split(order, ends) if len(rows) > 1]


def digests(ids: Strings) -> NDArray[np.uint64]:
    """The first 8 bytes of the BLAKE2b digest of each id: an order that has nothing to do with time or place."""
    made = b"".join(hashlib.blake2b(str(i).encode(), digest_size=8).digest() for i in ids)
    return np.frombuffer(made, dtype=">u8").astype(np.uint64)


def link(reports: Reports, decisions: Sequence[Decision] = (), table: Weights | None = None) -> Linked:
    """Series of `reports`. Decisions on reports that are not there have no effect."""
    table = table or weights()
    groups = group(reports)
    digested = digests(reports.ids)
    measures = measure(reports, digested, groups)
    worth = table.worth(groups.kind, measures)
    evidence = weigh(reports, meeting(reports, digested, groups, worth), groups, measures, worth, table)
    found = settle(reports, evidence, decisions, table)
    return Linked(reports, table, evidence, found.label, found.contradictions)


Meeting = tuple[Pairs, tuple[Ints, Ints, Ints]]
"""Pairs to compare, and those of them that are near: rows (a, b, kind)."""


def meeting(reports: Reports, digested: NDArray[np.uint64], groups: Groups, worth: Ints) -> Meeting:
    """The pairs that meet in a key that is no hub, or in a pattern. `digested`: of the reports' ids."""
    a, b = by_keys(reports, digested, groups, np.flatnonzero(worth > 0))
    near = by_patterns(near_rows(reports.near), reports.n)
    return distinct(np.concatenate([a, near[0]]), np.concatenate([b, near[1]]), reports.n), near


def weigh(reports: Reports, met: Meeting, groups: Groups, measures: Measures, worth: Ints, table: Weights) -> Evidence:
    """The bits of every pair in `met`."""
    pairs, near = met
    both = shared(groups, reports.n, pairs)
    near_terms = _near_terms(reports.n, pairs, near, groups, both)
    scores = score(reports, pairs, both, worth, near_terms, table)
    return Evidence(groups, measures, worth, pairs, both, near_terms, scores)


def _near_terms(n: int, pairs: Pairs, near: tuple[Ints, Ints, Ints], groups: Groups, both: Shared) -> tuple[Ints, Ints]:
    """Rows (pair, kind) of near values, but for kinds of which the pair shares a key anyway: that is one number read
    twice."""
    a, b, kind = near
    place = np.searchsorted(pairs[0] * n + pairs[1], a * n + b)
    known = once(both.pair * 16 + groups.kind[both.group])
    new = ~np.isin(place * 16 + kind, known)
    return place[new], kind[new]


def settle(reports: Reports, evidence: Evidence, decisions: Sequence[Decision], table: Weights) -> Clusters:
    """Clusters by the bits and the decisions."""
    ids = [str(i) for i in reports.ids] if decisions else []
    return cluster(reports.n, evidence.pairs, evidence.scores.total, table.apart, *ruled(ids, decisions))


def ruled(ids: Sequence[str], decisions: Sequence[Decision]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The rows of `ids` that people confirmed, and those they rejected; decisions on others are left out."""
    place = {name: at for at, name in enumerate(ids)} if decisions else {}
    rows: dict[str, list[tuple[int, int]]] = {"confirm": [], "reject": []}
    for kind, a, b in decisions:
        if a in place and b in place and a != b:
            rows[kind].append((min(place[a], place[b]), max(place[a], place[b])))
    return rows["confirm"], rows["reject"]


def best_inside(label: Ints, pairs: Pairs, milli: Ints) -> Ints:
    """Of each row its strongest link to one of the same label, in thousandths of a bit; 0 where it has none."""
    a, b = pairs
    here = (label[a] == label[b]) & (milli > 0)
    best = np.zeros(len(label), np.int64)
    np.maximum.at(best, a[here], milli[here])
    np.maximum.at(best, b[here], milli[here])
    return best
