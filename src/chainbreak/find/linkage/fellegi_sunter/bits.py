"""The table of bits: what every level of every comparison is worth, and the log2 odds before anything is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.uint8]
"""(n pairs, t comparisons): the level each pair reaches, 0 the least alike; `MISSING`: not compared."""
Floats = npt.NDArray[np.float64]

MISSING = 255
"""Level of a comparison one side of which is not known: worth no bits."""


@dataclass(frozen=True)
class Bits:
    """`prior_bits`: log2 odds of a pair before comparison; `bits[t][level]`: signed bits of each level.

    >>> table = Bits(-10.0, ((-2.0, 8.0), (-1.0, 0.5, 6.0)))
    >>> levels = np.array([[1, 2], [0, MISSING]], np.uint8)
    >>> table.score(levels).tolist()
    [4.0, -12.0]
    """

    prior_bits: float
    bits: tuple[tuple[float, ...], ...]

    def terms(self, levels: Levels) -> Floats:
        """Bits of each comparison, in the shape of `levels` (one row or many); MISSING is worth 0.

        >>> Bits(-10.0, ((-2.0, 8.0), (-1.0, 6.0))).terms(np.array([1, MISSING], np.uint8)).tolist()
        [8.0, 0.0]
        """
        return np.stack([lookup(row)[levels[..., t]] for t, row in enumerate(self.bits)], axis=-1)

    def score(self, levels: Levels, extra: Floats | None = None) -> Floats:
        """Log2 odds of each pair: the prior and all terms. `extra` holds further bits of each comparison (rarity)."""
        total: Floats = self.prior_bits + self.terms(levels).sum(axis=-1)
        return total if extra is None else total + extra.sum(axis=-1)


def lookup(row: tuple[float, ...] | Floats) -> Floats:
    """Bits by level for all 256 values of a uint8, so that MISSING and unused levels are worth nothing."""
    table = np.zeros(256)
    table[: len(row)] = row
    return table


def counts(levels: Levels, n_levels: int, weights: Floats | None = None) -> Floats:
    """How many pairs (or how much of their weight) reach each level of one comparison; MISSING counts nowhere.

    >>> counts(np.array([0, 2, 2, MISSING], np.uint8), 3).tolist()
    [1.0, 0.0, 2.0]
    """
    return np.bincount(levels, weights, minlength=256)[:n_levels].astype(np.float64)
