"""How many people a comparison needs before anything can be known: told before the data are seen, not after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from chainbreak.base.errors import UsageError

ALPHA, POWER = 0.05, 0.80
"""Two-sided error of the first kind, and the chance to see a difference that is there (warnings, section 7)."""


def per_arm(late: float, early: float, effect: float = 1.0, alpha: float = ALPHA, power: float = POWER) -> int:
    """People an arm needs to tell loss shares `late` and `early` apart; `effect` is the design effect of clustering.

    Two proportions, normal approximation with pooled variance under the null (Fleiss, Levin & Paik, *Statistical
    Methods for Rates and Proportions*, 3rd ed. 2003, equation 4.14 without its continuity term).

    >>> per_arm(0.05, 0.04), per_arm(0.05, 0.025)
    (6745, 906)

    Raises:
        UsageError: the shares are equal or no shares, or the effect is below 1 (CB-WA-187).
    """
    if not (0 < late < 1 and 0 < early < 1 and late != early and effect >= 1 and 0 < alpha < 1 and 0 < power < 1):
        raise UsageError("CB-WA-187", "no such comparison", given=f"{late}, {early}, design effect {effect}",
                         allowed="two different shares between 0 and 1, a design effect from 1 on")  # fmt: skip
    normal, mean = NormalDist(), (late + early) / 2
    null = normal.inv_cdf(1 - alpha / 2) * math.sqrt(2 * mean * (1 - mean))
    other = normal.inv_cdf(power) * math.sqrt(late * (1 - late) + early * (1 - early))
    return math.ceil(effect * ((null + other) / (late - early)) ** 2)


def design_effect(sizes: Sequence[int], likeness: float) -> float:
    """How many times more people are needed because those of one campaign fare alike.

    `sizes`: people of each campaign; `likeness`: the intraclass correlation, 0 to 1. Kish (1965) for clusters of
    unequal size: 1 + (Σm²/Σm - 1) · ρ.

    >>> design_effect([20, 20, 20], 0.05), design_effect([1, 1], 0.5)
    (1.95, 1.0)
    """
    people = sum(sizes)
    if not people:
        return 1.0
    return round(1 + (sum(size * size for size in sizes) / people - 1) * likeness, 6)
