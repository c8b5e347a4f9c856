"""Where a trace is drawn: one axis of minutes with room for every hop, and rows in which no branch crosses another.

Across: time since the first payment; it never runs backwards, and an account stands at least one step right of whoever
paid it. Quiet hours are narrow (square root), so that the first minutes can be read. Down: an account's branches in the
order in which they leave, the earliest outermost, what stays in the middle. Units are those of the view box.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from math import sqrt

from chainbreak.base.clock import US_PER_MIN
from chainbreak.console.draw.money_shape import Node, Shape

BAR = 6
STEP_LEAST, STEP_MOST = 26.0, 150.0
FOR_STEPS = 0.7
"""The part of the width that steps from account to account may use; the rest shows time that passed."""
STUB = 34.0
"""How far the money that is lost from sight is drawn behind its account."""
ROW_LEAF, ROW_NODE = 19.0, 27.0
"""Least height of an end with its words beside it, and of an account with its words above it."""
RIVER, RIVER_OF_FEW, FEW = 132.0, 216.0, 14
"""Px of everything that was claimed, and where only a few nodes are drawn."""
THIN = 1.5
CLEAR = 14.0
"""Px between the last account and the right edge, even where money moved at the last moment."""
TICKS_MIN = (0, 1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 720, 1440, 2880)
TICK_ROOM = 42.0


@dataclass(frozen=True)
class Frame:
    """The picture's measures: where time begins and ends across, where rows begin, and its size."""

    left: float
    right: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Placed:
    """`x`: of every node's bar. `y`: middle of its bar. `thick`: px a fen. `axis`: time -> x as sorted knots."""

    x: dict[str, float]
    y: dict[str, float]
    fen_px: float
    knots: list[tuple[int, float]]
    frame: Frame
    order: dict[str, list[str]]

    def thick(self, fen: int) -> float:
        """Pixels of an amount."""
        return max(fen * self.fen_px, THIN)

    def at(self, at_us: int) -> float:
        """Where a moment stands."""
        at = bisect_right(self.knots, (at_us, float("inf")))
        if at == 0:
            return self.knots[0][1]
        if at == len(self.knots):
            return self.knots[-1][1]
        (t0, x0), (t1, x1) = self.knots[at - 1], self.knots[at]
        return x0 + (x1 - x0) * (at_us - t0) / (t1 - t0)


def place(shape: Shape, width: float, left: float, right: float, top: float) -> Placed:
    """Places for everything of `shape` in a picture `width` wide; `left`, `right`: kept free for words."""
    children = _children(shape)
    span = width - left - right
    longest = _walk(shape, left, 1.0, 0.0)[1][-1][1] - left  # in steps, were there no quiet time at all
    step = min(max(span * FOR_STEPS / max(longest, 1), STEP_LEAST), STEP_MOST)
    span = max(span, longest * step / FOR_STEPS)
    x, knots = _across(shape, left, span, step)
    total = sum(n.in_fen for n in shape.nodes.values() if n.sort == "victim") or 1
    fen_px = (RIVER if len(shape.nodes) > FEW else RIVER_OF_FEW) / total
    order: dict[str, list[str]] = {}
    y, bottom = _down(shape, children, fen_px, top, order)
    frame = Frame(left, left + span, top, left + span + right, bottom + 12)
    return Placed(x, y, fen_px, knots, frame, order)


def ticks(placed: Placed, start_us: int, end_us: int) -> list[tuple[int, float]]:
    """(minutes since the first payment, x) of each mark on the axis; none nearer to another than can be read."""
    found: list[tuple[int, float]] = []
    for minute in TICKS_MIN:
        at_us = start_us + minute * US_PER_MIN
        if at_us > end_us:
            break
        at = placed.at(at_us)
        if not found or at - found[-1][1] >= TICK_ROOM:
            found.append((minute, at))
    return found


def _children(shape: Shape) -> dict[str, list[Node]]:
    children: dict[str, list[Node]] = defaultdict(list)
    for node in shape.nodes.values():
        children[node.parent if node.parent in shape.nodes else ""].append(node)
    return children


