"""From bits between pairs to series: greedy correlation clustering inside connected components.

Links are taken in a fixed order (bits descending, then the smaller and the larger id); two clusters are joined when the
bits between them, for and against, outweigh what the links that are missing between them cost. What people have
confirmed is joined first and never parted; what they have rejected is never joined. Where the two contradict each other
(A = B, B = C, A ≠ C) the confirmations hold and the contradiction is returned, to be shown.

Bansal, Blum, Chawla: Correlation Clustering, Machine Learning 56 (2004); the greedy order is our own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from chainbreak.find.linkage.candidates import Pairs, once
from chainbreak.find.linkage.components import components
from chainbreak.find.linkage.model import Ints


class Clusters(NamedTuple):
    """`label[i]`: the smallest row of i's series. `contradictions`: rejected pairs inside one confirmed group."""

    label: Ints
    contradictions: list[tuple[int, int]]


def cluster(n: int, pairs: Pairs, milli: Ints, apart_milli: int, same: Iterable[tuple[int, int]] = (),
            different: Iterable[tuple[int, int]] = ()) -> Clusters:  # fmt: skip
    """Clusters of the rows 0..n-1, which stand in the order of their ids.

    `pairs` with their bits `milli`, each pair once; `apart_milli` is what a missing link costs for each member of the
    smaller of two clusters; `same` and `different` are people's decisions.
    """
    same, different = sorted(set(same)), sorted(set(different))
    rows, (left, right), milli = _that_matter(n, pairs, milli, same)
    place = {row: at for at, row in enumerate(rows.tolist())}
    state = _Joined(len(rows), (left, right), milli, apart_milli)
    for a, b in same:
        state.join(place[a], place[b])
    contradictions = []
    for a, b in different:
        if a not in place or b not in place:
            continue  # nothing could join them
        if state.find(place[a]) == state.find(place[b]):
            contradictions.append((a, b))
        else:
            state.forbid(place[a], place[b])
    for row in np.lexsort((right, left, -milli)).tolist():
        if milli[row] <= 0:
            break
        state.consider(int(left[row]), int(right[row]))
    roots = np.fromiter((state.find(i) for i in range(len(rows))), np.int64, len(rows))
    _, first, back = np.unique(roots, return_index=True, return_inverse=True)
    label = np.arange(n)
    label[rows] = rows[first[back]]
    return Clusters(label, contradictions)


def _that_matter(n: int, pairs: Pairs, milli: Ints, same: list[tuple[int, int]]) -> tuple[Ints, Pairs, Ints]:
    """The rows that something could join to another, ascending; the pairs inside their connected components, by place
    in those rows; their bits. What lies between two components cannot join them, so it is left out.
    """
    a, b = pairs
    tied = np.array(same, np.int64).reshape(-1, 2).T
    loud = milli > 0
    ends_a, ends_b = np.append(a[loud], tied[0]), np.append(b[loud], tied[1])
    root = components(n, ends_a, ends_b)
    rows = once(np.concatenate([ends_a, ends_b]))
    inside = root[a] == root[b]
    return rows, (np.searchsorted(rows, a[inside]), np.searchsorted(rows, b[inside])), milli[inside]


class _Joined:
    """Clusters as they grow. `between[x][y]`: bits between the clusters of roots x and y, kept both ways."""

    def __init__(self, n: int, pairs: Pairs, milli: Ints, apart_milli: int) -> None:
        self.root = list(range(n))
        self.size = [1] * n
        self.apart = apart_milli
        self.barred: dict[int, set[int]] = {}
        self.between: list[dict[int, int]] = [{} for _ in range(n)]
        for a, b, bits in zip(pairs[0].tolist(), pairs[1].tolist(), milli.tolist(), strict=True):
            self.between[a][b] = bits
            self.between[b][a] = bits

    def find(self, i: int) -> int:
        root = self.root
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    def forbid(self, a: int, b: int) -> None:
        a, b = self.find(a), self.find(b)
        self.barred.setdefault(a, set()).add(b)
        self.barred.setdefault(b, set()).add(a)

    def consider(self, a: int, b: int) -> None:
        """Join the clusters of a and b if what lies between them speaks for it."""
        a, b = self.find(a), self.find(b)
        if a == b or b in self.barred.get(a, ()):
            return
        if self.between[a][b] > self.apart * (min(self.size[a], self.size[b]) - 1):
            self.join(a, b)

    def join(self, a: int, b: int) -> None:
        """One cluster of two; the smaller table is poured into the larger, so that all joins together cost n log n."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return
        if len(self.between[a]) < len(self.between[b]):
            a, b = b, a
        mine, theirs = self.between[a], self.between[b]
        self.between[b] = {}
        mine.pop(b, None)
        theirs.pop(a, None)
        for other, bits in theirs.items():
            mine[other] = mine.get(other, 0) + bits
            about = self.between[other]
            del about[b]
            about[a] = mine[other]
        self.root[b] = a
        self.size[a] += self.size[b]
        for other in self.barred.pop(b, ()):
            self.barred[other].discard(b)
            self.barred[other].add(a)
            self.barred.setdefault(a, set()).add(other)
