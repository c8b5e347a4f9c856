"""The tracer: a ledger with its index, asked where claimed money went, and grown as transfers come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, wraps
from threading import RLock
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from chainbreak.base.errors import InputError, UsageError
from chainbreak.find.tracing import amounts, axes, division, lots
from chainbreak.find.tracing.credits import MOST_AFTER, Credits, credits_of
from chainbreak.find.tracing.follow import follow, follow_back
from chainbreak.find.tracing.ledger import FOREVER, MOST_FEN, Ledger, check_links
from chainbreak.find.tracing.lots import Maps
from chainbreak.find.tracing.model import I64, Claim, Flows, Places, Terms, Traced, columns

MOST_MIXED = 1_000
"""Claims of one run whose amounts are mixed: each account they touch keeps a number for each."""
MOST_PIECES = 2
"""Pieces of maps, old ones included, by row of the ledger before all are dropped and made anew as needed."""
Column = npt.NDArray[Any]
SPREADS = {"prorata": amounts.PRO_RATA, "lib": amounts.LOWEST_ALONE, "lib_group": amounts.LOWEST_GROUP,
           "paripassu": amounts.LOWEST_GROUP}  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])


def _alone(method: F) -> F:
    """The method, run by one thread at a time: a tracer serves many and may grow meanwhile."""

    @wraps(method)
    def locked(self: Tracer, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            return method(self, *args, **kwargs)

    return cast(F, locked)


class Tracer:
    """Follows claims through one ledger. Money is fen, time UTC µs.

    >>> from chainbreak.find.tracing import make_ledger
    >>> ledger, _ = make_ledger([1, 2, 3], None, [0, 1, 1], [1, 2, 3], [100, 30, 50], accounts=4,
    ...                         opening_fen=[100, 20, 0, 0])
    >>> traced = Tracer(ledger).trace([Claim("c", 0, 100)], Terms())
    >>> [x.tolist() for x in traced.holdings()]
    [[1, 2, 3], [40, 10, 50]]
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self._lock = ledger, RLock()
        self._axes, self._used = axes.build(ledger), ledger.rows
        self._room = _rows(ledger)
        self._maps: dict[bool, Maps] = {}

    @property
    def index_bytes(self) -> int:
        """Bytes of the index, beside the ledger's own columns."""
        parts = (self._axes, self._credits, *self._maps.values())
        return sum(array.nbytes for part in parts for array in part)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the ledger: what a run cites as its input."""
        return self.ledger.digest()

    @cached_property
    def _credits(self) -> Credits:
        return credits_of(self.ledger)

    @property
    def _known(self) -> tuple[Any, ...]:
        """What the kernels read of the ledger: by row, by account, and when each row was booked."""
        ledger = self.ledger
        rows = (ledger.payer, ledger.payee, ledger.fen, ledger.link)
        return rows, (ledger.opening_fen, ledger.sink, ledger.covered_until_us), ledger.at_us

    def _maps_of(self, lifo: bool) -> Maps:
        if lifo not in self._maps:
            self._maps[lifo] = lots.no_maps(self.ledger.accounts, lifo)
        return self._maps[lifo]

    @_alone
    def balance(self, as_of_us: int | None = None, rows: int | None = None) -> I64:
        """Known fen on every account when the rows until `as_of_us` are booked; never below zero."""
        ledger, until = self.ledger, self._until(as_of_us, rows)
        return amounts.balances(ledger.payer, ledger.payee, ledger.fen, ledger.opening_fen, until)

    @_alone
    def trace(self, claims: Sequence[Claim], terms: Terms | None = None, rows: int | None = None) -> Traced:
        """Where the claims' money went under a rule; `rows`: how many rows the caller knows of (None: all).

        Raises:
            UsageError: a claim that is not in the ledger as it was then (CB-TR-011), claims over the same fen
                (CB-TR-012), or too many for a rule that mixes (CB-TR-013).
        """
        terms = terms or Terms()
        last = self._until(terms.as_of_us, rows)
        wanted = self._checked(claims, last)
        as_of = terms.as_of_us if terms.as_of_us is not None else int(self.ledger.at_us[last - 1]) if last else 0
        ends = self._ends(wanted, terms.horizon_us)
        run = (wanted, ends, last)
        if not len(wanted):
            flows = places = np.zeros((0, 6), np.int64)
        elif terms.rule in ("fifo", "lifo"):
            lifo = terms.rule == "lifo"
            index = (self._axes, self._credits, self._maps_of(lifo))
            flows, places, self._maps[lifo] = follow(*run, as_of, terms.de_minimis_fen, *index, *self._known)
        elif terms.rule == "poison":
            flows, places = amounts.reach(*run, *self._known)
        else:
            flows, places = self._spread(run, as_of, terms)
        return Traced(tuple(claims), terms, columns(Flows, flows), columns(Places, places))

    @_alone
    def back(self, claims: Sequence[Claim], terms: Terms | None = None, rows: int | None = None) -> Traced:
        """Where the fen of transfers came from, first in first out: earlier transfers, and the places where the trail
        begins (bucket origin: an opening balance or money from nowhere known). A horizon counts back in time.

        Raises:
            UsageError: as `trace`.
        """
        terms, ledger = terms or Terms(), self.ledger
        wanted = self._checked(claims, self._until(terms.as_of_us, rows))
        since = np.zeros(len(wanted), np.int64)
        if terms.horizon_us is not None:
            since = np.searchsorted(ledger.at_us, ledger.at_us[wanted[:, 0]] - terms.horizon_us, "left")
        index = (self._axes, self._credits, self._maps_of(False))
        flows, places, self._maps[False] = follow_back(wanted, since, *index, *self._known)
        return Traced(tuple(claims), terms, columns(Flows, flows), columns(Places, places))

    @_alone
    def add_accounts(self, opening_fen: npt.ArrayLike, sink: npt.ArrayLike, covered_until_us: npt.ArrayLike) -> None:
        """Further accounts, numbered on from the last."""
        old, opening = self.ledger, np.asarray(opening_fen, np.int64)
        self._axes = axes.widened(self._axes, opening)
        self._become(replace(
            old, opening_fen=np.concatenate([old.opening_fen, opening]),
            sink=np.concatenate([old.sink, np.asarray(sink, np.bool_)]),
            covered_until_us=np.concatenate([old.covered_until_us, np.asarray(covered_until_us, np.int64)]),
        ))  # fmt: skip

    @_alone
    def append(
        self, at_us: npt.ArrayLike, payer: npt.ArrayLike, payee: npt.ArrayLike, fen: npt.ArrayLike,
        link: npt.ArrayLike | None = None,
    ) -> None:  # fmt: skip
        """Enter later rows, in their order; `link` names ledger rows. All or none.

        Raises:
            InputError: rows before the last one (CB-TR-005: the ledger must be made anew), or as `make_ledger`.
        """
        at, money = np.asarray(at_us, np.int64), np.asarray(fen, np.int64)
        who = [np.asarray(side, np.int32) for side in (payer, payee)]
        first = self.ledger.rows
        self._check_rows(at, who, money)
        grown = self._longer(len(at))
        new = (at, *who, money, np.full(len(at), -1, np.int32) if link is None else np.asarray(link, np.int32))
        for column, values in zip(grown, new, strict=True):
            column[first : first + len(at)] = values
        longer = _with(self.ledger, [column[: first + len(at)] for column in grown])
        check_links(longer, first)
        self._axes, self._used = axes.extend(self._axes, longer, first, self._used)
        for maps in self._maps.values():
            maps.begin[who[0]] = maps.begin[who[1]] = -1
        self._become(longer)

    def _until(self, as_of_us: int | None, rows: int | None) -> int:
        """How many rows exist for a run."""
        until = self.ledger.rows_until(as_of_us)
        return until if rows is None else min(until, rows)

    def _become(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.__dict__.pop("digest", None)
        credits = self.__dict__.get("_credits")
        if credits is not None and (
            ledger.rows - credits.until[0] > MOST_AFTER or len(credits.begin) != ledger.accounts + 1
        ):
            del self._credits
        if any(maps.used[0] > MOST_PIECES * (ledger.rows + 1) or len(maps.begin) != ledger.accounts
               for maps in self._maps.values()):  # fmt: skip
            self._maps.clear()

    def _longer(self, more: int) -> list[Column]:
        """The columns over rows with room for `more`, kept for later appends."""
        if self.ledger.rows + more > len(self._room[0]):
            extra = max(more, self.ledger.rows // 4)
            self._room = [np.concatenate([c, np.empty(extra, c.dtype)]) for c in _rows(self.ledger)]
        return self._room

    def _check_rows(self, at: I64, who: list[npt.NDArray[np.int32]], money: I64) -> None:
        last = int(self.ledger.at_us[-1]) if self.ledger.rows else -FOREVER
        if len(at) and (int(at[0]) < last or bool((at[1:] < at[:-1]).any())):
            raise InputError("CB-TR-005", "rows before the last one", given=str(int(at.min())), allowed=f">= {last}")
        if len(money) and not (int(money.min()) > 0 and int(money.max()) < MOST_FEN):
            raise InputError("CB-TR-002", "amounts out of range", given=f"{money.min()}..{money.max()}")
        for side in who:
            if len(side) and not (side.min() >= 0 and side.max() < self.ledger.accounts):
                raise InputError("CB-TR-003", "accounts out of range", given=f"{side.min()}..{side.max()}")

    def _checked(self, claims: Sequence[Claim], last: int) -> I64:
        """(row, lo, hi) of each claim."""
        wanted = np.array([(c.row, c.lo, c.lo + c.fen) for c in claims], np.int64).reshape(-1, 3)
        row, lo, hi = wanted.T
        inside = (row >= 0) & (row < last)
        wrong = ~inside | (lo < 0) | (hi <= lo)
        wrong[inside] |= hi[inside] > self.ledger.fen[row[inside]]
        if wrong.any():
            bad = claims[int(np.argmax(wrong))]
            raise UsageError("CB-TR-011", "the claim is not in the ledger as it was then", given=str(bad),
                             allowed=f"rows 0..{last - 1}, at most the transfer's amount")  # fmt: skip
        order = np.lexsort((lo, row))
        again = (row[order][1:] == row[order][:-1]) & (lo[order][1:] < hi[order][:-1])
        if again.any():
            bad = claims[int(order[int(np.argmax(again)) + 1])]
            raise UsageError("CB-TR-012", "two claims over the same fen", given=str(bad))
        return wanted

    def _ends(self, wanted: I64, horizon_us: int | None) -> I64:
        if horizon_us is None:
            return np.full(len(wanted), self.ledger.rows, np.int64)
        return np.searchsorted(self.ledger.at_us, self.ledger.at_us[wanted[:, 0]] + horizon_us, "right")

    def _spread(self, run: tuple[I64, I64, int], as_of: int, terms: Terms) -> tuple[I64, I64]:
        wanted = run[0]
        if len(wanted) > MOST_MIXED:
            raise UsageError("CB-TR-013", "too many claims for a rule that mixes money", given=str(len(wanted)),
                             allowed=f"1..{MOST_MIXED}")  # fmt: skip
        flows, places, met, known = amounts.spread(
            SPREADS[terms.rule], *run, as_of, terms.de_minimis_fen, self._axes, self._credits, *self._known
        )
        if terms.rule == "lib":
            places = division.capped(places, known)
        elif terms.rule == "paripassu":
            reached = np.full(self.ledger.accounts, self.ledger.rows, np.int64)
            np.minimum.at(reached, self.ledger.payee[flows[:, 1]], flows[:, 1])
            places = division.pooled(places, wanted[:, 2] - wanted[:, 1], met, reached)
        return flows, places


ROWS = ("at_us", "payer", "payee", "fen", "link")


def _rows(ledger: Ledger) -> list[Column]:
    return [getattr(ledger, name) for name in ROWS]


def _with(ledger: Ledger, columns: list[Column]) -> Ledger:
    return replace(ledger, **dict(zip(ROWS, columns, strict=True)))
