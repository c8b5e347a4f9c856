"""Series kept up to date: reports come and go, and only what they touch is computed again.

What a report can change is the worth of its own keys, the pairs of the reports that name them, and the clusters those
lie in. The reports of those connected components, and no others, are weighed and settled anew by the very functions
that link all reports, so that the outcome equals linking everything (tests/unit/find/linkage/test_standing.py). A hub
that stays a hub says nothing before or after: a bank's hotline costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.find.linkage.candidates import (
    ALL_UP_TO,
    MOST_NEAR,
    NEIGHBOURS,
    Pairs,
    by_keys,
    by_patterns,
    distinct,
    near_rows,
    once,
)
from chainbreak.find.linkage.cluster import cluster
from chainbreak.find.linkage.components import components
from chainbreak.find.linkage.hubs import Groups, group, measure
from chainbreak.find.linkage.link import Evidence, Linked, Meeting, best_inside, digests, link, ruled, settle, weigh
from chainbreak.find.linkage.measured import Measured
from chainbreak.find.linkage.model import Decision, Ints, Named, Near, Reports, nothing_named, nothing_near
from chainbreak.find.linkage.postings import Postings
from chainbreak.find.linkage.weights import Weights, weights

COLUMNS = tuple(field.name for field in fields(Reports) if field.name not in ("named", "near", "names"))


class Standing:
    """The series of a set of reports that changes. Not for two threads at once."""

    def __init__(self, reports: Reports, decisions: Sequence[Decision] = (), table: Weights | None = None) -> None:
        self.weights = table or weights()
        self._decided: dict[str, set[Decision]] = {}
        for decision in decisions:
            self._note(decision)
        linked = link(reports, decisions, self.weights)
        self._columns: dict[str, NDArray[Any]] = {name: getattr(reports, name) for name in COLUMNS}
        self._columns["digest"] = digests(reports.ids)
        self._columns["label"] = linked.label.copy()
        self._columns["part"] = _parts(linked.label, linked.evidence.pairs, linked.evidence.scores.total)
        self._columns["best"] = linked.best()
        self._names = dict(reports.names)
        self._n = reports.n  # rows in use; the columns have room for more
        self._place = {str(i): row for row, i in enumerate(reports.ids)}
        self._parts_made = reports.n
        self._members = Postings(self._columns["part"], np.arange(reports.n))
        named, near, evidence = reports.named, reports.near, linked.evidence
        self._namers, self._named = Postings(named.key, named.report), Postings(named.report, named.key, named.kind)
        self._meeters = Postings(near.pattern, near.report)
        self._near = Postings(near.report, near.pattern, near.value, near.kind)
        self._measured = Measured(evidence.groups, evidence.worth, evidence.measures)
        (a, b), total = evidence.pairs, evidence.scores.total
        self._links = Postings(np.append(a, b), np.append(b, a), np.append(total, total))
        self.contradictions = {_names(linked, pair) for pair in linked.contradictions}

    def partition(self, about: Collection[str] | None = None) -> list[list[str]]:
        """Ids of each series of two or more, sorted; `about`: only of these reports, whole components of them."""
        asked = self._place.values() if about is None else [self._place[i] for i in about if i in self._place]
        rows = np.fromiter(asked, np.int64, len(asked))
        series: dict[int, list[str]] = {}
        for i, label in zip(self._columns["ids"][rows], self._columns["label"][rows].tolist(), strict=True):
            series.setdefault(label, []).append(str(i))
        return sorted(sorted(members) for members in series.values() if len(members) > 1)

    def best(self, report_id: str) -> int:
        """Thousandths of a bit of a report's strongest link inside its series."""
        return int(self._columns["best"][self._place[report_id]])

    def change(self, come: Reports | None = None, gone: Iterable[str] = ()) -> list[str]:
        """Take reports in and let others go; returns the reports, whole components of them, that were settled anew.

        A report that is there already is replaced.
        """
        arriving = [] if come is None else [str(i) for i in come.ids]
        leaving = [self._place[i] for i in {*gone, *arriving} if i in self._place]
        coming = [] if come is None else self._append(come)
        moving = np.array(leaving + coming, np.int64)
        keys, patterns = once(self._named.many(moving)[1]), once(self._near.many(moving)[1])
        namers, meeters, worth = self._namers.many(keys)[:2], self._meeters.many(patterns)[:2], self._worth(keys)
        touched = {row for row in leaving for row in self._together(row)} | set(coming) | self._confirmed(arriving)
        for row in leaving:
            self._move(row, out=True)
        for row in coming:
            self._move(row, out=False)
        self._measure(keys)
        beside = [*self._beside(moving, keys, namers, worth), *self._meeting(patterns, meeters)]
        touched |= self._tied(beside, set(leaving))
        return self._settle(self._whole(touched) - set(leaving))

    def decide(self, decisions: Sequence[Decision]) -> list[str]:
        """Let these decisions, and no others, stand from now on; returns the reports that were settled anew."""
        before = {decision for noted in self._decided.values() for decision in noted}
        changed = before.symmetric_difference(decisions)
        self._decided = {}
        for decision in decisions:
            self._note(decision)
        ends = {i for decision in changed for i in decision[1:] if i in self._place}
        return self._settle({row for i in ends for row in self._together(self._place[i])})

    def about(self, ids: Iterable[str]) -> Linked:
        """The connected components that these reports lie in, linked: what explanations are made from."""
        rows = {row for i in ids for row in self._together(self._place[i])}
        return self._linked(np.array(sorted(rows), np.int64))

    def _note(self, decision: Decision) -> None:
        for end in decision[1:]:
            self._decided.setdefault(end, set()).add(decision)

    def _together(self, row: int) -> list[int]:
        """The rows of the connected component of `row`."""
        rows: list[int] = self._members.of(int(self._columns["part"][row]))[0].tolist()
        return rows

    def _confirmed(self, ids: Iterable[str]) -> set[int]:
        """The rows of the components that people tied these reports to before they were there."""
        other = {end for i in ids for decision in self._decided.get(i, ()) for end in decision[1:]}
        parts = {int(self._columns["part"][self._place[i]]) for i in other if i in self._place} - {-1}
        return {row for part in parts for row in self._members.of(part)[0].tolist()}

    def _append(self, come: Reports) -> list[int]:
        """New rows for `come`, which nothing refers to yet but what they name."""
        first, self._n = self._n, self._n + come.n
        self._names |= come.names
        if self._n > len(self._columns["ids"]):
            for name, column in self._columns.items():
                room = np.zeros((self._n // 8 + come.n + 1024, *column.shape[1:]), column.dtype)
                self._columns[name] = np.concatenate([column[:first], room])
        for name in COLUMNS:
            self._columns[name][first : self._n] = getattr(come, name)
        self._columns["digest"][first : self._n] = digests(come.ids)
        self._columns["label"][first : self._n] = self._columns["part"][first : self._n] = -1
        for at in range(come.n):
            mine = come.named.report == at
            self._named.put(first + at, come.named.key[mine], come.named.kind[mine])
            mine = come.near.report == at
            self._near.put(first + at, *(column[mine] for column in come.near[1:]))
        return list(range(first, self._n))

    def _move(self, row: int, *, out: bool) -> None:
        """Let go of a row, or take it in."""
        name = str(self._columns["ids"][row])
        change = Postings.remove if out else Postings.add
        for key in self._named.of(row)[0].tolist():
            change(self._namers, key, row)
        for pattern in set(self._near.of(row)[0].tolist()):
            change(self._meeters, pattern, row)
        if out:
            change(self._members, int(self._columns["part"][row]), row)
            self._place.pop(name)
        else:
            self._place[name] = row

    def _beside(self, moving: Ints, keys: Ints, before: list[Ints], worth_before: Ints) -> Iterator[Ints]:
        """Key by key the rows whose pairs through it may have changed with the rows `moving`: all that name it if its
        worth changed, else those close enough in time to have been compared with a moving row, or across it.
        """
        after, worth = self._namers.many(keys)[:2], self._worth(keys)
        for at in np.flatnonzero((worth > 0) | (worth_before > 0)).tolist():
            named = once(np.concatenate([before[1][before[0] == at], after[1][after[0] == at]]))
            yield named if worth[at] != worth_before[at] else self._close(named, moving)

    def _close(self, named: Ints, moving: Ints) -> Ints:
        """Of the rows that name one key, those within reach of a moving row, in time or in time within its type."""
        moved = np.isin(named, moving)
        reach = NEIGHBOURS + int(moved.sum())
        if len(named) <= ALL_UP_TO + reach:
            return named
        order = np.lexsort((self._columns["digest"][named], self._columns["occurred_us"][named]))
        named, moved = named[order], moved[order]
        close = _within_reach(moved, reach)
        kinds = self._columns["type"][named]
        for kind in np.unique(kinds[moved]):
            same = kinds == kind
            close[same] |= _within_reach(moved[same], reach)
        return named[close]

    def _meeting(self, patterns: Ints, before: list[Ints]) -> Iterator[Ints]:
        """Pattern by pattern the rows that meet, or met, in it, where it says something."""
        for place, row in (before, self._meeters.many(patterns)[:2]):
            size = np.bincount(place, minlength=len(patterns))
            for at in np.flatnonzero((size >= 2) & (size <= MOST_NEAR)).tolist():
                yield row[place == at]

    def _tied(self, beside: list[Ints], leaving: set[int]) -> set[int]:
        """Of sets of rows whose pairs may have changed, those that matter: two or more of one component, and pairs
        that now speak for a link. A pair of two components that spoke for none, and still does not, joins nothing.
        """
        part = self._columns["part"]
        rows: set[int] = set()
        for some in beside:
            _, back, times = np.unique(part[some], return_inverse=True, return_counts=True)
            rows.update(some[times[back] >= 2].tolist())
        gone = np.fromiter(leaving, np.int64, len(leaving))
        every = once(np.concatenate([np.empty(0, np.int64), *beside]))
        every, evidence, _ = self._weighed(every[~np.isin(every, gone)])
        a, b = (every[ends] for ends in evidence.pairs)
        self._relink(every, gone, a, b, evidence.scores.total)
        speaks = (evidence.scores.total > 0) & (part[a] != part[b])
        return rows | set(a[speaks].tolist()) | set(b[speaks].tolist())

    def _relink(self, rows: Ints, gone: Ints, a: Ints, b: Ints, total: Ints) -> None:
        """From now on these pairs, and no others, lie between `rows`, and none between them and `gone`."""
        place, other, milli = self._links.many(rows)
        old = ~np.isin(other, np.append(rows, gone))
        owner = np.concatenate([rows[place[old]], a, b])
        others, bits = np.concatenate([other[old], b, a]), np.concatenate([milli[old], total, total])
        order = np.argsort(owner, kind="stable")
        ends = np.searchsorted(owner[order], rows, side="right")
        starts = np.searchsorted(owner[order], rows)
        for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
            self._links.put(row, others[order[start:end]], bits[order[start:end]])

    def _whole(self, rows: set[int]) -> set[int]:
        """The whole components of these rows."""
        parts = np.unique(self._columns["part"][np.fromiter(rows, np.int64, len(rows))])
        return rows | set(self._members.many(parts[parts >= 0])[1].tolist())

    def _worth(self, keys: Ints) -> Ints:
        return self._measured.of(keys)[0]

    def _measure(self, keys: Ints) -> None:
        """Weigh these keys again, by all reports that name them now."""
        counts = np.bincount(self._namers.many(keys)[0], minlength=len(keys))
        groups = self._groups(keys[counts >= 2])
        measures = measure(self._view(), self._columns["digest"], groups)
        self._measured.drop(keys.tolist())
        self._measured.put(groups, self.weights.worth(groups.kind, measures), measures)

    def _view(self) -> Reports:
        """The columns as reports, by row."""
        columns: dict[str, Any] = {name: self._columns[name][: self._n] for name in COLUMNS}
        return Reports(**columns, named=nothing_named(), near=nothing_near())

    def _groups(self, keys: Ints) -> Groups:
        """These keys, each of which is named, with all reports that name them."""
        place, rows = self._namers.many(keys)
        start = np.searchsorted(place, np.arange(len(keys) + 1))
        whose, key, kind = self._named.many(rows[start[:-1]])
        return Groups(keys, kind[key == keys[whose]], start, rows)

    def _linked(self, rows: Ints) -> Linked:
        """The reports `rows`, whole components, linked by themselves with the worth that their keys have among all."""
        _, evidence, reports = self._weighed(rows)
        decisions = sorted({d for i in reports.ids for d in self._decided.get(str(i), ())})
        found = settle(reports, evidence, decisions, self.weights)
        return Linked(reports, self.weights, evidence, found.label, found.contradictions)

    def _weighed(self, rows: Ints) -> tuple[Ints, Evidence, Reports]:
        """These rows in the order of their ids, what lies between them, and their reports."""
        rows = rows[np.argsort(self._columns["ids"][rows].astype(np.str_), kind="stable")]
        place, key, kind = self._named.many(rows)
        columns: dict[str, Any] = {name: self._columns[name][rows] for name in COLUMNS}
        reports = Reports(**columns, named=Named(place, key, kind), near=nothing_near(), names=self._names)
        groups = group(reports)
        worth, measures = self._measured.of(groups.key)
        evidence = weigh(reports, self._met(rows, groups.key[worth > 0]), groups, measures, worth, self.weights)
        return rows, evidence, reports

    def _met(self, rows: Ints, keys: Ints) -> Meeting:
        """The pairs of `rows` that meet, numbered as in `rows`; who is whose neighbour is asked among all reports."""
        view, groups = self._view(), self._groups(keys)
        a, b = _inside(rows, *by_keys(view, self._columns["digest"], groups, np.arange(len(keys))))
        pattern, times = np.unique(self._near.many(rows)[1], return_counts=True)
        who = once(self._meeters.many(pattern[times >= 2])[1])
        place, *near = self._near.many(who)
        asked = np.isin(near[0], pattern[times >= 2])
        left, right, kind = by_patterns(near_rows(Near(who[place[asked]], *(c[asked] for c in near))), self._n)
        here = np.isin(left, rows) & np.isin(right, rows)
        left, right = _inside(rows, left, right)
        low, high = np.minimum(left, right), np.maximum(left, right)
        return distinct(np.append(a, low), np.append(b, high), len(rows)), (low, high, kind[here])

    def _settle(self, reached: set[int]) -> list[str]:
        """Cluster these rows, whole components, by what lies between them, and write down what came of it."""
        rows = np.fromiter(reached, np.int64, len(reached))
        rows = rows[np.argsort(self._columns["ids"][rows].astype(np.str_), kind="stable")]
        ids = [str(i) for i in self._columns["ids"][rows]]
        place, other, milli = self._links.many(rows)
        a, b = rows[place], other
        once_each = np.flatnonzero(np.isin(other, rows))
        a, b = _inside(rows, a[once_each], b[once_each])
        milli, forward = milli[once_each], a < b
        a, b, milli = a[forward], b[forward], milli[forward]
        decisions = sorted({d for i in ids for d in self._decided.get(i, ())})
        found = cluster(len(rows), (a, b), milli, self.weights.apart, *ruled(ids, decisions))
        self._columns["label"][rows] = rows[found.label]
        self._columns["best"][rows] = best_inside(found.label, (a, b), milli)
        self._part(rows, _parts(found.label, (a, b), milli))
        self.contradictions = {pair for pair in self.contradictions if not set(pair) & set(ids)}
        self.contradictions |= {(ids[x], ids[y]) for x, y in found.contradictions}
        return ids

    def _part(self, rows: Ints, parts: Ints) -> None:
        """These rows, whole components so far, are the components `parts` from now on."""
        for part in np.unique(self._columns["part"][rows]).tolist():
            self._members.put(part, np.empty(0, np.int64))
        order = np.argsort(parts, kind="stable")
        for mine in np.split(rows[order], np.flatnonzero(np.diff(parts[order])) + 1):
            self._columns["part"][mine] = self._parts_made
            self._members.put(self._parts_made, mine)
            self._parts_made += 1


def _within_reach(moved: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Places at most `reach` from one that moved."""
    count = np.concatenate([[0], np.cumsum(moved)])
    at = np.arange(len(moved))
    near: NDArray[np.bool_] = count[np.minimum(at + reach + 1, len(moved))] > count[np.maximum(at - reach, 0)]
    return near


def _inside(rows: Ints, a: Ints, b: Ints) -> Pairs:
    """The pairs both of which are in `rows`, by their places there."""
    order = np.argsort(rows)
    both = np.isin(a, rows) & np.isin(b, rows)
    return order[np.searchsorted(rows, a[both], sorter=order)], order[np.searchsorted(rows, b[both], sorter=order)]


def _parts(label: Ints, pairs: Pairs, milli: Ints) -> Ints:
    """Connected components by what speaks for a link, and by what people confirmed (label)."""
    (a, b), loud, every = pairs, milli > 0, np.arange(len(label))
    return components(len(label), np.append(a[loud], every), np.append(b[loud], label))


def _names(linked: Linked, pair: tuple[int, int]) -> tuple[str, str]:
    return str(linked.reports.ids[pair[0]]), str(linked.reports.ids[pair[1]])
