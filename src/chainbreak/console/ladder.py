"""Bits of a pair as a ladder: each bar begins where the one before ended, so that the last one is their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

WIDTH = 220
"""Units of a bar's drawing; the panel scales it."""


@dataclass(frozen=True)
class Rung:
    """One line of the ladder: what it is (a term as the explanation gives it, or None for prior and total), its bits,
    the sum up to and with it, and its bar."""

    term: dict[str, Any] | None
    name: str
    bits: float
    so_far: float
    bar: Markup


def ladder(explained: dict[str, Any]) -> list[Rung]:
    """Prior, every term from the heaviest down, and the total.

    >>> rungs = ladder({"prior_bits": -10.0, "total_bits": 3.5, "terms": [{"kind": "line", "bits": 15.0},
    ...                                                                   {"kind": "district", "bits": -1.5}]})
    >>> [(r.name, r.bits, r.so_far) for r in rungs]
    [('prior', -10.0, -10.0), ('line', 15.0, 5.0), ('district', -1.5, 3.5), ('total', 3.5, 3.5)]
    """
    terms = sorted(explained["terms"], key=lambda term: (-abs(term["bits"]), term["kind"]))
    steps: list[tuple[dict[str, Any] | None, str, float]] = [(None, "prior", float(explained["prior_bits"]))]
    steps += [(term, str(term["kind"]), float(term["bits"])) for term in terms]
    sums = [0.0]
    for _, _, bits in steps:
        sums.append(sums[-1] + bits)
    total = float(explained["total_bits"])
    low, high = min(*sums, total), max(*sums, total)
    rungs = [
        Rung(term, name, bits, sums[i + 1], _bar(sums[i], sums[i + 1], low, high))
        for i, (term, name, bits) in enumerate(steps)
    ]
    return [*rungs, Rung(None, "total", total, total, _bar(0.0, total, low, high, total=True))]


def _bar(begin: float, end: float, low: float, high: float, *, total: bool = False) -> Markup:
    unit = (WIDTH - 2) / max(high - low, 1e-9)

    def at(bits: float) -> float:
        return 1 + (bits - low) * unit

    side = "for" if end >= begin else "against"
    return Markup(
        '<svg class="rung" viewBox="0 0 {w} 14" preserveAspectRatio="none" role="img" aria-label="{said}">'
        '<line class="zero" x1="{zero:.1f}" y1="0" x2="{zero:.1f}" y2="14"/>'
        '<rect class="{side}{total}" x="{x:.1f}" y="3" width="{width:.1f}" height="8"/></svg>'
    ).format(
        w=WIDTH, said=f"{end - begin:+.1f} bit", zero=at(0.0), side=escape(side), total=" is-total" if total else "",
        x=at(min(begin, end)), width=max(abs(end - begin) * unit, 1.0),
    )  # fmt: skip


def days_drawn(days: Sequence[tuple[str, int]]) -> Markup:
    """Reports by day as bars, the highest full; each with its day and number on pointing.

    >>> "3" in days_drawn([("2026-11-01", 3), ("2026-11-02", 0)])
    True
    """
    most = max((n for _, n in days), default=0) or 1
    step = 720 / max(len(days), 1)
    bars = [
        Markup('<g><title>{} · {}</title><rect x="{:.2f}" y="0" width="{:.2f}" height="60" class="hit"/>'
               '<rect x="{:.2f}" y="{:.1f}" width="{:.2f}" height="{:.1f}"/></g>').format(
            day, n, i * step, step, i * step + step * 0.1, 60 - 58 * n / most, max(step * 0.8, 0.8), 58 * n / most
        )
        for i, (day, n) in enumerate(days)
    ]  # fmt: skip
    return Markup(
        '<svg class="days" viewBox="0 0 720 60" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(Markup("").join(bars))
