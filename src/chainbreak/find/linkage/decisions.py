"""What people decided about links, folded into hard constraints; and where decisions contradict one another.

Rows are only ever added. A row stands unless a later standing row takes it back, so that taking back an undo brings
the decision itself back. From standing rows alone follow the constraints, so undoing restores them exactly, whenever
it happens:

- *same*: both reports in one series. *different*: never in one. *unsure*: nothing, but it is on file.
- *merge*: all reports of both sides in one series. *split*, *detach*: no report of one side with one of the other.
- A merge joins a group as it stood; a split or detach **made later** cuts through that group, and what is left on
  either side of the cut stays joined. Nothing else gives way: where *same* and *merge* join what *different*, *split*
  or *detach* keep apart, both stand and the contradiction is shown with every decision in it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from chainbreak.find.linkage.model import Decision

SAME, DIFFERENT, UNSURE, DETACH, MERGE, SPLIT, UNDO = (
    "same", "different", "unsure", "detach", "merge", "split", "undo",
)  # fmt: skip
CUTTING = (SPLIT, DETACH)


@dataclass(frozen=True)
class Ruling:
    """One decision: reports on side `a` and on side `b`, or which earlier one it `undoes`. Ids grow with time."""

    decision_id: int
    kind: str
    a: tuple[str, ...] = ()
    b: tuple[str, ...] = ()
    undoes: int | None = None


class Constraint(NamedTuple):
    """A decision on two reports, `a` < `b`, and the row it comes from; a `Decision` with a source."""

    kind: Literal["confirm", "reject"]
    a: str
    b: str
    decision_id: int


@dataclass(frozen=True)
class Contradiction:
    """`apart` keeps first and last of `path` apart, and `joined` (in order of the path) joins its neighbours.

    `pairs`: how many pairs of reports the decision `apart` separates within what is joined; the path is one of them.
    """

    apart: int
    joined: tuple[int, ...]
    path: tuple[str, ...]
    pairs: int


def standing(rulings: Iterable[Ruling]) -> list[Ruling]:
    """The decisions that count, oldest first, without the undoings.

    >>> rows = [Ruling(1, SAME, ("a",), ("b",)), Ruling(2, UNDO, undoes=1), Ruling(3, UNDO, undoes=2)]
    >>> [r.decision_id for r in standing(rows)], standing(rows[:2])
    ([1], [])
    """
    rows = sorted(rulings, key=lambda r: r.decision_id)
    undone = undone_by(rows)
    return [r for r in rows if r.decision_id not in undone and r.kind != UNDO]


def is_undone(rulings: Iterable[Ruling], decision_id: int) -> bool:
    """Whether that decision, or undoing, is taken back by one that stands."""
    return decision_id in undone_by(rulings)


def undone_by(rulings: Iterable[Ruling]) -> dict[int, int]:
    """What is taken back -> the standing row that takes it back.

    >>> undone_by([Ruling(1, SAME, ("a",), ("b",)), Ruling(2, UNDO, undoes=1), Ruling(3, UNDO, undoes=2)])
    {2: 3}
    """
    # A row is only ever taken back by a later one, so that one pass from the newest settles all.
    undone: dict[int, int] = {}
    for ruling in sorted(rulings, key=lambda r: r.decision_id, reverse=True):
        if ruling.undoes is not None and ruling.decision_id not in undone:
            undone[ruling.undoes] = ruling.decision_id
    return undone


def constraints(rulings: Iterable[Ruling]) -> list[Constraint]:
    """What must be kept, from rows in any order; sorted, each (kind, pair, decision) once.

    A group that must stay together is written as a star around its smallest id: n - 1 pairs say what n² / 2 would.

    >>> rows = [Ruling(1, MERGE, ("a", "b"), ("c",)), Ruling(2, DETACH, ("a",), ("b", "c"))]
    >>> [tuple(c) for c in constraints(rows)]
    [('confirm', 'b', 'c', 1), ('reject', 'a', 'b', 2), ('reject', 'a', 'c', 2)]
    """
    kept = standing(rulings)
    cuts = [r for r in kept if r.kind in CUTTING]
    found: set[Constraint] = set()
    for ruling in kept:
        if ruling.kind == SAME:
            found.update(_star(ruling.decision_id, {*ruling.a, *ruling.b}))
        elif ruling.kind == MERGE:
            for group in _cut({*ruling.a, *ruling.b}, [c for c in cuts if c.decision_id > ruling.decision_id]):
                found.update(_star(ruling.decision_id, group))
        elif ruling.kind in (DIFFERENT, *CUTTING):
            pairs = (sorted(pair) for pair in product(ruling.a, ruling.b) if pair[0] != pair[1])
            found.update(Constraint("reject", a, b, ruling.decision_id) for a, b in pairs)
    return sorted(found)


def as_decisions(kept: Iterable[Constraint]) -> list[Decision]:
    """What `link` takes: the same without sources, each pair once."""
    from chainbreak.find.linkage.model import Decision

    return sorted({Decision(c.kind, c.a, c.b) for c in kept})


def cut_by(rulings: Sequence[Ruling], new: Ruling) -> list[int]:
    """Standing merges whose groups the split or detach `new`, made now, would cut through."""
    return [r.decision_id for r in standing(rulings)
            if r.kind == MERGE and len(_cut({*r.a, *r.b}, [new])) > 1]  # fmt: skip


def joined_by_decisions(kept: Iterable[Constraint]) -> dict[str, str]:
    """Report -> smallest report of what decisions join it with; reports that none joins are left out.

    >>> joined_by_decisions([Constraint("confirm", "a", "b", 1), Constraint("reject", "a", "c", 2)])
    {'a': 'a', 'b': 'a'}
    """
    return _groups(_joins(kept))


def contradictions(kept: Sequence[Constraint]) -> list[Contradiction]:
    """Every decision that keeps apart what others join, once for each group it does so in; sorted by its id."""
    joins = _joins(kept)
    group = _groups(joins)
    inside: dict[tuple[int, str], list[Constraint]] = defaultdict(list)
    for c in kept:
        if c.kind == "reject" and c.a in group and group[c.a] == group.get(c.b):
            inside[c.decision_id, group[c.a]].append(c)
    found = []
    for (apart, _), pairs in sorted(inside.items()):
        path, joined = _path(joins, pairs[0].a, pairs[0].b)
        found.append(Contradiction(apart, joined, path, len(pairs)))
    return found


def _star(decision_id: int, members: set[str]) -> Iterator[Constraint]:
    first, *rest = sorted(members)
    return (Constraint("confirm", first, other, decision_id) for other in rest)


def _cut(group: set[str], cuts: Iterable[Ruling]) -> list[set[str]]:
    """The parts of `group` after each cut took the reports of its side `a` away from those of side `b`."""
    parts = [group]
    for cut in cuts:
        after: list[set[str]] = []
        for part in parts:
            taken = part & set(cut.a)
            # A report that the cut does not name stays with the side that was not taken out.
            after += [taken, part - taken] if taken and part & set(cut.b) else [part]
        parts = after
    return parts


def _joins(kept: Iterable[Constraint]) -> dict[str, list[tuple[str, int]]]:
    """Report -> what a decision joins it with, and which."""
    joins: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for c in kept:
        if c.kind == "confirm":
            joins[c.a].append((c.b, c.decision_id))
            joins[c.b].append((c.a, c.decision_id))
    return joins


def _groups(joins: dict[str, list[tuple[str, int]]]) -> dict[str, str]:
    """Report -> smallest report of what is joined with it."""
    group: dict[str, str] = {}
    for start in sorted(joins):
        if start in group:
            continue
        group[start] = start
        waiting = [start]
        while waiting:
            for other, _ in joins[waiting.pop()]:
                if other not in group:
                    group[other] = start
                    waiting.append(other)
    return group


def _path(joins: dict[str, list[tuple[str, int]]], a: str, b: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """A shortest chain of joins from `a` to `b`, the same whatever the order of rows."""
    came: dict[str, tuple[str, int]] = {a: ("", 0)}
    waiting = deque([a])
    while b not in came:
        here = waiting.popleft()
        for other, decision in sorted(joins[here]):
            if other not in came:
                came[other] = (here, decision)
                waiting.append(other)
    path, joined = [b], []
    while path[-1] != a:
        here, decision = came[path[-1]]
        path.append(here)
        joined.append(decision)
    return tuple(path[::-1]), tuple(joined[::-1])
