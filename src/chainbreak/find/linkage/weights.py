"""The table that says what agreement and disagreement are worth, in bits; fitted by scripts/fit_linkage.py.

Bits are kept as whole thousandths: sums of integers are the same in whatever order they are added up, so that the same
reports give the same bytes.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.find.linkage.model import KINDS, Ints

MILLI = 1_000
"""Thousandths in a bit."""


@dataclass(frozen=True)
class Scale:
    """A measure cut at `edges`, and what each part is worth: `milli[i]` for `edges[i-1] <= value < edges[i]`; `unknown`
    where there is no value.

    >>> gap = Scale((1.0, 7.0), (800, 0, -1200), 0)
    >>> gap.weigh(np.array([0.5, 7.0, np.nan])).tolist()
    [800, -1200, 0]
    """

    edges: tuple[float, ...]
    milli: tuple[int, ...]
    unknown: int

    def level(self, values: NDArray[np.float64]) -> Ints:
        """The part that each value falls into; `len(milli)` for unknown."""
        part = np.searchsorted(np.array(self.edges), values, side="right")
        return np.where(np.isnan(values), len(self.milli), part).astype(np.int64)

    def weigh(self, values: NDArray[np.float64]) -> Ints:
        """Thousandths of a bit of each value."""
        return np.array([*self.milli, self.unknown], np.int64)[self.level(values)]

    def of(self, value: float) -> int:
        """As `weigh`, of one value that is known."""
        return self.milli[bisect_right(self.edges, value)]


@dataclass(frozen=True)
class Weights:
    """One version of the table.

    `keys`: by kind, worth by how many reports name the key. `purity`: by measure of `hubs.Measures`, added to every key
    that is measured. `near`: by kind. `together`: by number of shared keys, since the second seldom comes alone.
    `manner`: measures of the pair that name nothing (modus operandi). `least_milli`: a key below it is a hub and says
    nothing. `apart_milli`: what each missing link between two clusters costs when they would be joined.
    """

    version: str
    prior: int
    keys: dict[str, Scale]
    purity: dict[str, Scale]
    near: dict[str, int]
    together: Scale
    manner: dict[str, Scale]
    least_milli: int
    apart_milli: int

    def of_kinds(self, kind: Ints, n: NDArray[np.float64]) -> Ints:
        """What keys of `kind` that `n` reports name are worth, before purity."""
        worth = np.zeros(len(kind), np.int64)
        for code, name in enumerate(KINDS):
            mine = kind == code
            worth[mine] = self.keys[name].weigh(n[mine])
        return worth


def _scale(table: dict[str, Any]) -> Scale:
    return Scale(tuple(table["edges"]), tuple(table["milli"]), table.get("unknown", 0))


def read_weights(text: str) -> Weights:
    """The table from its TOML form."""
    table = tomllib.loads(text)
    groups = {name: {k: _scale(v) for k, v in table[name].items()} for name in ("keys", "purity", "manner")}
    return Weights(
        version=table["version"], prior=table["prior"], near=table["near"], together=_scale(table["together"]),
        least_milli=table["least_milli"], apart_milli=table["apart_milli"], **groups,
    )  # fmt: skip


@cache
def weights() -> Weights:
    """The weights in force."""
    return read_weights(resources.files("chainbreak.find.linkage").joinpath("weights.toml").read_text("utf-8"))
