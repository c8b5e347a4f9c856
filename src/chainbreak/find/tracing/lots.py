"""Replaying an account's queue of lots where interval translation alone does not serve: LIFO, returns, shortages.

The result is a *map* of the account: pieces of its axis, each with the transfer that took it. A lot keeps the place that
it had on the axis when it came in, so that a map is read exactly like the plain one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainbreak.find.tracing.axes import Axes
from chainbreak.find.tracing.compiled import kernel
from chainbreak.find.tracing.ledger import Ledger
from chainbreak.find.tracing.model import I32, I64, Bools


class Maps(NamedTuple):
    """Pieces `[lo, hi)` of an account's axis that ledger row `row` took to `to` on the axis of `who`; rising by `lo`
    within an account. `which` (by account): the number of its map or -1; the map's pieces are `start[w]..start[w + 1]`.
    """

    lo: I64
    hi: I64
    to: I64
    who: I32
    row: I32
    which: I32
    start: I64


def no_maps(accounts: int) -> Maps:
    """Maps of no account."""
    none, numbers = np.zeros(0, np.int64), np.zeros(0, np.int32)
    return Maps(none, none, none, numbers, numbers, np.full(accounts, -1, np.int32), np.zeros(1, np.int64))


def replayed(ledger: Ledger, axes: Axes, chosen: Bools, lifo: bool) -> Maps:
    """The maps of the chosen accounts, first in first out or last in first out.

    Sinks and accounts that are not held are never followed, so that no map is needed.
    """
    chosen = chosen & ~ledger.sink & (ledger.covered_until_us != 0)
    numbers = np.flatnonzero(chosen)
    if not len(numbers):
        return no_maps(ledger.accounts)
    which = np.full(ledger.accounts, -1, np.int32)
    which[numbers] = np.arange(len(numbers), dtype=np.int32)
    rows = np.flatnonzero(chosen[ledger.payer] | chosen[ledger.payee])
    begin, events = _events(rows, ledger.payer, ledger.payee, which, len(numbers))
    pieces, start = _replay_all(
        numbers, begin, events, axes, ledger.payer, ledger.payee, ledger.fen, ledger.link, ledger.opening_fen, lifo
    )
    lo, hi, to, who, row = (pieces[:, i] for i in range(5))
    return Maps(lo.copy(), hi.copy(), to.copy(), who.astype(np.int32), row.astype(np.int32), which, start)


@kernel
def _events(rows, payer, payee, which, n):  # type: ignore[no-untyped-def]
    """The rows that touch each chosen account, in order: (begin of each, rows)."""
    begin = np.zeros(n + 1, np.int64)
    for k in rows:
        p, q = which[payer[k]], which[payee[k]]
        if p >= 0:
            begin[p + 1] += 1
        if q >= 0 and q != p:
            begin[q + 1] += 1
    for i in range(n):
        begin[i + 1] += begin[i]
    events, fill = np.empty(begin[n], np.int64), begin[:-1].copy()
    for k in rows:
        p, q = which[payer[k]], which[payee[k]]
        if p >= 0:
            events[fill[p]] = k
            fill[p] += 1
        if q >= 0 and q != p:
            events[fill[q]] = k
            fill[q] += 1
    return begin, events


@kernel
def _replay_all(accounts, begin, events, axes, payer, payee, fen, link, opening, lifo):  # type: ignore[no-untyped-def]
    """(pieces (n, 5): lo, hi, to, who, row, rising by lo in each account; start of each account's)."""
    pieces = np.empty((2 * len(events) + 16, 5), np.int64)
    n, start = 0, np.zeros(len(accounts) + 1, np.int64)
    for i in range(len(accounts)):
        first = n
        pieces, n = _replay(
            accounts[i], events[begin[i] : begin[i + 1]], axes, payer, payee, fen, link, opening, lifo, pieces, n
        )
        order = np.argsort(pieces[first:n, 0])
        pieces[first:n] = pieces[first:n][order]
        start[i + 1] = n
    return pieces[:n], start


@kernel
def _replay(account, rows, axes, payer, payee, fen, link, opening, lifo, pieces, n):  # type: ignore[no-untyped-def]
    """Add the pieces of one account. Lot j is the credit of event j - 1 (lot 0 the opening balance), `lo[j]..hi[j]` what
    is left of it; a chain from `END` (a lot that is none) leads from the next to go to the last.
    """
    lots, none = len(rows) + 1, len(rows) + 1
    lo, hi = np.zeros(lots, np.int64), np.zeros(lots, np.int64)
    after, before = np.full(lots + 1, none), np.full(lots + 1, none)
    came, debit = max(opening[account], 0), axes.start[account]
    if came > 0:
        hi[0] = came
        _chain(after, before, none, 0)
    for event in range(len(rows)):
        k = rows[event]
        if payer[k] == account:
            need, size, goal = fen[k], fen[k], axes.to[debit]
            debit += 1
            own = np.searchsorted(rows, link[k]) + 1 if link[k] >= 0 else 0
            # What is left of the original goes back first; lot 0 is no credit and never an original.
            lot = own if link[k] >= 0 and own < lots and rows[own - 1] == link[k] and hi[own] > lo[own] else after[none]
            while need > 0 and lot != none:
                part = min(need, hi[lot] - lo[lot])
                at = hi[lot] - part if lifo else lo[lot]
                offset = need - part if lifo else size - need
                if n == len(pieces):
                    pieces = np.concatenate((pieces, np.empty_like(pieces)))
                pieces[n, 0], pieces[n, 1], pieces[n, 2] = at, at + part, goal + offset
                pieces[n, 3], pieces[n, 4] = payee[k], k
                n += 1
                need -= part
                if lifo:
                    hi[lot] -= part
                else:
                    lo[lot] += part
                if hi[lot] == lo[lot]:
                    after[before[lot]], before[after[lot]] = after[lot], before[lot]
                lot = after[none]
        if payee[k] == account:
            lot = event + 1
            lo[lot], hi[lot] = came, came + fen[k]
            came += fen[k]
            # A plain credit waits behind all others in a queue; on a stack, and after a return, it is the next to go.
            _chain(after, before, none if lifo or link[k] >= 0 else before[none], lot)
    return pieces, n


@kernel
def _chain(after, before, previous, lot):  # type: ignore[no-untyped-def]
    """Put `lot` into the chain behind `previous`."""
    after[lot], before[lot] = after[previous], previous
    before[after[previous]] = lot
    after[previous] = lot
