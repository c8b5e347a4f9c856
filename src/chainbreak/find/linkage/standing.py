"""Series kept up to date: reports come and go, and only what they touch is computed again.

What a report can change is the worth of its own keys, the pairs of the reports that name them, and the clusters those
lie in. The reports of those connected components, and no others, are weighed and settled anew by the very functions
that link all reports, so that the outcome equals linking everything (tests/unit/find/linkage/test_standing.py). A hub
that stays a hub says nothing before or after: a bank's hotline costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.find.linkage.candidates import MOST_NEAR
from chainbreak.find.linkage.components import components
from chainbreak.find.linkage.hubs import Groups, Measures, group, measure
from chainbreak.find.linkage.link import Linked, Meeting, digests, link, meeting, settle, weigh
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
        self._columns["part"] = _parts(linked)
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
        self._measured = _Measured(evidence.groups, evidence.worth, evidence.measures)
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

    def change(self, come: Reports | None = None, gone: Iterable[str] = ()) -> Linked:
        """Take reports in and let others go; returns the connected components that this touched, linked anew.

        A report that is there already is replaced.
        """
        arriving = [] if come is None else [str(i) for i in come.ids]
        leaving = [self._place[i] for i in {*gone, *arriving} if i in self._place]
        coming = [] if come is None else self._append(come)
        keys = {key for row in leaving + coming for key in self._named.of(row)[0].tolist()}
        patterns = {pattern for row in leaving + coming for pattern in self._near.of(row)[0].tolist()}
        reached = {row for row in leaving for row in self._together(row)} | self._reach(keys, patterns)
        for row in leaving:
            self._move(row, out=True)
        for row in coming:
            self._move(row, out=False)
        self._measure(keys)
        reached |= self._reach(keys, patterns) | set(coming) | self._confirmed(arriving)
        return self._settle(reached - set(leaving))

    def decide(self, decisions: Sequence[Decision]) -> Linked:
        """Let these decisions, and no others, stand from now on; returns what was linked anew."""
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

    def _reach(self, keys: set[int], patterns: set[int]) -> set[int]:
        """The rows of every component that these keys and patterns, as they stand, can tie together."""
        met = [self._namers.of(key)[0] for key in keys if self._measured.worth(key) > 0]
        met += [rows for rows in (self._meeters.of(pattern)[0] for pattern in patterns) if len(rows) <= MOST_NEAR]
        parts = {int(part) for rows in met for part in np.unique(self._columns["part"][rows])}
        rows: set[int] = set()
        for part in parts - {-1}:
            rows.update(self._members.of(part)[0].tolist())
        return rows

    def _measure(self, keys: set[int]) -> None:
        """Weigh these keys again, by all reports that name them now."""
        groups = self._groups(sorted(key for key in keys if len(self._namers.of(key)[0]) >= 2))
        measures = measure(self._view(), self._columns["digest"], groups)
        self._measured.drop(keys)
        self._measured.put(groups, self.weights.worth(groups.kind, measures), measures)

    def _view(self) -> Reports:
        """The columns as reports, by row."""
        columns: dict[str, Any] = {name: self._columns[name][: self._n] for name in COLUMNS}
        return Reports(**columns, named=nothing_named(), near=nothing_near())

    def _groups(self, keys: Sequence[int]) -> Groups:
        """These keys with all reports that name them."""
        place, rows = self._namers.many(keys)
        start = np.searchsorted(place, np.arange(len(keys) + 1))
        kinds = [self._kind(key, int(rows[start[at]])) for at, key in enumerate(keys)]
        return Groups(np.array(keys, np.int64), np.array(kinds, np.int64), start, rows)

    def _kind(self, key: int, row: int) -> int:
        named, kinds = self._named.of(row)
        return int(kinds[np.searchsorted(named, key)])

    def _linked(self, rows: Ints) -> Linked:
        """The reports `rows`, whole components, linked by themselves with the worth that their keys have among all."""
        speaks = {int(k) for k in np.unique(self._named.many(rows)[1]) if self._measured.worth(int(k)) > 0}
        patterns = np.unique(self._near.many(rows)[1]).tolist()
        beside = {int(row) for k in speaks for row in self._namers.of(k)[0]}
        beside |= {int(row) for pattern in patterns for row in self._meeters.of(pattern)[0]}
        every = np.array(sorted(beside.union(rows.tolist())), np.int64)
        every = every[np.argsort(self._columns["ids"][every].astype(np.str_), kind="stable")]
        wide = self._reports(every, speaks, set(patterns))
        groups = group(wide)
        met = meeting(wide, groups, self._measured.of(groups.key)[0])
        inside = np.isin(every, rows)
        narrow = self._reports(every[inside], None, set())
        said = group(narrow)
        worth, measures = self._measured.of(said.key)
        evidence = weigh(narrow, _within(met, inside), said, measures, worth, self.weights)
        decisions = sorted({d for i in narrow.ids for d in self._decided.get(str(i), ())})
        found = settle(narrow, evidence, decisions, self.weights)
        return Linked(narrow, self.weights, evidence, found.label, found.contradictions)

    def _reports(self, rows: Ints, keys: set[int] | None, patterns: set[int]) -> Reports:
        """The reports `rows`, in their order, with those of their keys (None: all) and patterns."""
        place, key, kind = self._named.many(rows)
        if keys is not None:
            mine = np.isin(key, np.fromiter(keys, np.int64, len(keys)))
            place, key, kind = place[mine], key[mine], kind[mine]
        near = self._near.many(rows)
        mine = np.isin(near[1], np.fromiter(patterns, np.int64, len(patterns)))
        columns = {name: self._columns[name][rows] for name in COLUMNS}
        return Reports(**columns, named=Named(place, key, kind),
                       near=Near(*(column[mine] for column in near)), names=self._names)  # fmt: skip

    def _settle(self, reached: set[int]) -> Linked:
        """Link these rows anew and write down what came of it."""
        linked = self._linked(np.array(sorted(reached), np.int64))
        rows = np.array([self._place[str(i)] for i in linked.reports.ids], np.int64)
        parts = _parts(linked)
        for part in np.unique(self._columns["part"][rows]).tolist():
            self._members.put(part, np.empty(0, np.int64))
        for first in np.unique(parts).tolist():
            self._columns["part"][rows[parts == first]] = self._parts_made
            self._members.put(self._parts_made, rows[parts == first])
            self._parts_made += 1
        self._columns["label"][rows] = rows[linked.label]
        self._columns["best"][rows] = linked.best()
        here = {str(i) for i in linked.reports.ids}
        self.contradictions = {pair for pair in self.contradictions if not here & {*pair}}
        self.contradictions |= {_names(linked, pair) for pair in linked.contradictions}
        return linked


class _Measured:
    """What keys were found to be worth, over a sorted base; a key that fewer than two reports name is worth nothing."""

    def __init__(self, groups: Groups, worth: Ints, measures: Measures) -> None:
        self._key, self._base = groups.key, (worth, *measures)
        self._changed: dict[int, tuple[Any, ...]] = {}

    def worth(self, key: int) -> int:
        """Thousandths of a bit."""
        return int(self._one(key)[0])

    def of(self, keys: Ints) -> tuple[Ints, Measures]:
        """Worth and measures of several."""
        rows = [self._one(int(key)) for key in keys]
        columns = [np.array(column) for column in zip(*rows, strict=True)] or [np.empty(0, np.int64)] * 5
        return columns[0].astype(np.int64), Measures(columns[1].astype(np.int64), *columns[2:])

    def put(self, groups: Groups, worth: Ints, measures: Measures) -> None:
        """What these keys are from now on."""
        self._changed |= dict(zip(groups.key.tolist(), zip(worth, *measures, strict=True), strict=True))

    def drop(self, keys: Iterable[int]) -> None:
        """These keys are worth nothing until they are put again."""
        self._changed |= dict.fromkeys(keys, (0, 1, np.nan, np.nan, 0.0))

    def _one(self, key: int) -> tuple[Any, ...]:
        if key in self._changed:
            return self._changed[key]
        at = int(np.searchsorted(self._key, key))
        if at < len(self._key) and self._key[at] == key:
            return tuple(column[at] for column in self._base)
        return (0, 1, np.nan, np.nan, 0.0)


def _parts(linked: Linked) -> Ints:
    """Connected components by what speaks for a link, and by what people confirmed (label)."""
    a, b = linked.evidence.pairs
    loud = linked.evidence.scores.total > 0
    every = np.arange(linked.reports.n)
    return components(linked.reports.n, np.append(a[loud], every), np.append(b[loud], linked.label))


def _names(linked: Linked, pair: tuple[int, int]) -> tuple[str, str]:
    return str(linked.reports.ids[pair[0]]), str(linked.reports.ids[pair[1]])


def _within(met: Meeting, inside: NDArray[np.bool_]) -> Meeting:
    """Of what meets, the pairs whose ends are both inside, with rows counted there."""
    (a, b), (near_a, near_b, kind) = met
    row = np.cumsum(inside) - 1
    keep, near = inside[a] & inside[b], inside[near_a] & inside[near_b]
    return (row[a[keep]], row[b[keep]]), (row[near_a[near]], row[near_b[near]], kind[near])
