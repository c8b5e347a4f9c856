"""Exact FIFO as translation of intervals: where each transfer lies on its payer's axis and on its payee's.

An account keeps two running sums: what came in (opening balance first, then credits) and what left. Under first in, first
out the k-th fen in is the k-th fen out, so one coordinate serves both: a transfer takes `[lo, lo + fen)` of its payer's axis
to `[to, to + fen)` of its payee's (spec/tracing.md 4). Each account's debits lie in one block, in order of booking, with
room to grow; a block that is full moves to the end of the arena with twice the room.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainbreak.find.tracing.compiled import kernel
from chainbreak.find.tracing.ledger import Ledger
from chainbreak.find.tracing.model import I32, I64, Bools


class Axes(NamedTuple):
    """The arena of debits (`lo`, `to`, `who`: payee, `row`: ledger row), and by account: `start`, `count` and `room` of its
    block, `came` and `left` (fen in and out until now), `odd`: its map is not that of a plain queue (it was overdrawn,
    or a return touches it), so that `lots` must replay it.
    """

    lo: I64
    to: I64
    who: I32
    row: I32
    start: I64
    count: I64
    room: I64
    came: I64
    left: I64
    odd: Bools

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(column.nbytes for column in self)


def build(ledger: Ledger) -> Axes:
    """The axes of a whole ledger, in one pass over its rows."""
    n, m = ledger.rows, ledger.accounts
    count = np.bincount(ledger.payer, minlength=m).astype(np.int64)
    start = np.concatenate(([0], np.cumsum(count)[:-1])).astype(np.int64) if m else np.zeros(0, np.int64)
    axes = Axes(
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int32), np.empty(n, np.int32), start,
        np.zeros(m, np.int64), count, np.maximum(ledger.opening_fen, 0), np.zeros(m, np.int64), np.zeros(m, np.bool_),
    )  # fmt: skip
    _book(axes, 0, n, n, ledger.payer, ledger.payee, ledger.fen, ledger.link)
    return axes


def extend(axes: Axes, ledger: Ledger, first: int, used: int) -> tuple[Axes, int]:
    """The axes with rows from `first` on; `used`: how much of the arena is taken. Returns both anew."""
    while True:
        first, used = _book(axes, first, ledger.rows, used, ledger.payer, ledger.payee, ledger.fen, ledger.link)
        if first == ledger.rows:
            return axes, used
        wanted = 2 * int(axes.room[ledger.payer[first]]) + 4
        more = max(wanted, len(axes.lo) // 4)
        arena = [np.concatenate([column, np.empty(more, column.dtype)]) for column in axes[:4]]
        axes = Axes(*arena, *axes[4:])


def widened(axes: Axes, opening_fen: I64) -> Axes:
    """The axes with further accounts of these opening balances, which have no debits yet."""
    nothing = np.zeros(len(opening_fen), np.int64)
    by_account = (nothing, nothing, nothing, np.maximum(opening_fen, 0), nothing, nothing.astype(np.bool_))
    return Axes(*axes[:4], *(np.concatenate([old, new]) for old, new in zip(axes[4:], by_account, strict=True)))


@kernel
def _book(axes, first, last, used, payer, payee, fen, link):  # type: ignore[no-untyped-def]
    """Enter rows `first..last`; stops early where a block must move and the arena is full. Returns (next row, used)."""
    for k in range(first, last):
        p, q, amount = payer[k], payee[k], fen[k]
        if axes.count[p] == axes.room[p]:
            room = max(4, 2 * axes.room[p])
            if used + room > len(axes.lo):
                return k, used
            old = axes.start[p]
            for i in range(axes.count[p]):
                axes.lo[used + i], axes.to[used + i] = axes.lo[old + i], axes.to[old + i]
                axes.who[used + i], axes.row[used + i] = axes.who[old + i], axes.row[old + i]
            axes.start[p], axes.room[p] = used, room
            used += room
        entry = axes.start[p] + axes.count[p]
        axes.count[p] += 1
        axes.lo[entry], axes.who[entry], axes.row[entry] = axes.left[p], q, k
        axes.left[p] += amount
        axes.odd[p] |= axes.left[p] > axes.came[p]
        axes.to[entry] = axes.came[q]
        axes.came[q] += amount
        if link[k] >= 0:
            axes.odd[p], axes.odd[q] = True, True
    return last, used


@kernel
def entry_of(axes, account, row):  # type: ignore[no-untyped-def]
    """Where in the arena the debit of `account` in ledger row `row` stands."""
    low, high = axes.start[account], axes.start[account] + axes.count[account]
    while low < high:
        middle = (low + high) // 2
        if axes.row[middle] < row:
            low = middle + 1
        else:
            high = middle
    return low
