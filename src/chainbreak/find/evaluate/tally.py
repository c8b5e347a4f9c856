"""What was counted on one world, kept so that several worlds add up: shares, rates, values and scored subjects."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chainbreak.find.contract.calibration import expected_calibration_error, reliability
from chainbreak.find.contract.evaluate import Share

Key = tuple[str, str, str]
"""Method (detector@version or a baseline's name), measure, and of what (level, class, …)."""
PER = 100_000
"""Rates are given per so many units of exposure (SIM-days)."""
BANDS = 10


@dataclass
class Tally:
    """`shares`: hits and n; `rates`: count and exposure; `values`: one a device or finding, infinite where it never
    came; `scored`: subjects and true ones with the sum of their scores, by band of the score."""

    shares: dict[Key, list[int]] = field(default_factory=dict)
    rates: dict[Key, list[float]] = field(default_factory=dict)
    values: dict[Key, list[float]] = field(default_factory=dict)
    scored: dict[Key, list[tuple[float, bool]]] = field(default_factory=dict)

    def share(self, key: Key, hits: int, n: int) -> None:
        """Add `hits` of `n`."""
        before = self.shares.setdefault(key, [0, 0])
        before[0] += hits
        before[1] += n

    def rate(self, key: Key, count: int, exposure: float) -> None:
        """Add `count` events in `exposure` (SIM-days)."""
        before = self.rates.setdefault(key, [0, 0])
        before[0] += count
        before[1] += exposure

    def value(self, key: Key, values: Iterable[float]) -> None:
        """Add measured values; infinity for what never came."""
        self.values.setdefault(key, []).extend(values)

    def score(self, key: Key, scores: Iterable[tuple[float, bool]]) -> None:
        """Add subjects: stated probability, and whether it is true."""
        self.scored.setdefault(key, []).extend(scores)

    def add(self, other: Tally) -> None:
        """Add what was counted on another world.

        >>> a, b = Tally(), Tally()
        >>> a.share(("m", "found", "L0"), 1, 2); b.share(("m", "found", "L0"), 2, 2); a.add(b); a.shares
        {('m', 'found', 'L0'): [3, 4]}
        """
        for key, (hits, n) in other.shares.items():
            self.share(key, hits, n)
        for key, (count, exposure) in other.rates.items():
            self.rate(key, int(count), exposure)
        for key, values in other.values.items():
            self.value(key, values)
        for key, scores in other.scored.items():
            self.score(key, scores)

    def rows(self) -> list[dict[str, Any]]:
        """One row a measure: method, measure, of, n, hits, then `rate` (a share, or per 100,000), or `median` and
        `p90`, with `low` and `high` (95 %); `bound` is 3/n where nothing was hit."""
        found: dict[Key, dict[str, Any]] = {}
        for key, (hits, n) in self.shares.items():
            share = Share(hits, n)
            found[key] = share.as_dict() | ({"bound": round(3 / n, 5)} if n and not hits else {})
        for key, (count, exposure) in self.rates.items():
            found[key] = _rate_row(int(count), exposure)
        for key, values in self.values.items():
            reached = [v for v in values if math.isfinite(v)]
            found[key] = {"n": len(values), "hits": len(reached), "median": quantile(values, 0.5),
                          "p90": quantile(values, 0.9)}  # fmt: skip
        rows = [{"method": m, "measure": what, "of": of, **row} for (m, what, of), row in found.items()]
        for (m, what, of), scores in self.scored.items():
            error, *bands = _calibration_rows(scores) or [{"n": 0, "rate": None}]
            rows.append({"method": m, "measure": what, "of": of, **error})
            rows += [{"method": m, "measure": "reliability", **row, "of": f"{of} {row['of']}"} for row in bands]
        return rows


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of all do not exceed; infinity counts; None of nothing.

    >>> quantile([5, 10, math.inf], 0.5), quantile([5, 10, math.inf], 0.9)
    (10, inf)
    """
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 2) if ordered else None


def poisson_interval(count: int) -> tuple[float, float]:
    """Exact two-sided 95 % interval of a Poisson mean (Garwood 1936), by bisection.

    >>> [round(limit, 2) for limit in poisson_interval(0)], [round(limit, 2) for limit in poisson_interval(10)]
    ([0.0, 3.69], [4.8, 18.39])
    """

    def at_most(k: int, mean: float) -> float:
        return math.fsum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(k + 1))

    def solve(k: int, target: float) -> float:
        low, high = 1e-9, count + 10 * math.sqrt(count + 1) + 10
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if at_most(k, middle) > target else (low, middle)
        return low

    return (solve(count - 1, 0.975) if count else 0.0), solve(count, 0.025)


def _rate_row(count: int, exposure: float) -> dict[str, Any]:
    if not exposure:
        return {"n": 0, "hits": count, "rate": None}
    low, high = (round(limit * PER / exposure, 3) for limit in poisson_interval(count))
    return {"n": round(exposure), "hits": count, "rate": round(count * PER / exposure, 3), "low": low, "high": high}


def _calibration_rows(scores: Sequence[tuple[float, bool]]) -> list[dict[str, Any]]:
    if not scores:
        return []
    table = reliability([s for s, _ in scores], [t for _, t in scores], BANDS)
    rows: list[dict[str, Any]] = [{"n": len(scores), "hits": sum(t for _, t in scores),
                                   "rate": expected_calibration_error(table)}]  # fmt: skip
    for band in table:
        of_band = Share(round(band.true_share * band.n), band.n).as_dict()
        rows.append({**of_band, "of": f"{band.low:.1f}-{band.high:.1f}", "mean_score": band.mean_score})
    return rows


def median(values: Sequence[float]) -> float:
    """Median; NaN of nothing."""
    return statistics.median(values) if values else math.nan
