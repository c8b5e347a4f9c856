"""What asked holds save when a bank acts, and what they do to others, by the truth of a city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainbreak.app.ledger_rows import I64
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.bench.funds.methods import Ask
from chainbreak.find.tracing import Terms

if TYPE_CHECKING:
    from chainbreak.bench.funds.book import Book, Theft

TERM_US = 48 * US_PER_HOUR
"""How long a stop payment lasts (Yinfa [2016] 86)."""


@dataclass(frozen=True)
class Moment:
    """The city when a bank acts: fen on every account, (case, account) -> stolen fen there by the truth, account ->
    stolen fen of all cases there, and the same by a FIFO trace of all victims' payments.
    """

    at_us: int
    balance: I64
    stolen: dict[tuple[int, int], int]
    stolen_on: dict[int, int]
    traced_on: dict[int, int]


@dataclass(frozen=True)
class Effect:
    """Of one theft's orders. Fen: `captured` of the theft's own money; `not_traced`: held though by FIFO it is no
    victim's. `fen_hours`: money that by the truth is no victim's, times the hours for which it is held. `touched`:
    accounts held at that are no gang's. `orders`: how many.
    """

    captured: int
    not_traced: int
    fen_hours: float
    touched: int
    orders: int


def moment(book: Book, at_us: int) -> Moment:
    """The city at `at_us`."""
    stolen = book.stolen(at_us)
    on: dict[int, int] = {}
    for (_, account), fen in stolen.items():
        on[account] = on.get(account, 0) + fen
    holdings = book.tracer.trace(book.claims(None, at_us), Terms("fifo", at_us, None)).holdings()
    traced = dict(zip(*(column.tolist() for column in holdings), strict=True))
    return Moment(at_us, book.tracer.balance(at_us), stolen, on, traced)


def freezable(now: Moment, theft: Theft) -> int:
    """Fen of the theft that lie on accounts in reach, by the truth."""
    return sum(fen for (case, _), fen in now.stolen.items() if case == theft.case)


def effect(book: Book, theft: Theft, asks: Sequence[Ask], now: Moment) -> Effect:
    """What the orders do when all banks act at that moment and release after 48 hours."""
    captured = not_traced = touched = 0
    fen_hours = 0.0
    for ask in asks:
        there = int(now.balance[ask.account])
        held = there if ask.fen is None else min(ask.fen, there)
        captured += min(held, now.stolen.get((theft.case, ask.account), 0))
        not_traced += max(held - now.traced_on.get(ask.account, 0), 0)
        fen_hours += max(held - now.stolen_on.get(ask.account, 0), 0) * (TERM_US / US_PER_HOUR)
        touched += (held > 0 or ask.fen is None) and not book.is_mule[ask.account]
    whole = tuple(ask.account for ask in asks if ask.fen is None)
    if whole:
        fen_hours += _comes_later(book, whole, now.at_us)
    return Effect(captured, not_traced, fen_hours, touched, len(asks))


def _comes_later(book: Book, frozen: tuple[int, ...], at_us: int) -> float:
    """Fen-hours of honest money that others pay into frozen accounts until the freeze ends."""
    ledger = book.tracer.ledger
    first, last = ledger.rows_until(at_us), ledger.rows_until(at_us + TERM_US)
    is_frozen = np.zeros(ledger.accounts, np.bool_)
    is_frozen[list(frozen)] = True
    rows = np.flatnonzero(is_frozen[ledger.payee[first:last]] & ~is_frozen[ledger.payer[first:last]]) + first
    rows = rows[~book.of_case[rows]]
    hours = (at_us + TERM_US - ledger.at_us[rows]) / US_PER_HOUR
    return float((ledger.fen[rows] * hours).sum())
