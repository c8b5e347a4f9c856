"""Exact FIFO as translation of intervals: where each transfer lies on its payer's axis and on its payee's.

An account keeps two running sums: what came in (opening balance first, then credits) and what left. Under first in,
first out the k-th fen in is the k-th fen out, so one coordinate serves both: a transfer takes `[lo, lo + fen)` of its
payer's axis to `[to, to + fen)` of its payee's (spec/tracing.md 4). Each account's debits lie in one block, in order
of booking, with room to grow; a block that is full moves to the end of the arena with twice the room.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainbreak.find.tracing.compiled import kernel
from chainbreak.find.tracing.ledger import Ledger
from chainbreak.find.tracing.model import I32, I64, Bools


class Axes(NamedTuple):
    """The arena of debits (`lo`, `to`, `row`: ledger row). By account: `start` of its block, how many
    `debits` it holds and has `room` for; `came` and `left`, fen in and out until now; `odd`: no plain queue (it was
    overdrawn, or a return touches it), so that `lots` must replay it.
    """

    lo: I64
    to: I64
    row: I32
    start: I64
    debits: I32
    room: I32
    came: I64
    left: I64
    odd: Bools


def build(ledger: Ledger) -> Axes:
    """The axes of a whole ledger, in one pass over its rows."""
    n, m = ledger.rows, ledger.accounts
    count = np.bincount(ledger.payer, minlength=m).astype(np.int32)
    start = np.zeros(m, np.int64)
    np.cumsum(count[:-1], out=start[1:])
    axes = Axes(
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int32), start,
        np.zeros(m, np.int32), count, np.maximum(ledger.opening_fen, 0), np.zeros(m, np.int64), np.zeros(m, np.bool_),
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
        arena = [np.concatenate([column, np.empty(more, column.dtype)]) for column in axes[:3]]
        axes = axes._replace(**dict(zip(("lo", "to", "row"), arena, strict=True)))


def widened(axes: Axes, opening_fen: I64) -> Axes:
    """The axes with further accounts of these opening balances, which have no debits yet."""
    nothing = np.zeros(len(opening_fen), np.int64)
    few = nothing.astype(np.int32)
    by_account = (nothing, few, few, np.maximum(opening_fen, 0), nothing, nothing.astype(np.bool_))
    return Axes(*axes[:3], *(np.concatenate([old, new]) for old, new in zip(axes[3:], by_account, strict=True)))


@kernel
def _book(axes, first, last, used, payer, payee, fen, link):
    """Enter rows `first..last`; stops early where a block must move and the arena is full. Returns (next row, used)."""
    for k in range(first, last):
        p, q, amount = payer[k], payee[k], fen[k]
        if axes.debits[p] == axes.room[p]:
            room = max(4, 2 * axes.room[p])
            if used + room > len(axes.lo):
                return k, used
            old = axes.start[p]
            for i in range(axes.debits[p]):
                axes.lo[used + i], axes.to[used + i] = axes.lo[old + i], axes.to[old + i]
                axes.row[used + i] = axes.row[old + i]
            axes.start[p], axes.room[p] = used, room
            used += room
        entry = axes.start[p] + axes.debits[p]
        axes.debits[p] += 1
        axes.lo[entry], axes.row[entry] = axes.left[p], k
        axes.left[p] += amount
        axes.odd[p] |= axes.left[p] > axes.came[p]
        axes.to[entry] = axes.came[q]
        axes.came[q] += amount
        if link[k] >= 0:
            axes.odd[p], axes.odd[q] = True, True
    return last, used


@kernel
def entry_of(axes, account, row):
    """Where in the arena the debit of `account` in ledger row `row` stands."""
    low, high = axes.start[account], axes.start[account] + axes.debits[account]
    while low < high:
        middle = (low + high) // 2
        if axes.row[middle] < row:
            low = middle + 1
        else:
            high = middle
    return low
