"""A month of booked transfers of a simulated country, and the thefts in it, from one seed.

Ordinary money: payers and payees of heavy-tailed popularity (one paying agent makes a fortieth of all debits), a daily
rhythm, log-normal amounts, a part of it at merchants. Thefts: a victim's payment into a ring of mule accounts,
split on within minutes, layer by layer, towards cash and coins; rings are used again, so victims share mules. A
thousandth of all transfers is returned. Openings are such that almost nobody is overdrawn; a few are not known. All
shapes and shares are our choice; nothing here is fitted to real accounts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.find.tracing import FOREVER

I64 = npt.NDArray[np.int64]
US_PER_MINUTE = US_PER_HOUR // 60
DAYS = 30
START_US = 1_762_300_800_000_000
"""2025-11-05 00:00 UTC."""
AGENT, AGENT_SHARE = 0, 1 / 40
"""The paying agent (before accounts are shuffled), its share of ordinary debits; stolen money goes through it too."""
MERCHANTS, MERCHANT_SHARE = 1 / 250, 0.25
"""Accounts that are sinks, and ordinary payments that end there."""
RETURNED = 1 / 1_000
THEFTS, RING, LAYERS = 1 / 480, 12, 6
"""Thefts a transfer, mules a ring, and layers of mules at most."""
UNKNOWN_OPENINGS, NOT_HELD, HELD_UNTIL = 1 / 2_000, 1 / 50, 1 / 200
"""Shares of accounts whose opening, whose ledger, and the end of whose ledger is not held."""


class Book(NamedTuple):
    """Columns of n transfers in the order of (at_us, row) and of m accounts; `theft`: rows of stolen payments."""

    at_us: I64
    payer: I64
    payee: I64
    fen: I64
    link: I64
    opening_fen: I64
    sink: npt.NDArray[np.bool_]
    covered_until_us: I64
    theft: I64


class _Rows(NamedTuple):
    """Transfers in any order; `link` names a place in the same table, `theft` marks stolen payments."""

    at_us: I64
    payer: I64
    payee: I64
    fen: I64
    link: I64
    theft: I64


def make_book(transfers: int, seed: int) -> Book:
    """About `transfers` transfers of a tenth as many accounts."""
    rng = np.random.default_rng(seed)
    accounts = transfers // 10
    mules = int(transfers * THEFTS) // 10 * RING
    sinks = int(accounts * MERCHANTS)
    people = accounts - mules - sinks
    thefts = _thefts(rng, int(transfers * THEFTS), people, sinks, mules)
    ordinary = _ordinary(rng, int(transfers * (1 - RETURNED)) - len(thefts.fen), people, sinks)
    rows = _in_order(_with_returns(rng, _stacked(ordinary, thefts)))
    sink = np.zeros(accounts, bool)
    sink[people : people + sinks] = True
    covered = np.full(accounts, FOREVER)
    luck = rng.random(accounts)
    covered[luck < NOT_HELD] = 0
    covered[luck > 1 - HELD_UNTIL] = START_US + (DAYS - 2) * US_PER_DAY
    opening = _openings(rng, rows, accounts, mules)
    name = rng.permutation(accounts)
    place = np.argsort(name)
    return Book(
        rows.at_us, name[rows.payer], name[rows.payee], rows.fen, rows.link,
        opening[place], sink[place], covered[place], np.flatnonzero(rows.theft),
    )  # fmt: skip


def _ordinary(rng: np.random.Generator, n: int, people: int, sinks: int) -> _Rows:
    payer, payee = (_popular(rng, n, people) for _ in range(2))
    payer[rng.random(n) < AGENT_SHARE] = AGENT
    bought = rng.random(n) < MERCHANT_SHARE
    payee[bought] = people + _popular(rng, int(bought.sum()), sinks)
    at = rng.integers(0, DAYS, n) * US_PER_DAY + _of_day(rng, n)
    return _rows(START_US + at, payer, payee, _amounts(rng, n, 20_000, 1.3))


def _popular(rng: np.random.Generator, n: int, accounts: int) -> I64:
    """Accounts by a power of a uniform number: the first tenth gets a quarter of all, the first few very much."""
    return (accounts * rng.random(n) ** 1.7).astype(np.int64)


def _of_day(rng: np.random.Generator, n: int) -> I64:
    """A moment of the day: few at night, most in the evening."""
    return (US_PER_DAY * rng.beta(3.0, 2.0, n)).astype(np.int64)


def _amounts(rng: np.random.Generator, n: int, median_fen: int, spread: float) -> I64:
    return np.maximum(1, np.exp(rng.normal(np.log(median_fen), spread, n))).astype(np.int64)


def _thefts(rng: np.random.Generator, n: int, people: int, sinks: int, mules: int) -> _Rows:
    """The victims' payments and what the rings make of them, layer by layer."""
    ring = rng.integers(0, mules // RING, n)
    at = START_US + rng.integers(0, (DAYS - 1) * US_PER_DAY, n)
    fen, holder = _amounts(rng, n, 3_000_000, 1.0), _mule(rng, ring, people + sinks)
    found = [_rows(at, rng.integers(1, people, n), holder, fen, theft=1)]
    for layer in range(LAYERS):
        # A little stays behind, as on real mule accounts; the rest goes on in one to four parts.
        fen = fen - (fen * rng.random(len(fen)) ** 4 * 0.2).astype(np.int64)
        parts = np.minimum(rng.integers(1, 5, len(fen)), np.maximum(1, fen // 1_000))
        mine = np.repeat(np.arange(len(fen)), parts)
        first = np.cumsum(parts) - parts
        within = np.arange(len(mine)) - first[mine]
        share = fen[mine] // parts[mine] + (within < fen[mine] % parts[mine])
        minutes = np.exp(rng.normal(1.6, 0.9, len(mine))) + within
        at, ring, payer, fen = at[mine] + (minutes * US_PER_MINUTE).astype(np.int64), ring[mine], holder[mine], share
        kept = (fen > 0) & (at < START_US + DAYS * US_PER_DAY)
        at, ring, payer, fen = at[kept], ring[kept], payer[kept], fen[kept]
        luck, payee = rng.random(len(fen)), _mule(rng, ring, people + sinks)
        out = luck < 0.15 + 0.17 * layer
        payee[out] = people + rng.integers(0, sinks, int(out.sum()))
        innocent = luck > 0.97  # goods bought from people, and the agent's wallets: the money enters ordinary accounts
        payee[innocent] = np.where(luck[innocent] > 0.99, AGENT, _popular(rng, int(innocent.sum()), people))
        found.append(_rows(at, payer, payee, fen))
        on = ~out & ~innocent
        at, ring, holder, fen = at[on], ring[on], payee[on], fen[on]
    return _stacked(*found)


def _mule(rng: np.random.Generator, ring: I64, first: int) -> I64:
    return first + ring * RING + rng.integers(0, RING, len(ring))


def _rows(at: I64, payer: I64, payee: I64, fen: I64, theft: int = 0) -> _Rows:
    return _Rows(at, payer, payee, fen, np.full(len(fen), -1), np.full(len(fen), theft))


def _stacked(*tables: _Rows) -> _Rows:
    return _Rows(*(np.concatenate(columns) for columns in zip(*tables, strict=True)))


def _with_returns(rng: np.random.Generator, rows: _Rows) -> _Rows:
    """A return of some transfers, most of them in full, after some hours."""
    of = np.sort(rng.choice(len(rows.fen), int(len(rows.fen) * RETURNED), replace=False))
    fen = np.where(rng.random(len(of)) < 0.8, rows.fen[of], np.maximum(1, rows.fen[of] // 2))
    at = rows.at_us[of] + 1 + (rng.exponential(3.0, len(of)) * US_PER_HOUR).astype(np.int64)
    back = _Rows(at, rows.payee[of], rows.payer[of], fen, of, np.zeros(len(of), np.int64))
    return _stacked(rows, back)


def _in_order(rows: _Rows) -> _Rows:
    order = np.argsort(rows.at_us, kind="stable")
    at = np.empty(len(order) + 1, np.int64)
    at[order], at[-1] = np.arange(len(order)), -1
    return _Rows(*(column[order] for column in rows))._replace(link=at[rows.link][order])


def _openings(rng: np.random.Generator, rows: _Rows, accounts: int, mules: int) -> I64:
    """What each account needs never to be overdrawn, and some more; mules have hardly anything."""
    n = len(rows.fen)
    account = np.concatenate([rows.payer, rows.payee])
    change = np.concatenate([-rows.fen, rows.fen])
    order = np.lexsort((np.tile(np.arange(n), 2), account))  # stable: of one row the debit comes first
    account, running = account[order], np.cumsum(change[order])
    first = np.searchsorted(account, np.arange(accounts))
    before = np.where(first > 0, running[np.maximum(first - 1, 0)], 0)
    least = np.zeros(accounts, np.int64)
    np.minimum.at(least, account, running - before[account])
    spare = _amounts(rng, accounts, 300_000, 1.2)
    spare[accounts - mules :] = rng.integers(0, 500, mules)
    opening = spare - least
    opening[rng.random(accounts) < UNKNOWN_OPENINGS] = -1
    return opening
