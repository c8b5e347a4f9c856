"""Survival curves of money: the product-limit estimator with Greenwood's interval, weighted by amount.

Estimator: E. L. Kaplan and P. Meier, J. Am. Stat. Assoc. 53 (1958) 457-481. Variance: M. Greenwood, Reports on Public
Health and Medical Subjects 33 (1926). Amounts are weights, and pieces of one theft go together, so that the weights
are scaled to the effective number of thefts, (Σw)² / Σw² (L. Kish, Survey Sampling, 1965), before Greenwood's formula.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Z95 = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


class Stay(NamedTuple):
    """Money that stayed somewhere for `us` µs and then `left`, or was still there when last seen (not `left`).

    `fen` is its weight; stays of one `group` (a theft on an account) are one observation for the interval.
    """

    us: int
    left: bool
    fen: int
    group: int


@dataclass(frozen=True)
class Curve:
    """P(still there after t): `share[i]` from `at_us[i]` on, 1 before; `low`, `high`: 95 %; `groups`: observations.

    Beyond `until_us`, the longest stay seen, the curve knows nothing. `smooth`: it is given by a few points, not
    estimated; it falls exponentially between them, and beyond the last one at the rate of the last interval.
    """

    at_us: tuple[int, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    groups: int
    until_us: int
    source: str
    smooth: bool = False

    def at(self, us: int) -> float:
        """P(still there after `us` µs)."""
        if self.smooth:
            return math.exp(-self._hazard(us))
        i = bisect_right(self.at_us, us)
        return self.share[i - 1] if i else 1.0

    def _hazard(self, us: int) -> float:
        # -ln of the share: straight between the points, and beyond them as in the last interval. In this form nothing
        # underflows, however long the money has not been looked at.
        begin, hazard, rate = self._piece(bisect_right(self.at_us, us))
        return hazard + rate * (us - begin)

    def _piece(self, k: int) -> tuple[int, float, float]:
        """Begin, hazard there, and slope of the k-th interval of a smooth curve; the last one goes on for ever."""
        k = min(k, len(self.at_us) - 1)
        begin, hazard = (self.at_us[k - 1], -math.log(self.share[k - 1])) if k else (0, 0.0)
        return begin, hazard, (-math.log(self.share[k]) - hazard) / (self.at_us[k] - begin)

    def knows(self, age_us: int, wait_us: int) -> bool:
        """Whether it says anything of money that has lain for `age_us` and is asked after for `wait_us` more."""
        return self.smooth or (age_us + wait_us <= self.until_us and self.at(age_us) > 0)

    def still_there(self, age_us: int, wait_us: int) -> float:
        """P(there after `wait_us` more | there after `age_us`).

        >>> round(prior_curve([(15, 0.28), (60, 0.53)], "published").still_there(0, 15 * 60_000_000), 9)
        0.72
        """
        if self.smooth:
            return math.exp(self._hazard(age_us) - self._hazard(age_us + wait_us))
        now = self.at(age_us)
        return self.at(age_us + wait_us) / now if now else 0.0

    def median_left_us(self, age_us: int) -> int | None:
        """µs after which half of the money that has lain for `age_us` will have left; None: not within what was seen.

        >>> prior_curve([(15, 0.28), (60, 0.53)], "published").median_left_us(0) // 60_000_000
        53
        """
        if self.smooth:
            wanted = self._hazard(age_us) + math.log(2)
            begin, hazard, rate = self._piece(sum(-math.log(share) < wanted for share in self.share))
            return round(begin + (wanted - hazard) / rate) - age_us
        half = self.at(age_us) / 2
        later = zip(self.at_us, self.share, strict=True)
        return next((at_us - age_us for at_us, share in later if at_us > age_us and share <= half), None)


def prior_curve(gone_by_min: Sequence[tuple[float, float]], source: str) -> Curve:
    """A curve from published shares that have left by so many minutes; it falls exponentially between them."""
    at_us = tuple(round(minute * 60_000_000) for minute, _ in gone_by_min)
    share = tuple(1 - gone for _, gone in gone_by_min)
    return Curve(at_us, share, share, share, 0, at_us[-1], source, smooth=True)


def kaplan_meier(stays: Iterable[Stay], source: str) -> Curve:
    """The curve of these stays. Money that left at a time counts as being at risk then; so does money last seen then.

    >>> stays = [Stay(1, True, 5, 0), Stay(2, False, 5, 1), Stay(3, True, 5, 2), Stay(3, False, 5, 3)]
    >>> kaplan_meier(stays, "own").share
    (0.75, 0.375)
    """
    told = [stay for stay in stays if stay.fen > 0]
    if not told:
        return Curve((), (), (), (), 0, 0, source)
    us, left, fen, group = (np.array(column) for column in zip(*told, strict=True))
    _, of_group = np.unique(group, return_inverse=True)
    by_group = np.bincount(of_group, weights=fen)
    weight = fen * (by_group.sum() / np.square(by_group).sum())
    at_us, of_time = np.unique(us, return_inverse=True)
    leaving = np.bincount(of_time, weights=np.where(left, weight, 0.0))
    at_risk = np.cumsum(np.bincount(of_time, weights=weight)[::-1])[::-1]
    event = leaving > 0
    at_us, leaving, at_risk = at_us[event], leaving[event], at_risk[event]
    staying = np.maximum(at_risk - leaving, 0.0)
    # Rounding must not leave a trace of money behind the last piece that left.
    staying[staying < at_risk * 1e-12] = 0.0
    share = np.cumprod(staying / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.cumsum(np.where(staying > 0, leaving / (at_risk * staying), np.inf))
        spread = np.where(share > 0, Z95 * share * np.sqrt(terms), 0.0)
    low, high = np.clip(share - spread, 0, 1), np.clip(share + spread, 0, 1)
    shares, lows, highs = (tuple(map(float, column)) for column in (share, low, high))
    return Curve(tuple(map(int, at_us)), shares, lows, highs, len(by_group), int(us.max()), source)
