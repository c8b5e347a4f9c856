"""Money that falls with the minutes: what of one report can still be reached, and survival curves with their intervals.

Time runs by its square root, so that the first minutes, in which most is lost, are as wide as the hours after them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any

from markupsafe import Markup

from chainbreak.base.units import format_fen

MARKS_MIN = (0, 1, 5, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080)
LEAST_MIN = 60.0
"""No picture ends before the golden hour does."""
ROOM = 34.0
"""Px between two marks of the axis."""
DISC = 19.0
Words = Callable[..., str]
Points = Sequence[tuple[float, float]]


class _Frame:
    """Minutes and shares on a picture `width` by `height`, words below and left left free."""

    def __init__(self, last_min: float, width: float, height: float, left: float, top: float) -> None:
        self.last = max(last_min, LEAST_MIN)
        self.width, self.height, self.left, self.top = width, height, left, top
        self.bottom, self.right = height - 20, width - 18

    def x(self, minute: float) -> float:
        return self.left + sqrt(min(max(minute, 0.0), self.last) / self.last) * (self.right - self.left)

    def y(self, share: float) -> float:
        return self.bottom - min(max(share, 0.0), 1.0) * (self.bottom - self.top)

    def stairs(self, points: Points) -> str:
        """A path that keeps its height until the next point."""
        path = f"M{self.x(points[0][0]):.1f} {self.y(points[0][1]):.1f}"
        return path + "".join(f"H{self.x(minute):.1f}V{self.y(share):.1f}" for minute, share in points[1:])

    def axes(self, t: Words, heights: Sequence[tuple[float, str]]) -> Markup:
        parts, last = [], -ROOM
        for minute in MARKS_MIN:
            x = self.x(minute)
            if minute > self.last or x - last < ROOM:
                continue
            last = x
            parts.append(Markup('<path class="grid" d="M{0:.1f} {1:.0f}V{2:.0f}"/>').format(x, self.top, self.bottom))
            parts.append(Markup('<text class="tick" x="{:.1f}" y="{:.0f}">{}</text>').format(
                x, self.height - 6, _span(minute, t)))  # fmt: skip
        for share, words in heights:
            y = self.y(share)
            parts.append(Markup('<path class="grid" d="M{:.0f} {:.1f}H{:.0f}"/>').format(self.left, y, self.right))
            parts.append(
                Markup('<text class="rung" x="{:.0f}" y="{:.1f}">{}</text>').format(self.left - 6, y + 4, words)
            )
        return Markup("").join(parts)


def falling(clock: Mapping[str, Any], t: Words, width: float = 960, height: float = 280) -> Markup:
    """What of a report's money could be reached at each minute, with the steps that were taken, each at its minute."""
    points, all_fen = clock["curve"], clock["claimed_fen"] or 1
    told = [row["since_theft_min"] for row in clock["steps"] if row["done"]]
    frame = _Frame(max([*told, *(row["minute"] for row in points)]), width, height, 96, 34)
    stairs = [(row["minute"], row["reachable_fen"] / all_fen) for row in points]
    area = frame.stairs(stairs) + f"V{frame.bottom:.1f}H{frame.left:.1f}z"
    heights = [(share, format_fen(round(all_fen * share))) for share in (0, 0.5, 1)]
    taken = [(row["minute"], row["taken_fen"] / all_fen) for row in points]
    return Markup('<svg class="falling" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}'
                  '<path class="area" d="{}"/><path class="taken" d="{}"/><path class="line" d="{}"/>{}</svg>').format(
        width, height, t("console_money.falling_said"), frame.axes(t, heights), area, frame.stairs(taken),
        frame.stairs(stairs), _steps(clock, frame, t),
    )  # fmt: skip


def _steps(clock: Mapping[str, Any], frame: _Frame, t: Words) -> Markup:
    """A line for each step that was taken, numbered as in the strip; the one that lost most stands out."""
    done = [(n, row) for n, row in enumerate(clock["steps"], 1) if row["done"]]
    discs = _apart([frame.x(row["since_theft_min"]) for _, row in done], frame.width - 10)
    parts = []
    for (n, row), at in zip(done, discs, strict=True):
        x = frame.x(row["since_theft_min"])
        worst = " is-worst" if row["step"] == clock["worst"] else ""
        said = t("console_money.step_said", step=t(f"console_money.step.{row['step']}"), n=f"{row['minutes']:.0f}",
                 fen=format_fen(row["lost_fen"]))  # fmt: skip
        line = Markup('<path d="M{:.1f} {:.0f}V{:.0f}L{:.1f} 18"/>').format(x, frame.bottom, frame.top - 6, at)
        disc = Markup('<circle cx="{0:.1f}" cy="12" r="8.5"/><text x="{0:.1f}" y="15.5">{1}</text>').format(at, n)
        parts.append(Markup('<g class="mark{}">{}{}<title>{}</title></g>').format(worst, line, disc, said))
    return Markup("").join(parts)


def _apart(places: Sequence[float], most: float) -> list[float]:
    """Rising places moved so far that no two are nearer than a disc is wide, and none beyond `most`.

    >>> _apart([10.0, 12.0, 99.0, 100.0], 100.0)
    [10.0, 29.0, 81.0, 100.0]
    """
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + DISC) if moved else place)
    for at in range(len(moved) - 1, -1, -1):
        moved[at] = min(moved[at], most if at == len(moved) - 1 else moved[at + 1] - DISC)
    return moved


def survival(
    curve: Sequence[Mapping[str, float]], t: Words, *, behind: Sequence[Mapping[str, float]] = (),
    last_min: float = 0.0, width: float = 320, height: float = 170, said: str = "",
) -> Markup:  # fmt: skip
    """The share of stolen money still reachable by minutes since its theft, with its 95 % interval; `behind`: another
    curve, for comparison. `last_min`: where the axis ends, so that several pictures can be compared.
    """
    if not curve:
        return Markup("")
    frame = _Frame(last_min or curve[-1]["minute"], width, height, 38, 8)
    low, high = ([(row["minute"], row[side]) for row in curve] for side in ("low", "high"))
    line = [(row["minute"], row["share"]) for row in curve]
    back = Markup('<path class="behind" d="{}"/>').format(
        frame.stairs([(row["minute"], row["share"]) for row in behind])) if behind else Markup("")  # fmt: skip
    band = _band(frame, low, high)
    return Markup('<svg class="survival" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}{}'
                  '<path class="band" d="{}"/><path class="line" d="{}"/></svg>').format(
        width, height, said, frame.axes(t, [(0, "0"), (0.5, "50%"), (1, "100%")]), back, band, frame.stairs(line)
    )  # fmt: skip


def _band(frame: _Frame, low: Points, high: Points) -> str:
    """The area between two stairs: along the upper one, and back along the lower."""
    back, height = "", low[-1][1]
    for minute, share in reversed(low[:-1]):
        back += f"V{frame.y(share):.1f}H{frame.x(minute):.1f}"
    return f"{frame.stairs(high)}V{frame.y(height):.1f}{back}z"


def _span(minute: int, t: Words) -> str:
    if minute and minute % 1440 == 0:
        return t("console_money.days", n=minute // 1440)
    unit, n = ("hours", minute // 60) if minute and minute % 60 == 0 else ("minutes", minute)
    return t(f"console_money.{unit}", n=n)
