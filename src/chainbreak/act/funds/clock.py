"""The clock of the golden hour: from the theft to the bank's answer, in minutes, and what each step lost in money.

No minute-level figure is published anywhere that we know of, so the measure is ours to define (spec/tracing.md 7):
money is *reachable* as long as it lies on an account whose ledger is held. Pure: no clock, no database.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np

from chainbreak.act.funds.survival import Curve, Stay, kaplan_meier
from chainbreak.base.clock import US_PER_MIN

STEPS = ("report", "trace", "draft", "submit", "approve", "send", "receipt")
"""What ends each step, in order; the first begins with the theft, every other with the end of the one before."""
DELAYS_MIN = (5, 15, 30, 60)
LATENCIES_MIN = (0, 5, 15)
"""Report delays and bank latencies of the golden-hour measure."""
SOURCE = "Kaplan-Meier over the fen of {claims} claims followed first in first out, 95 % after Greenwood"


@dataclass(frozen=True)
class Course:
    """Money of one case over time. `stolen`, `gone`: (UTC µs, fen), when it was taken and when it left the accounts
    whose ledgers are held. `seen_until_us`: nothing is known after.
    """

    stolen: tuple[tuple[int, int], ...]
    gone: tuple[tuple[int, int], ...]
    seen_until_us: int

    @cached_property
    def _taken(self) -> Sums:
        return _sums(self.stolen)

    @cached_property
    def _left(self) -> Sums:
        return _sums(self.gone)

    @property
    def theft_us(self) -> int:
        """The first transfer."""
        return min(at for at, _ in self.stolen)

    @property
    def claimed_fen(self) -> int:
        """All that was taken."""
        return sum(fen for _, fen in self.stolen)

    def reachable_fen(self, at_us: int) -> int:
        """Fen taken by `at_us` that had not left by then.

        >>> Course(((0, 100),), ((5, 30), (9, 20)), 60).reachable_fen(5)
        70
        """
        return _until(self._taken, at_us) - _until(self._left, at_us)

    def lost_fen(self, from_us: int, to_us: int) -> int:
        """Fen that left after `from_us` and until `to_us`."""
        return _until(self._left, to_us) - _until(self._left, from_us)

    def points(self) -> list[dict[str, float | int]]:
        """The curve of the case at every change: minute since the first transfer, reachable_fen, taken_fen, share."""
        times = sorted({at for at, _ in (*self.stolen, *self.gone)} | {self.seen_until_us})
        return [
            {
                "minute": round((at - self.theft_us) / US_PER_MIN, 2), "reachable_fen": (fen := self.reachable_fen(at)),
                "taken_fen": _until(self._taken, at), "share": fen / self.claimed_fen,
            }
            for at in times
        ]  # fmt: skip


Sums = tuple[list[int], list[int]]
"""Rising times, and the fen until each."""


def _sums(amounts: Iterable[tuple[int, int]]) -> Sums:
    listed = sorted(amounts)
    return [at for at, _ in listed], list(accumulate(fen for _, fen in listed))


def _until(sums: Sums, at_us: int) -> int:
    place = bisect_right(sums[0], at_us)
    return sums[1][place - 1] if place else 0


def steps_of(course: Course, moments: Mapping[str, int | None]) -> list[dict[str, Any]]:
    """The steps of one case: step, at_us (None: not done yet), minutes (of the one that is under way: until the end of
    what is seen of the ledger), since_theft_min, lost_fen, done. What has not begun is not listed.

    `moments`: step -> when it was done. A step done before the one that leads to it took no time.
    """
    rows: list[dict[str, Any]] = []
    begin = course.theft_us
    for step in STEPS:
        at = moments.get(step)
        end = max(begin, course.seen_until_us if at is None else at)
        rows.append({
            "step": step, "at_us": at, "minutes": (end - begin) / US_PER_MIN,
            "since_theft_min": (end - course.theft_us) / US_PER_MIN, "lost_fen": course.lost_fen(begin, end),
            "done": at is not None,
        })  # fmt: skip
        if at is None:
            break
        begin = end
    return rows


def worst_step(rows: Sequence[Mapping[str, Any]]) -> str:
    """The step that lost the most money, the earlier one where two lost as much; "" when none lost any."""
    worst = max(rows, key=lambda row: int(row["lost_fen"]), default=None)
    return str(worst["step"]) if worst and worst["lost_fen"] else ""


def summary(cases: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """What many cases took, by step: step, cases (that did it), p50_min, p90_min (linear between ranks), lost_fen (of
    all cases, also where it is under way), worst_of (in how many cases no step lost more).
    """
    worst = [worst_step(rows) for rows in cases]
    found = []
    for step in STEPS:
        rows = [row for case in cases for row in case if row["step"] == step]
        minutes = [row["minutes"] for row in rows if row["done"]]
        p50, p90 = (float(np.percentile(minutes, q)) for q in (50, 90)) if minutes else (None, None)
        found.append({
            "step": step, "cases": len(minutes), "p50_min": p50, "p90_min": p90,
            "lost_fen": sum(row["lost_fen"] for row in rows), "worst_of": worst.count(step),
        })  # fmt: skip
    return found


def survival(stays: Sequence[Stay]) -> Curve:
    """P(a stolen fen is still reachable) by time since its own transfer; a claim is one observation."""
    return kaplan_meier(stays, SOURCE.format(claims=len({stay.group for stay in stays})))


def golden(curve: Curve) -> list[dict[str, Any]]:
    """The golden-hour measure: rows (delay_min, latency_min, share, low, high), the share of the stolen value still
    reachable when the report comes `delay_min` after the theft and the bank acts `latency_min` after the report.
    """
    rows = []
    for delay in DELAYS_MIN:
        for latency in LATENCIES_MIN:
            at = bisect_right(curve.at_us, (delay + latency) * US_PER_MIN) - 1
            share, low, high = (
                (curve.share[at], curve.low[at], curve.high[at]) if at >= 0 else (1.0, 1.0, 1.0)
            )  # fmt: skip
            known = (delay + latency) * US_PER_MIN <= curve.until_us
            rows.append({
                "delay_min": delay, "latency_min": latency, "share": share if known else None,
                "low": low if known else None, "high": high if known else None,
            })  # fmt: skip
    return rows


def thinned(curve: Curve, most: int = 240) -> list[dict[str, float]]:
    """The curve as rows (minute, share, low, high), at most `most`: enough to draw, whatever the number of pieces."""
    n = len(curve.at_us)
    chosen = range(n) if n <= most else sorted({round(i * (n - 1) / (most - 1)) for i in range(most)})
    rows = [{"minute": 0.0, "share": 1.0, "low": 1.0, "high": 1.0}] if n else []
    return rows + [
        {"minute": curve.at_us[i] / US_PER_MIN, "share": curve.share[i], "low": curve.low[i], "high": curve.high[i]}
        for i in chosen
    ]
