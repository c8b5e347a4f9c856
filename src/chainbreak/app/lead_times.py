"""When somebody is at the device: calls under way and cards swapped, by hour, on working days and at weekends.

A swap means a person with cards in hand, or a card bank somewhere else: the sheet says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

SPAN_H = 2
"""A visit is planned for two hours."""
QUIET_SHARE = 0.02
"""An hour with less than this share of the busiest hour's calls counts as quiet; a convention of the sheet."""
MOST, MOST_OF_A_PART = 3, 2
Hour = tuple[date, int]
"""A local day and an hour of it."""


def presence(calls: Iterable[Hour], swaps: Iterable[Hour], days: list[date]) -> dict[str, Any]:
    """`best`: up to three spans of two hours, the busiest first (`days` weekdays or weekend, from_hour, to_hour, and
    calls and swaps a day in them); `quiet`: the longest time without calls (from_hour, to_hour) or None; `swaps`: how
    many in all."""
    called, swapped = Counter(calls), Counter(swaps)
    return {"best": _best(called, swapped, days), "quiet": _quiet(called), "swaps": swapped.total()}


def _best(calls: Counter[Hour], swaps: Counter[Hour], days: list[date]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, part in (("weekdays", range(5)), ("weekend", range(5, 7))):
        of = [day for day in days if day.weekday() in part]
        for hour in range(24 - SPAN_H + 1) if of else ():
            span = [(day, h) for day in of for h in range(hour, hour + SPAN_H)]
            rows.append({
                "days": name, "from_hour": hour, "to_hour": hour + SPAN_H,
                "calls": round(sum(calls[at] for at in span) / len(of), 1),
                "swaps": round(sum(swaps[at] for at in span) / len(of), 1),
            })  # fmt: skip
    chosen: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda r: (-r["calls"], -r["swaps"], r["days"], r["from_hour"])):
        alike = [other for other in chosen if other["days"] == row["days"]]
        fits = len(chosen) < MOST and len(alike) < MOST_OF_A_PART and not any(_overlap(row, other) for other in alike)
        if row["calls"] and fits:
            chosen.append(row)
    return chosen


def _overlap(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return bool(a["from_hour"] < b["to_hour"] and b["from_hour"] < a["to_hour"])


def _quiet(calls: Counter[Hour]) -> dict[str, int] | None:
    """The longest run of quiet hours round the clock; None when there are no calls or it never rests."""
    by_hour = Counter[int]()
    for (_, hour), n in calls.items():
        by_hour[hour] += n
    if not by_hour:
        return None
    least = QUIET_SHARE * max(by_hour.values())
    loud = [hour for hour in range(24) if by_hour[hour] > least]
    gaps = [((b - a) % 24 or 24, (a + 1) % 24, b) for a, b in zip(loud, [*loud[1:], loud[0]], strict=True)]
    length, first, end = max(gaps)
    return {"from_hour": first, "to_hour": end} if length > 1 else None
