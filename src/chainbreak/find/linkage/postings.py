"""Rows that come and go over a sorted base that is never moved; a change costs what its owner has."""

from __future__ import annotations

import numpy as np

from chainbreak.find.linkage.model import Ints


class Postings:
    """Rows of several columns, looked up by their owner.

    >>> postings = Postings(np.array([7, 7, 9]), np.array([0, 1, 1]))
    >>> postings.put(7, np.array([1, 5]))
    >>> postings.of(7)[0].tolist(), postings.of(9)[0].tolist(), postings.of(8)[0].tolist()
    ([1, 5], [1], [])
    """

    def __init__(self, owner: Ints, *columns: Ints) -> None:
        order = np.lexsort((columns[0], owner))
        self._owner, self._columns = owner[order], [column[order] for column in columns]
        self._changed: dict[int, list[Ints]] = {}

    def of(self, owner: int) -> list[Ints]:
        """The columns of `owner`, by the first ascending."""
        if owner in self._changed:
            return self._changed[owner]
        low, high = np.searchsorted(self._owner, owner), np.searchsorted(self._owner, owner, side="right")
        return [column[low:high] for column in self._columns]

    def put(self, owner: int, *columns: Ints) -> None:
        """What `owner` has from now on."""
        order = np.argsort(columns[0], kind="stable")
        self._changed[owner] = [column[order] for column in columns]

    def add(self, owner: int, value: int) -> None:
        """One row more, of postings with one column."""
        self.put(owner, np.append(self.of(owner)[0], value))

    def remove(self, owner: int, value: int) -> None:
        """One row less, of postings with one column."""
        rows = self.of(owner)[0]
        self.put(owner, rows[rows != value])

    def many(self, owners: Ints) -> list[Ints]:
        """Columns of several owners one after the other, with the place of the owner as the first."""
        changed = np.isin(owners, np.fromiter(self._changed, np.int64, len(self._changed)))
        low = np.searchsorted(self._owner, owners)
        size = np.where(changed, 0, np.searchsorted(self._owner, owners, side="right") - low)
        place = np.repeat(np.arange(len(owners)), size)
        at = low[place] + np.arange(len(place)) - np.repeat(np.cumsum(size) - size, size)
        columns = [place, *(column[at] for column in self._columns)]
        if not changed.any():
            return columns
        fresh = [(where, self._changed[int(owners[where])]) for where in np.flatnonzero(changed).tolist()]
        more = [np.concatenate([np.full(len(rows[0]), where) for where, rows in fresh])]
        more += [np.concatenate([rows[i] for _, rows in fresh]) for i in range(len(self._columns))]
        columns = [np.concatenate([old, new]) for old, new in zip(columns, more, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        return [column[order] for column in columns]
