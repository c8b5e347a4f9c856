"""The hours of a week as 7 x 24 squares, darker with more calls; and the days of a window as bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

WIDE, HIGH, LEFT, TOP = 20, 15, 38, 16
STEPS = 5
Words = Callable[..., str]


def week(heat: list[list[float]], t: Words) -> Markup:
    """`heat`: 7 rows (Monday first) of 24 mean numbers of calls an hour."""
    most = max((value for row in heat for value in row), default=0.0)
    hours = Markup("").join(
        Markup('<text class="middle" x="{}" y="11">{}</text>').format(LEFT + hour * WIDE, hour)
        for hour in range(0, 25, 3)
    )
    rows = Markup("").join(_row(day, row, most, t) for day, row in enumerate(heat))
    return Markup('<svg class="week" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        LEFT + 24 * WIDE + 10, TOP + 7 * HIGH + 1, t("console_device.week.said"), hours, rows
    )


def _row(day: int, row: list[float], most: float, t: Words) -> Markup:
    name, top = t(f"console_device.weekday.{day}"), TOP + day * HIGH
    squares = Markup("").join(
        Markup('<rect class="q{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
            step(value, most), LEFT + hour * WIDE + 0.5, top + 0.5, WIDE - 1, HIGH - 1,
            t("console_device.week.cell", day=name, hour=f"{hour:02d}", n=f"{value:g}"),
        )
        for hour, value in enumerate(row)
    )  # fmt: skip
    return Markup('<text x="0" y="{}">{}</text>{}').format(top + 11.5, name, squares)


def step(value: float, most: float) -> int:
    """The shade of a value: 0 for none, 1 to `STEPS` in equal parts of the most.

    >>> [step(v, 10.0) for v in (0, 0.1, 2, 5, 10)]
    [0, 1, 1, 3, 5]
    """
    return 0 if value <= 0 or most <= 0 else min(STEPS, int(-(-value * STEPS // most)))


def day_bar(row: dict[str, Any], most: int) -> Markup:
    """One day's calls as a bar, the answered part darker; `most`: the calls of the busiest day."""
    high, answered = (round(28 * row[name] / most, 1) if most else 0.0 for name in ("calls", "answered"))
    return Markup(
        '<svg class="day-bar" viewBox="0 0 40 28" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="all" x="0" y="{}" width="40" height="{}"/>'
        '<rect class="answered" x="0" y="{}" width="40" height="{}"/></svg>'
    ).format(28 - high, high, 28 - answered, answered)
