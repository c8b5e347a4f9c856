"""How much of what came in went out, how soon, and what stayed; not-a-number: nothing to measure."""

from __future__ import annotations

import math

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN
from chainbreak.find.detectors.mules.v2.cited import Cited, sums


def _passed(cited: Cited, span_us: int) -> float:
    came, left = sums(cited.within(span_us))
    return left / came if came else math.nan


def pass_through_1h(cited: Cited) -> float:
    """Out divided by in, first hour of the peak (ratio); nothing where only the day is known."""
    return _passed(cited, US_PER_HOUR) if cited.knows_hours else math.nan


def pass_through_24h(cited: Cited) -> float:
    """Out divided by in, 24 h of the peak (ratio)."""
    return _passed(cited, US_PER_DAY)


def pass_through_7d(cited: Cited) -> float:
    """Out divided by in, seven days from the peak's start (ratio)."""
    return _passed(cited, 7 * US_PER_DAY)


def _dwells(cited: Cited) -> list[tuple[float, int]]:
    """(minutes, fen) of money that came in within seven days of the peak and left again, first in first out.

    None where only the day is known: minutes cannot be told.
    """
    if not cited.knows_hours:
        return []
    waiting: list[list[int]] = []
    dwells = []
    for e in cited.within(7 * US_PER_DAY):
        if e["is_in"]:
            waiting.append([e["booked_at_us"], e["amount_fen"]])
            continue
        left = e["amount_fen"]
        while left and waiting:
            moved = min(left, waiting[0][1])
            dwells.append(((e["booked_at_us"] - waiting[0][0]) / US_PER_MIN, moved))
            left -= moved
            waiting[0][1] -= moved
            if not waiting[0][1]:
                waiting.pop(0)
    return sorted(dwells)


def _quantile(dwells: list[tuple[float, int]], share: float) -> float:
    wanted, reached = share * sum(fen for _, fen in dwells), 0
    for minutes, fen in dwells:
        reached += fen
        if reached >= wanted:
            return minutes
    return math.nan


def dwell_median(cited: Cited) -> float:
    """Minutes that half of the passing money stayed, first in first out (min)."""
    return _quantile(_dwells(cited), 0.5)


def dwell_p10(cited: Cited) -> float:
    """Minutes that the fastest tenth of the passing money stayed (min)."""
    return _quantile(_dwells(cited), 0.1)


def residual_share(cited: Cited) -> float:
    """What was left of all that came in, at the end of the seven days (share)."""
    came, left = sums(cited.within(7 * US_PER_DAY))
    return max(0.0, (came - left) / came) if came else math.nan
