"""Ids that series keep. Which reports form a series is a pure function of reports and decisions; what a series is
*called* depends on history, and only here.

Each new cluster of two or more reports keeps the id of the recorded series with which it shares most reports, ties to
the oldest id; an id goes to one cluster only. A cluster that finds no living id takes up an ended one when more than
half of that series' last reports are in it (an undone merge gives both ids back); else it gets a number never used
before. Singletons are not series. (Specification of linkage, section 7.)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CREATED, GROWN, SHRUNK, MERGED, SPLIT, ENDED, UNDONE = (
    "created", "grown", "shrunk", "merged", "split", "ended", "undone",
)  # fmt: skip
DECISION, UNDO, ARRIVAL, WITHDRAWAL, RECOMPUTED = "decision", "undo", "arrival", "withdrawal", "recomputed"
LEAST = 2
"""Reports of the smallest series."""

Members = frozenset[str]


@dataclass(frozen=True)
class Known:
    """Series as recorded: members of living ones now, of ended ones on their last day; ids are `written`.

    `highest`: the largest number ever given.
    """

    living: Mapping[str, Members] = field(default_factory=dict)
    ended: Mapping[str, Members] = field(default_factory=dict)
    highest: int = 0


@dataclass(frozen=True)
class Fresh:
    """A decision made since the last run, with every report it names (of an undoing: those of what it undoes)."""

    decision_id: int
    reports: Members
    is_undo: bool = False


@dataclass(frozen=True)
class News:
    """What is new since the last run, from which causes are read; whatever is left out is *recomputed*."""

    decisions: Sequence[Fresh] = ()
    arrived: Collection[str] = ()
    gone: Collection[str] = ()


@dataclass(frozen=True)
class Event:
    """One change of one series. `others`: the series on the other side of it; `before` and `after` count its reports,
    `joined` and `left` those that came and went; `decisions` made it when the cause is one.

    created: new id. undone: an ended id is back. grown: reports came. shrunk: reports left for no series. merged: it
    took in others, or (after = 0) was taken in. split: reports left for other series. ended: nothing of it is left.
    """

    series_id: str
    kind: str
    cause: str
    others: tuple[str, ...]
    decisions: tuple[int, ...]
    before: int
    after: int
    joined: int
    left: int


def written(number: int) -> str:
    """The id of the series of that number.

    >>> written(123)
    'S-000123'
    """
    return f"S-{number:06d}"


def number_of(series_id: str) -> int:
    """The number in an id.

    >>> number_of("S-000123")
    123

    Raises:
        ValueError: not a series id.
    """
    prefix, _, digits = series_id.partition("-")
    if prefix != "S" or not digits.isascii() or not digits.isdecimal():
        raise ValueError(f"not a series id: {series_id!r}")
    return int(digits)


def assign(
    known: Known, partition: Iterable[Collection[str]], news: News | None = None
) -> tuple[dict[str, Members], list[Event]]:
    """Ids for the clusters of `partition` (disjoint sets of reports, singletons ignored), and what changed.

    Returns living series by id, and events in order of id and kind. The order of clusters and of members is
    irrelevant; the same partition again gives the same ids and no event.

    >>> now, events = assign(Known(), [{"a", "b"}, {"c"}])
    >>> {series: sorted(members) for series, members in now.items()}, [(e.series_id, e.kind) for e in events]
    ({'S-000001': ['a', 'b']}, [('S-000001', 'created')])
    """
    clusters = sorted((frozenset(c) for c in partition if len(c) >= LEAST), key=min)
    ids = _inherited(known, clusters)
    _revived(known, clusters, ids)
    number = known.highest
    for at in range(len(clusters)):
        if at not in ids:
            number += 1
            ids[at] = written(number)
    now = {ids[at]: cluster for at, cluster in enumerate(clusters)}
    return now, _events(known, now, news or News())


def ids_changed(before: Mapping[str, Members], after: Mapping[str, Members]) -> int:
    """Reports that are in a series before and after, but under another id: what churn counts."""
    was = {report: series for series, members in before.items() for report in members}
    return sum(was.get(report, series) != series for series, members in after.items() for report in members)


def _inherited(known: Known, clusters: Sequence[Members]) -> dict[int, str]:
    """Place of a cluster -> the living id it keeps: largest overlap first, then the oldest id, then first report."""
    of = {report: series for series, members in known.living.items() for report in members}
    claims = [
        (-shared, number_of(series), at, series)
        for at, cluster in enumerate(clusters)
        for series, shared in Counter(of[report] for report in cluster if report in of).items()
    ]
    return _greedy(claims)


def _revived(known: Known, clusters: Sequence[Members], ids: dict[int, str]) -> None:
    """Give ended ids back to clusters without one that hold more than half of what the series was."""
    of: dict[str, list[str]] = defaultdict(list)
    for series, members in known.ended.items():
        for report in members:
            of[report].append(series)
    claims = [
        (-shared, number_of(series), at, series)
        for at, cluster in enumerate(clusters)
        if at not in ids
        for series, shared in Counter(s for report in cluster for s in of.get(report, ())).items()
        if 2 * shared > len(known.ended[series])
    ]
    ids |= _greedy(claims)


def _greedy(claims: list[tuple[int, int, int, str]]) -> dict[int, str]:
    taken: dict[int, str] = {}
    given: set[str] = set()
    for _, _, at, series in sorted(claims):
        if at not in taken and series not in given:
            taken[at] = series
            given.add(series)
    return taken


def _events(known: Known, now: Mapping[str, Members], news: News) -> list[Event]:
    was = {report: series for series, members in known.living.items() for report in members}
    place = {report: series for series, members in now.items() for report in members}
    changed = {s for s in {*known.living, *now} if known.living.get(s) != now.get(s)}
    causes = _Causes(news)
    found = []
    for series in sorted(changed, key=number_of):
        before, after = known.living.get(series, frozenset()), now.get(series, frozenset())
        joined, left = after - before, before - after
        sources = {was[r] for r in joined if r in was}
        targets = Counter(place[r] for r in left if r in place)
        # Most reports first: of a series that was taken in, the first names the one that took it.
        went = tuple(sorted(targets, key=lambda s: (-targets[s], number_of(s))))
        swallowed = {s for s in sources if s not in now}
        involved = before.union(after, *(now[s] for s in went))
        for kind, others in _kinds(series in known.ended, before, after, sources, swallowed, went):
            cause, decisions = causes.of(joined | left, involved)
            found.append(Event(series, kind, cause, others, decisions, len(before), len(after), len(joined), len(left)))
    return found


def _kinds(
    had_ended: bool, before: Members, after: Members, sources: set[str], swallowed: set[str], went: tuple[str, ...]
) -> list[tuple[str, tuple[str, ...]]]:
    """What happened to one changed series, each with the series on the other side: `sources` gave it reports, of
    which the `swallowed` are no more; `went` took reports from it.
    """
    came = tuple(sorted(sources, key=number_of))
    if not before:
        return [(UNDONE if had_ended else CREATED, came)]
    if not after:
        return [(MERGED, went) if went else (ENDED, ())]
    kinds = []
    if swallowed:
        kinds.append((MERGED, tuple(sorted(swallowed, key=number_of))))
    elif after - before:
        kinds.append((GROWN, came))
    if went:
        kinds.append((SPLIT, went))
    elif before - after:
        kinds.append((SHRUNK, ()))
    return kinds


class _Causes:
    """Finds the cause of a change among the news, newest decision first."""

    def __init__(self, news: News) -> None:
        self._by_report: dict[str, list[Fresh]] = defaultdict(list)
        for decision in news.decisions:
            for report in decision.reports:
                self._by_report[report].append(decision)
        self._arrived, self._gone = frozenset(news.arrived), frozenset(news.gone)

    def of(self, moved: Members, involved: Members) -> tuple[str, tuple[int, ...]]:
        """The cause of `moved` coming and going; `involved`: all reports, before and after, of where that happened."""
        named = {d.decision_id: d for report in moved for d in self._by_report.get(report, ())}
        if named:
            newest = named[max(named)]
            return UNDO if newest.is_undo else DECISION, tuple(sorted(named))
        if moved & self._gone:
            return WITHDRAWAL, ()
        return (ARRIVAL if involved & self._arrived else RECOMPUTED), ()
