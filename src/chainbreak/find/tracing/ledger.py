"""The ledger: every booked transfer in one total order, and what is known of each account."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainbreak.base.errors import InputError
from chainbreak.find.tracing.model import I32, I64, Bools

FOREVER = 2**63 - 1
"""`covered_until_us` of an account whose ledger is held."""
UNKNOWN_OPENING = -1
MOST_FEN = 2**53
"""Amounts and sums on an account stay below it, so that products of two are exact after one correction."""


@dataclass(frozen=True)
class Ledger:
    """Columns over transfers (n, in the total order of booking) and over accounts (m).

    `at_us`: booking, UTC µs · `payer`, `payee`: account numbers 0..m-1 · `fen` > 0 · `link`: row of the transfer that
    this one returns (ISO 20022 pacs.004), else -1 · `opening_fen`: balance before the first row, -1 unknown · `sink`:
    cash, abroad, merchants: what enters has left · `covered_until_us`: until when the account's ledger is held (UTC µs;
    0 not at all, `FOREVER` with no end).
    """

    at_us: I64
    payer: I32
    payee: I32
    fen: I64
    link: I32
    opening_fen: I64
    sink: Bools
    covered_until_us: I64

    @property
    def rows(self) -> int:
        """How many transfers."""
        return len(self.at_us)

    @property
    def accounts(self) -> int:
        """How many accounts."""
        return len(self.opening_fen)

    def rows_until(self, at_us: int | None) -> int:
        """How many rows are booked at or before `at_us` (None: all)."""
        return self.rows if at_us is None else int(np.searchsorted(self.at_us, at_us, "right"))

    def digest(self) -> str:
        """SHA-256, in hex, of all columns: the version of the ledger that a run and an order cite."""
        seen = hashlib.sha256(f"{self.rows} {self.accounts}".encode())
        for column in (self.at_us, self.payer, self.payee, self.fen, self.link, self.opening_fen, self.sink,
                       self.covered_until_us):  # fmt: skip
            seen.update(np.ascontiguousarray(column).data)
        return seen.hexdigest()


def make_ledger(
    at_us: npt.ArrayLike, seq: npt.ArrayLike | None, payer: npt.ArrayLike, payee: npt.ArrayLike, fen: npt.ArrayLike, *,
    accounts: int, link: npt.ArrayLike | None = None, opening_fen: npt.ArrayLike | None = None,
    sink: npt.ArrayLike | None = None, covered_until_us: npt.ArrayLike | None = None,
) -> tuple[Ledger, I64]:  # fmt: skip
    """The ledger of rows in any order, and for each of its rows the number of the given row it was.

    The total order is (`at_us`, `seq`); `link` names given rows. Without `seq`, equal times are refused: an order that
    a file happens to have is not an order of booking.

    Raises:
        InputError: equal places in the order (CB-TR-001), an amount out of 1..2**53-1 or sums beyond it (CB-TR-002), an
            account out of range (CB-TR-003), or a return that does not undo its original (CB-TR-004).

    >>> ledger, order = make_ledger([20, 10], None, [1, 0], [2, 1], [5, 7], accounts=3)
    >>> ledger.fen.tolist(), order.tolist()
    ([7, 5], [1, 0])
    """
    at, money = np.asarray(at_us, np.int64), np.asarray(fen, np.int64)
    of = np.zeros(len(at), np.int64) if seq is None else np.asarray(seq, np.int64)
    order = np.lexsort((of, at))
    at, of, money = at[order], of[order], money[order]
    _refuse(np.flatnonzero((at[1:] == at[:-1]) & (of[1:] == of[:-1])) + 1, order, "CB-TR-001",
            "rows with the same time and sequence number")  # fmt: skip
    _refuse(np.flatnonzero((money < 1) | (money >= MOST_FEN)), order, "CB-TR-002", "amounts out of range")
    who = [np.asarray(side, np.int64)[order] for side in (payer, payee)]
    for side in who:
        _refuse(np.flatnonzero((side < 0) | (side >= accounts)), order, "CB-TR-003", "accounts out of range")
    ledger = Ledger(
        at, who[0].astype(np.int32), who[1].astype(np.int32), money, _links(link, order),
        _column(opening_fen, accounts, UNKNOWN_OPENING, np.int64), _column(sink, accounts, False, np.bool_),
        _column(covered_until_us, accounts, FOREVER, np.int64),
    )  # fmt: skip
    check_links(ledger, 0, order)
    if max(float(money.sum(dtype=np.float64)), 0.0) + float(np.maximum(ledger.opening_fen, 0).max(initial=0)) >= 2**60:
        raise InputError("CB-TR-002", "the sums are beyond what is counted exactly", given=str(money.sum(dtype=float)))
    return ledger, order


def check_links(ledger: Ledger, first: int, order: I64 | None = None) -> None:
    """Refuse rows from `first` on that return a transfer which is later, or between other accounts.

    Raises:
        InputError: CB-TR-004, with the rows by their number in `order` (None: in the ledger).
    """
    back = np.flatnonzero(ledger.link[first:] >= 0) + first
    of = ledger.link[back]
    later = of >= back
    of = np.where(later, 0, of)
    other = (ledger.payer[back] != ledger.payee[of]) | (ledger.payee[back] != ledger.payer[of])
    _refuse(back[later | other], order, "CB-TR-004", "returns that do not undo the transfer they name")


def _links(link: npt.ArrayLike | None, order: I64) -> I32:
    if link is None:
        return np.full(len(order), -1, np.int32)
    given = np.asarray(link, np.int64)[order]
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    known = (given >= 0) & (given < len(order))
    _refuse(np.flatnonzero(~known & (given != -1)), order, "CB-TR-004", "returns of rows that are not there")
    found: I32 = np.where(known, place[np.where(known, given, 0)] if len(order) else place, -1).astype(np.int32)
    return found


def _column(given: npt.ArrayLike | None, accounts: int, default: int, kind: type[np.generic]) -> npt.NDArray[Any]:
    if given is None:
        return np.full(accounts, default, kind)
    column = np.array(given, kind)
    if column.shape != (accounts,):
        raise InputError("CB-TR-003", "one value an account", given=f"{column.shape}", allowed=f"({accounts},)")
    return column


def _refuse(rows: I64, order: I64 | None, code: str, what: str) -> None:
    if len(rows):
        some = ", ".join(str(int(row if order is None else order[row])) for row in rows[:5])
        raise InputError(code, what, given=f"{len(rows)} rows, such as {some}")
