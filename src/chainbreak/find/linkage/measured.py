"""What keys were found to be worth, for keys that come and go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.find.linkage.hubs import Groups, Measures
from chainbreak.find.linkage.model import Ints


class Measured:
    """Worth and measures by key; a key that fewer than two reports name is worth nothing."""

    NOTHING: tuple[Any, ...] = (0, 1, np.nan, np.nan, 0.0)

    def __init__(self, groups: Groups, worth: Ints, measures: Measures) -> None:
        self._key, self._base = groups.key, (worth, *measures)
        self._changed: dict[int, tuple[Any, ...]] = {}

    def of(self, keys: Ints) -> tuple[Ints, Measures]:
        """Worth and measures of several."""
        at = np.minimum(np.searchsorted(self._key, keys), max(len(self._key) - 1, 0))
        known = self._key[at] == keys if len(self._key) else np.zeros(len(keys), bool)
        columns: list[NDArray[Any]] = [
            np.full(len(keys), blank, base.dtype) for base, blank in zip(self._base, self.NOTHING, strict=True)
        ]
        for column, base in zip(columns, self._base, strict=True):
            column[known] = base[at[known]]
        for place in np.flatnonzero(np.isin(keys, np.fromiter(self._changed, np.int64, len(self._changed)))).tolist():
            for column, value in zip(columns, self._changed[int(keys[place])], strict=True):
                column[place] = value
        return columns[0], Measures(*columns[1:])

    def put(self, groups: Groups, worth: Ints, measures: Measures) -> None:
        """What these keys are from now on."""
        self._changed |= dict(zip(groups.key.tolist(), zip(worth, *measures, strict=True), strict=True))

    def drop(self, keys: Iterable[int]) -> None:
        """These keys are worth nothing until they are put again."""
        self._changed |= dict.fromkeys(keys, self.NOTHING)
