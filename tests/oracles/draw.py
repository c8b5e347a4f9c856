"""Random small ledgers: crowded moments, hubs, cycles, self transfers, returns, sinks, coverage edges, shared mules.

Every choice is a function of a sequence of numbers, so that NumPy can draw a million and Hypothesis can shrink one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from hypothesis import strategies as st
from tests.oracles.case import FOREVER, Case, Row, Share

Below = Callable[[int], int]
"""n -> a number of 0..n-1."""
SIZES = (12, 12, 60, 1_000, 100_000, 10**13)
"""Largest amount of a ledger in fen: small ones make exact fits and splits of a single fen common, the largest make
products beyond 64 bits."""


def draw_case(below: Below, tiny: bool = False) -> Case:
    """One ledger with 1 to 4 claims; `tiny` for the oracle that moves single fen."""
    accounts, n = 2 + below(7), 3 + below(38)
    most = SIZES[below(2 if tiny else len(SIZES))]
    rows = _rows(below, accounts, n, most)
    covered = [_covered(below, rows[-1].at) for _ in range(accounts)]
    as_of = None if below(3) else rows[0].at + below(rows[-1].at - rows[0].at + 2)
    alive = sum(row.at <= (rows[-1].at if as_of is None else as_of) for row in rows)
    return Case(
        rows,
        [_opening(below, most) for _ in range(accounts)],
        [below(8) == 0 for _ in range(accounts)],
        covered,
        _claims(below, rows[:alive]),
        as_of,
        None if below(2) else below(rows[-1].at - rows[0].at + 2),
        0 if tiny or below(2) else below(max(2, most // 3)),
    )


def _opening(below: Below, most: int) -> int:
    kind = below(4)
    return -1 if kind == 0 else 0 if kind == 1 else below(most) if kind == 2 else below(3 * most)


def _rows(below: Below, accounts: int, n: int, most: int) -> list[Row]:
    rows: list[Row] = []
    left: list[int] = []
    at, hub = 1_000, below(accounts)
    for _ in range(n):
        at += max(0, below(6) - 2)
        origin = below(max(1, len(rows)))
        if rows and below(5) == 0 and left[origin]:
            fen = left[origin] if below(2) else 1 + below(left[origin])
            left[origin] -= fen
            rows.append(Row(at, rows[origin].payee, rows[origin].payer, fen, origin))
        else:
            payer, payee = (hub if below(4) == 0 else below(accounts) for _ in range(2))
            # Going on from where money has just come makes chains and cycles common.
            payer = rows[-1].payee if rows and below(3) == 0 else payer
            rows.append(Row(at, payer, payee, 1 + below(most)))
        left.append(rows[-1].fen)
    return rows


def _covered(below: Below, end: int) -> int:
    kind = below(10)
    return FOREVER if kind > 1 else 0 if kind else 999 + below(end - 996)


def _claims(below: Below, rows: list[Row]) -> list[Share]:
    """Claims of one row never lie on one another; the second often lies on the first one's row."""
    free = [0] * len(rows)
    claims: list[Share] = []
    for _ in range(1 + below(4)):
        row = claims[-1].row if claims and below(3) == 0 else below(1 + below(len(rows)))
        room = rows[row].fen - free[row]
        if room:
            lo = free[row] + (below(room) if below(2) else 0)
            fen = rows[row].fen - lo if below(2) else 1 + below(rows[row].fen - lo)
            free[row] = lo + fen
            claims.append(Share(row, fen, lo))
    return claims


def fast(seed: int, n: int, tiny: bool = False) -> Iterator[Case]:
    """`n` ledgers from a block of random numbers; the same of the same seed."""
    draws = np.random.default_rng(seed).random(512 * n).tolist()
    at = -1

    def below(limit: int) -> int:
        nonlocal at
        at = at + 1 if at + 1 < len(draws) else 0
        return int(draws[at] * limit)

    for _ in range(n):
        yield draw_case(below, tiny)


@st.composite
def cases(draw: st.DrawFn, tiny: bool = False) -> Case:
    """The same ledgers, for Hypothesis to shrink."""
    return draw_case(lambda limit: draw(st.integers(0, limit - 1)), tiny)
