"""A model is a small table: per rule the edges of its bins and the bits of evidence each bin is worth.

Bits are log2 of a likelihood ratio, scaled in fitting so that `score = 1 / (1 + 2 ** -(prior_bits + sum of bits))` is
the calibrated probability; nothing else stands between the reasons and the score. The table lives as `weights.toml` in
the version's package together with its card (what it was fitted on, reliability, budget). No pickle, no hidden state.
"""

from __future__ import annotations

import math
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field
from importlib import resources
from itertools import pairwise
from typing import Any

from chainbreak.base.errors import Bug


@dataclass(frozen=True)
class Rule:
    """One row of the table: `bits[i]` holds for `edges[i-1] <= value < edges[i]` (open at both ends).

    >>> rule = Rule("callees_per_day", "behaviour", "callee/day", (10.0, 40.0), (-2.0, 0.5, 3.0))
    >>> rule.weigh(9.99), rule.weigh(10), rule.weigh(200)
    (-2.0, 0.5, 3.0)
    >>> rule.threshold
    10.0
    """

    name: str
    family: str
    unit: str
    edges: tuple[float, ...]
    bits: tuple[float, ...]
    shape: str = ""
    """`rising` or `falling` where the bits must be so with the value; "" where either may be."""

    def weigh(self, value: float) -> float:
        """Bits that `value` is worth; negative bits speak against."""
        return self.bits[bisect_right(self.edges, value)]

    @property
    def threshold(self) -> float:
        """The edge at which the evidence changes from against to for (or back); the first edge when it never does."""
        signs = [b > 0 for b in self.bits]
        turns = [edge for edge, (a, b) in zip(self.edges, pairwise(signs), strict=True) if a != b]
        return turns[0] if turns else self.edges[0]


@dataclass(frozen=True)
class Weights:
    """All rules of one version, the prior, the reporting cut and the card.

    `report_bits`: totals below it are not reported (conformal, see calibration.py). `levels`: lowest score of medium,
    high and urgent.
    """

    rules: dict[str, Rule]
    prior_bits: float
    report_bits: float
    levels: tuple[float, float, float]
    card: dict[str, Any] = field(default_factory=dict)

    def score(self, bits: float) -> float:
        """Probability for the evidence `bits`, prior added; rounded to 6 places so that bytes do not depend on libm.

        >>> Weights({}, -10.0, 0.0, (.5, .8, .95)).score(10.0)
        0.5
        """
        return round(1.0 / (1.0 + math.exp2(-(self.prior_bits + bits))), 6)


def read_weights(package: str) -> Weights:
    """The table `weights.toml` in `package` (dotted name).

    Raises:
        Bug: a rule's edges do not rise or do not match its bits (CB-FI-010).
    """
    return weights_of(resources.files(package).joinpath("weights.toml").read_text(encoding="utf-8"))


def weights_of(text: str, part: str = "") -> Weights:
    """The table in a TOML text, or in one part of it.

    >>> weights_of('prior_bits = -3\\nrules.x = {family = "place", unit = "", edges = [2], bits = [-1, 1]}').prior_bits
    -3.0

    Raises:
        Bug: a rule's edges do not rise or do not match its bits (CB-FI-010).
    """
    body = tomllib.loads(text)
    body = body[part] if part else body
    rules = {}
    for name, row in body["rules"].items():
        edges, bits = tuple(map(float, row["edges"])), tuple(map(float, row["bits"]))
        if len(bits) != len(edges) + 1 or list(edges) != sorted(set(edges)):
            raise Bug("CB-FI-010", "a weights table is malformed", given=f"{part or 'weights'} {name}")
        rules[name] = Rule(name, row["family"], row["unit"], edges, bits, row.get("shape", ""))
    low, mid, top = body.get("levels", (0.5, 0.8, 0.95))
    return Weights(
        rules, float(body["prior_bits"]), float(body.get("report_bits", 0.0)), (low, mid, top), body.get("card", {})
    )
