"""Connected components by spreading the smallest row, in NumPy alone."""

from __future__ import annotations

import numpy as np

from chainbreak.find.linkage.model import Ints


def components(n: int, a: Ints, b: Ints) -> Ints:
    """For each of the rows 0..n-1 the smallest row it is connected with.

    Each round hooks the larger of two roots under the smaller and halves all paths (Shiloach, Vishkin 1982): about
    log n rounds.

    >>> components(5, np.array([3, 1]), np.array([4, 3])).tolist()
    [0, 1, 2, 1, 1]
    """
    root = np.arange(n)
    while len(a):
        low, high = np.minimum(root[a], root[b]), np.maximum(root[a], root[b])
        apart = low != high
        if not apart.any():
            break
        a, b = a[apart], b[apart]
        np.minimum.at(root, high[apart], low[apart])
        while not np.array_equal(up := root[root], root):
            root = up
    return root