def _across(shape: Shape, left: float, span: float, step: float) -> tuple[dict[str, float], list[tuple[int, float]]]:
    """Bars across, and the knots of the axis; `more` of quiet time is what makes the whole as wide as `span`."""
    low, high = 0.0, span
    for _ in range(24):
        more = (low + high) / 2
        x, knots = _walk(shape, left, step, more)
        low, high = (more, high) if knots[-1][1] < left + span - CLEAR else (low, more)
    x, knots = _walk(shape, left, step, low)
    knots[-1] = (knots[-1][0], left + span)
    return x, knots


def _walk(shape: Shape, left: float, step: float, more: float) -> tuple[dict[str, float], list[tuple[int, float]]]:
    """Go through arrivals in time. `more`: px for a quiet time of one whole trace."""
    whole = sqrt(max(shape.end_us - shape.start_us, 1))
    x: dict[str, float] = {}
    knots = [(shape.start_us, left)]
    for key, node in shape.nodes.items():
        if node.sort == "end":
            continue
        last_us, last = knots[-1]
        at = last + more * sqrt(max(node.first_us - last_us, 0)) / whole
        if node.sort != "victim":
            at = max(at, x.get(node.parent, left) + step)
        x[key] = at
        if node.first_us > last_us:
            knots.append((node.first_us, at))
        else:
            knots[-1] = (last_us, max(last, at))
    end = knots[-1][1] + more * sqrt(max(shape.end_us - knots[-1][0], 0)) / whole
    if shape.end_us > knots[-1][0]:
        knots.append((shape.end_us, end))
    x |= {key: x[node.parent] + STUB for key, node in shape.nodes.items() if node.sort == "end"}
    return x, knots


def _down(
    shape: Shape, children: dict[str, list[Node]], fen_px: float, top: float, order: dict[str, list[str]]
) -> tuple[dict[str, float], float]:
    """Middles of bars and the lowest edge; fills `order` with each node's branches top down ("": its stay)."""
    high: dict[str, float] = {}
    for node in reversed(shape.nodes.values()):
        branches = _arranged(node, children.get(node.key, []), high)
        order[node.key] = branches
        rows = [high[b] if b else _row(node.stays * fen_px, ROW_LEAF) for b in branches]
        least = ROW_NODE if any(branches) else ROW_LEAF
        high[node.key] = max(_row(node.in_fen * fen_px, least), sum(rows))
    y: dict[str, float] = {}
    at = top
    for root in children.get("", []):
        _settle(shape, root.key, at, high, fen_px, order, y)
        at += high[root.key]
    return y, at


def _row(thick: float, least: float) -> float:
    return max(thick + 7, least)


def _arranged(node: Node, below: list[Node], high: dict[str, float]) -> list[str]:
    """Branches from top to bottom: the earliest outermost on the side that has less, what stays in the middle."""
    sides: tuple[list[str], list[str]] = ([], [])
    sums = [0.0, 0.0]
    for child in sorted(below, key=lambda n: (n.sort == "end", n.first_us, n.key)):
        side = 0 if sums[0] < sums[1] else 1
        sides[side].append(child.key)
        sums[side] += high[child.key]
    return [*sides[0], *([""] if node.stays else []), *reversed(sides[1])]


def _settle(
    shape: Shape, root: str, top: float, high: dict[str, float], fen_px: float, order: dict[str, list[str]],
    y: dict[str, float],
) -> None:  # fmt: skip
    """Give the subtree of `root`, which begins at `top`, its places."""
    waiting = [(root, top)]
    while waiting:
        key, begin = waiting.pop()
        node, branches = shape.nodes[key], order[key]
        rows = [high[b] if b else _row(node.stays * fen_px, ROW_LEAF) for b in branches]
        at = begin + (high[key] - sum(rows)) / 2
        middles = []
        for branch, row in zip(branches, rows, strict=True):
            middles.append(at + row / 2)
            if branch:
                waiting.append((branch, at))
            at += row
        if "" in branches:
            y[key] = middles[branches.index("")]
        elif middles:
            half = len(middles) // 2
            y[key] = middles[half] if len(middles) % 2 else (middles[half - 1] + middles[half]) / 2
        else:
            y[key] = begin + high[key] / 2
