"""Replaying an account's lots where translation of intervals alone does not serve: LIFO, returns, shortages.

The result is a *map* of the account: pieces of its axis, each with the transfer that took it. A lot keeps the place
that it had on the axis when it came in, so that a map is read like the plain one. Maps are made when a trace first
needs them and kept until a transfer touches the account.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainbreak.find.tracing.compiled import kernel
from chainbreak.find.tracing.credits import credit_from
from chainbreak.find.tracing.model import I32, I64


class Maps(NamedTuple):
    """`pieces` (capacity, 4): `[lo, hi)` of an account's axis went to `to` on the payee's axis by ledger row `row`;
    rising by lo within an account. By account: `begin` in the pieces (-1: no map yet) and `size`. `used`: pieces
    taken (one value). `lifo`: last in first out (one value).
    """

    pieces: I64
    begin: I64
    size: I32
    used: I64
    lifo: I64


LO, HI, TO, ROW = range(4)


def no_maps(accounts: int, lifo: bool) -> Maps:
    """Maps of no account yet."""
    begin, size = np.full(accounts, -1, np.int64), np.zeros(accounts, np.int32)
    return Maps(np.empty((16, 4), np.int64), begin, size, np.zeros(1, np.int64), np.array([int(lifo)]))


@kernel
def with_map(maps, account, axes, credits, ledger, opening):
    """The maps with that of `account`, which is replayed from its first row. Lot j is the account's j-th credit, lot
    0 its opening balance; `lo[j]..hi[j]` is what is left of it. The chain leads from `none`, a lot that is none, to
    the next to go, and on to the last.
    """
    payer, payee, fen, link = ledger
    rows = _rows_of(account, axes, credits, payer, payee)
    lifo, none = maps.lifo[0] == 1, len(rows) + 1
    lo, hi, of = np.zeros(none, np.int64), np.zeros(none, np.int64), np.full(none, -1, np.int64)
    after, before = np.full(none + 1, none), np.full(none + 1, none)
    came, debit, lots = max(opening[account], 0), axes.start[account], 1
    begin = n = maps.used[0]
    pieces = maps.pieces
    if came > 0:
        hi[0] = came
        _chain(after, before, none, 0)
    for k in rows:
        if payer[k] == account:
            need, goal, lot = fen[k], axes.to[debit], after[none]
            debit += 1
            if link[k] >= 0:
                # What is left of the original goes back first.
                own = np.searchsorted(of[1:lots], link[k]) + 1
                if own < lots and of[own] == link[k] and hi[own] > lo[own]:
                    lot = own
            while need > 0 and lot != none:
                part = min(need, hi[lot] - lo[lot])
                need -= part
                if n == len(pieces):
                    pieces = np.concatenate((pieces, np.empty_like(pieces)))
                if lifo:
                    hi[lot] -= part
                    pieces[n, LO], pieces[n, TO] = hi[lot], goal + need
                else:
                    pieces[n, LO], pieces[n, TO] = lo[lot], goal + fen[k] - need - part
                    lo[lot] += part
                pieces[n, HI], pieces[n, ROW] = pieces[n, LO] + part, k
                n += 1
                if hi[lot] == lo[lot]:
                    after[before[lot]], before[after[lot]] = after[lot], before[lot]
                lot = after[none]
        if payee[k] == account:
            lo[lots], hi[lots], of[lots] = came, came + fen[k], k
            came += fen[k]
            # A plain credit waits behind all others in a queue; on a stack, and after a return, it is the next to go.
            _chain(after, before, none if lifo or link[k] >= 0 else before[none], lots)
            lots += 1
    pieces[begin:n] = pieces[begin:n][np.argsort(pieces[begin:n, LO])]
    maps.begin[account], maps.size[account], maps.used[0] = begin, n - begin, n
    return Maps(pieces, maps.begin, maps.size, maps.used, maps.lifo)


@kernel
def _rows_of(account, axes, credits, payer, payee):
    """The rows that touch an account, rising; a transfer to itself once."""
    until = credits.until[0]
    first, last = axes.start[account], axes.start[account] + axes.debits[account]
    while last > first and axes.row[last - 1] >= until:
        last -= 1
    c, end = credits.begin[account], credits.begin[account + 1]
    rows, n = np.empty(last - first + end - c + len(payee) - until, np.int64), 0
    while first < last or c < end:
        is_debit = c == end or (first < last and axes.row[first] <= credits.row[c])
        k = axes.row[first] if is_debit else credits.row[c]
        if is_debit:
            first += 1
        if c < end and credits.row[c] == k:
            c += 1
        rows[n] = k
        n += 1
    for k in range(until, len(payee)):
        if payer[k] == account or payee[k] == account:
            rows[n] = k
            n += 1
    return rows[:n]


@kernel
def _chain(after, before, previous, lot):
    """Put `lot` into the chain behind `previous`."""
    after[lot], before[lot] = after[previous], previous
    before[after[previous]] = lot
    after[previous] = lot


@kernel
def balance_before(account, row, axes, credits, ledger, opening):
    """Known fen on an account before ledger row `row`; a debit beyond what is known leaves nothing."""
    payer, payee, fen, _ = ledger
    if not axes.odd[account]:
        left, low, high = axes.left[account], axes.start[account], axes.start[account] + axes.debits[account]
        while low < high:
            middle = (low + high) // 2
            if axes.row[middle] < row:
                low = middle + 1
            else:
                high = middle
        if low < axes.start[account] + axes.debits[account]:
            left = axes.lo[low]
        return credit_from(account, row, credits, payee, fen, opening) - left
    balance = max(opening[account], 0)
    for k in _rows_of(account, axes, credits, payer, payee):
        if k >= row:
            break
        if payer[k] == account:
            balance = max(balance - fen[k], 0)
        if payee[k] == account:
            balance += fen[k]
    return balance
