"""Estimates with their intervals on one axis with nothing in the middle, and figures of two sides as bars of a pair."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

Words = Callable[..., str]
ROW = 30.0
LEAST = 0.02
"""The axis reaches at least two points to either side."""


def forest(rows: Sequence[Mapping[str, Any]], t: Words, width: float = 620, left: float = 132) -> Markup:
    """One line a row (label, difference, low, high as shares; None: not known yet), right of nothing where being early
    saves; the figures stand at the end of the line.
    """
    if not rows:
        return Markup("")
    reach = _reach([abs(row[end]) for row in rows if row["low"] is not None for end in ("low", "high")])
    right, bottom = width - 176, 14 + ROW * len(rows)

    def x(share: float) -> float:
        return left + (share + reach) / (2 * reach) * (right - left)

    ticks = [
        Markup('<path class="{}" d="M{:.1f} 6V{:.0f}"/><text class="tick" x="{:.1f}" y="{:.0f}">{}</text>').format(
            "zero" if not at else "grid", x(at), bottom, x(at), bottom + 14, _points(at))
        for at in (-reach, -reach / 2, 0.0, reach / 2, reach)
    ]  # fmt: skip
    lines = [_line(row, n, x, left, right, t) for n, row in enumerate(rows)]
    return Markup('<svg class="forest" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}{}</svg>').format(
        width, bottom + 20, t("warnings_measure.difference"), Markup("").join(ticks), Markup("").join(lines)
    )  # fmt: skip


def _line(
    row: Mapping[str, Any], n: int, x: Callable[[float], float], left: float, right: float, t: Words
) -> Markup:  # fmt: skip
    y = 20 + n * ROW
    name = Markup('<text class="rung" x="{:.0f}" y="{:.1f}">{}</text>').format(left - 12, y + 4, row["label"])
    if row["low"] is None:
        return name + Markup('<text class="unknown" x="{:.1f}" y="{:.1f}">{}</text>').format(
            right + 14, y + 4, t("warnings_measure.unknown_yet"))  # fmt: skip
    told = f"{_points(row['difference'])}  ({_points(row['low'])} – {_points(row['high'])})"
    sort = " is-for" if row["low"] > 0 else " is-against" if row["high"] < 0 else ""
    return name + Markup(
        '<g class="estimate{}"><path d="M{:.1f} {:.1f}H{:.1f}M{:.1f} {:.1f}v8M{:.1f} {:.1f}v8"/>'
        '<circle cx="{:.1f}" cy="{:.1f}" r="4.5"/></g><text class="told" x="{:.1f}" y="{:.1f}">{}</text>'
    ).format(sort, x(row["low"]), y, x(row["high"]), x(row["low"]), y - 4, x(row["high"]), y - 4,
             x(row["difference"]), y, right + 14, y + 4, told)  # fmt: skip


def _reach(ends: Sequence[float]) -> float:
    """Where the axis ends: a round share that holds every interval.

    >>> _reach([0.013]), _reach([0.031]), _reach([0.24, 0.1])
    (0.02, 0.05, 0.5)
    """
    most = max([LEAST, *ends])
    step = 10.0 ** math.floor(math.log10(most))
    return next(round(step * times, 6) for times in (1, 2, 5, 10) if step * times >= most - 1e-12)


def _points(share: float) -> str:
    """A share as percentage points with its sign.

    >>> _points(0.0123), _points(-0.5), _points(0.0)
    ('+1.2', '−50', '0')
    """
    figure = round(100 * share, 1)
    text = f"{abs(figure):g}"
    return text if text == "0" else ("+" if figure > 0 else "\u2212") + text


def pairs(rows: Sequence[tuple[str, float, float]], t: Words, said: str, width: float = 460) -> Markup:
    """Two bars a row, in force above and proposed below, to one scale: (label, old, new)."""
    left, right, most = 96.0, width - 56, max([max(old, new) for _, old, new in rows], default=0) or 1.0

    def bar(y: float, value: float, sort: str) -> Markup:
        long = value / most * (right - left)
        return Markup(
            '<rect class="{}" x="{:.0f}" y="{:.1f}" width="{:.1f}" height="9"/>'
            '<text class="told" x="{:.1f}" y="{:.1f}">{}</text>'
        ).format(sort, left, y, max(long, 1.0), left + max(long, 1.0) + 6, y + 9, _figure(value))

    parts = []
    for n, (label, old, new) in enumerate(rows):
        y = 6 + n * ROW
        name = Markup('<text class="rung" x="{:.0f}" y="{:.1f}">{}</text>').format(left - 12, y + 14, label)
        none = Markup('<text class="tick" x="{:.0f}" y="{:.1f}">0</text>').format(left + 4, y + 14)
        parts.append(name + (bar(y, old, "old") + bar(y + 11, new, "new") if old or new else none))
    return Markup('<svg class="pairs-of" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}</svg>').format(
        width, 8 + ROW * len(rows), said, Markup("").join(parts)
    )  # fmt: skip


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
