"""Each account's credits in order of booking: for looking back, for replaying an account, for its balance at a row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainbreak.find.tracing.compiled import kernel
from chainbreak.find.tracing.ledger import Ledger
from chainbreak.find.tracing.model import I32, I64

MOST_AFTER = 100_000
"""Rows after the indexed ones are looked at one by one, up to so many."""


class Credits(NamedTuple):
    """`begin` (accounts + 1) of each account's credits, their ledger `row`s, and where each begins on the account's
    axis (`came`, fen). Rows before `until` (one value) are in it.
    """

    begin: I64
    row: I32
    came: I64
    until: I64


def credits_of(ledger: Ledger) -> Credits:
    """The credits of a whole ledger."""
    begin = np.zeros(ledger.accounts + 1, np.int64)
    np.cumsum(np.bincount(ledger.payee, minlength=ledger.accounts), out=begin[1:])
    row, came = np.empty(ledger.rows, np.int32), np.empty(ledger.rows, np.int64)
    _enter(ledger.payee, ledger.fen, np.maximum(ledger.opening_fen, 0), begin[:-1].copy(), row, came)
    return Credits(begin, row, came, np.array([ledger.rows]))


@kernel
def _enter(payee, fen, sums, fill, row, came):
    for k in range(len(payee)):
        q = payee[k]
        row[fill[q]], came[fill[q]] = k, sums[q]
        sums[q] += fen[k]
        fill[q] += 1


@kernel
def credit_from(account, row, credits, payee, fen, opening):
    """What came to an account before ledger row `row`, opening balance included (fen)."""
    first, end = credits.begin[account], credits.begin[account + 1]
    c = first + np.searchsorted(credits.row[first:end], row)
    if c < end:
        return credits.came[c]
    came = credits.came[end - 1] + fen[credits.row[end - 1]] if end > first else max(opening[account], 0)
    for k in range(credits.until[0], row):
        if payee[k] == account:
            came += fen[k]
    return came
