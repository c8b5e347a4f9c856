"""The table that says what agreement and disagreement are worth, in bits; fitted by scripts/fit_linkage.py.

Bits are kept as whole thousandths: sums of integers are the same in whatever order they are added up, so that the same
reports give the same bytes.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.find.linkage.model import KINDS, Ints

if TYPE_CHECKING:
    from chainbreak.find.linkage.hubs import Measures

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


@dataclass(frozen=True)
class Sum:
    """A sum over what is measured of a key: `base`, by `kind` a scale over how many reports name it, and by measure of
    `hubs.Measures` a scale over that, where it is measured.
    """

    base: int
    kinds: dict[str, Scale]
    measures: dict[str, Scale]

    def of(self, kind: Ints, measures: Measures) -> Ints:
        """Thousandths of a bit of each key."""
        n = measures.n.astype(np.float64)
        worth = np.full(len(kind), self.base, np.int64)
        for code, name in enumerate(KINDS):
            mine = kind == code
            worth[mine] += self.kinds[name].weigh(n[mine])
        measured = ~np.isnan(measures.script_same)
        for name, scale in self.measures.items():
            worth += np.where(measured, scale.weigh(getattr(measures, name)), 0)
        return worth


@dataclass(frozen=True)
class Weights:
    """One version of the table.

    `own`: log-odds, in thousandths of a bit, that two reports that name a key are of one gang; a measured key below
    `hub_below` is a hub. `shared`: what sharing a key that is no hub is worth. `near`: by kind, what two values one
    digit apart are. `together`: by number of shared keys, since the second seldom comes alone. `manner`: measures of
    the pair that name nothing (modus operandi). `apart`: what a link that is missing costs, for each member of the
    smaller of two clusters, when they would be joined. `strong`: identifier bits from which a pair may be linked at
    all, whatever its manner: one strong key or two weaker ones; a near value alone never has them.
    """

    version: str
    prior: int
    hub_below: int
    apart: int
    strong: int
    own: Sum
    shared: Sum
    near: dict[str, int]
    together: Scale
    manner: dict[str, Scale]

    def hub_score(self, kind: Ints, measures: Measures) -> NDArray[np.float64]:
        """Probability that two reports that name the key are of different gangs; NaN where it is not measured."""
        score: NDArray[np.float64] = 1 / (1 + 2.0 ** (self.own.of(kind, measures) / MILLI))
        return np.where(np.isnan(measures.script_same), np.nan, score)

    def worth(self, kind: Ints, measures: Measures) -> Ints:
        """Thousandths of a bit that sharing each key is worth; 0 for a hub."""
        hub = ~np.isnan(measures.script_same) & (self.own.of(kind, measures) < self.hub_below)
        return np.where(hub, 0, np.maximum(self.shared.of(kind, measures), 0))


def _scale(table: dict[str, Any]) -> Scale:
    return Scale(tuple(table["edges"]), tuple(table["milli"]), table.get("unknown", 0))


def _scales(table: dict[str, Any]) -> dict[str, Scale]:
    return {name: _scale(row) for name, row in table.items()}


def _sum(table: dict[str, Any]) -> Sum:
    return Sum(table.get("base", 0), _scales(table["kinds"]), _scales(table["measures"]))


def read_weights(text: str) -> Weights:
    """The table from its TOML form."""
    table = tomllib.loads(text)
    return Weights(
        version=table["version"], prior=table["prior"], hub_below=table["hub_below"], apart=table["apart"],
        strong=table["strong"],
        own=_sum(table["own"]), shared=_sum(table["shared"]), near=table["near"], together=_scale(table["together"]),
        manner=_scales(table["manner"]),
    )  # fmt: skip


@cache
def weights() -> Weights:
    """The weights in force."""
    return read_weights(resources.files("chainbreak.find.linkage").joinpath("weights.toml").read_text("utf-8"))
