"""Edges whose removal parts a graph."""

from __future__ import annotations

from chainbreak.find.linkage.model import Ints


def bridges(n: int, a: Ints, b: Ints) -> list[int]:
    """Places of the edges (a, b), each pair once, that alone connect their ends; ascending.

    Depth first, without recursion (Tarjan: A note on finding the bridges of a graph, 1974).

    >>> import numpy as np
    >>> bridges(4, np.array([0, 1, 0, 2]), np.array([1, 2, 2, 3]))
    [3]
    """
    about: dict[int, list[tuple[int, int]]] = {}
    for edge, (x, y) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        about.setdefault(x, []).append((y, edge))
        about.setdefault(y, []).append((x, edge))
    found, seen, low, clock = [], [-1] * n, [0] * n, 0
    for start in about:
        if seen[start] >= 0:
            continue
        seen[start] = low[start] = clock = clock + 1
        stack = [(start, -1, iter(about[start]))]
        while stack:
            row, through, rest = stack[-1]
            for other, edge in rest:
                if edge == through:
                    continue
                if seen[other] >= 0:
                    low[row] = min(low[row], seen[other])
                    continue
                seen[other] = low[other] = clock = clock + 1
                stack.append((other, edge, iter(about[other])))
                break
            else:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    low[above] = min(low[above], low[row])
                    if low[row] > seen[above]:
                        found.append(through)
    return sorted(found)
