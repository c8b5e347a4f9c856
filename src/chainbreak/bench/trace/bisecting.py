"""The honest peer: FIFO in pure Python, lists sorted by time and bisect; structures of its own, nothing of the core's.

On each account every fen that comes in has a place, in order of coming; plain debits take places in that order, so a
debit is found by bisection. Accounts that a linked return touches are replayed lot by lot, which says the same of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from typing import NamedTuple

from chainbreak.bench.trace.book import Book

Flow = tuple[int, int, int]
"""Row, and [lo, hi) of its fen."""
Place = tuple[int, str]
"""Account, and what became of money there."""


class Took(NamedTuple):
    """Debits of an account, rising by place: the places `[lo, hi)` went to fen `off` and on of row `row`."""

    lo: list[int]
    hi: list[int]
    off: list[int]
    row: list[int]


class Bisecting:
    """The index: for each row its place on the payee's account, for each account its debits."""

    def __init__(self, book: Book) -> None:
        self.at, self.payer, self.payee, self.fen, link = (
            column.tolist() for column in (book.at_us, book.payer, book.payee, book.fen, book.link)
        )
        self.sink, self.covered = book.sink.tolist(), book.covered_until_us.tolist()
        self.place: list[int] = []
        self.took = [Took([], [], [], []) for _ in self.sink]
        self._came = [max(0, fen) for fen in book.opening_fen.tolist()]
        self._went = [0] * len(self.sink)
        returned = {self.payee[i] for i, of in enumerate(link) if of >= 0}
        returned |= {self.payer[i] for i, of in enumerate(link) if of >= 0}
        self._queue = {account: deque([(0, self._came[account], -1)]) for account in returned}
        for i, of in enumerate(link):
            self._book(i, of)
        for account in returned:
            took = self.took[account]
            self.took[account] = Took(*map(list, zip(*sorted(zip(*took, strict=True)), strict=True)))

    def _book(self, i: int, of: int) -> None:
        payer, payee, fen = self.payer[i], self.payee[i], self.fen[i]
        if payer in self._queue:
            self._replay(i, of)
        else:
            first = self._went[payer]
            self._went[payer] = first + fen
            # Money that nobody knows of takes the places that were not yet given.
            self._came[payer] = max(self._came[payer], first + fen)
            self._take(payer, first, first + fen, 0, i)
        first = self._came[payee]
        self.place.append(first)
        self._came[payee] = first + fen
        if payee in self._queue:
            queue = self._queue[payee]
            (queue.append if of < 0 else queue.appendleft)((first, first + fen, i))

    def _take(self, account: int, lo: int, hi: int, off: int, row: int) -> None:
        took = self.took[account]
        took.lo.append(lo)
        took.hi.append(hi)
        took.off.append(off)
        took.row.append(row)

    def _replay(self, i: int, of: int) -> None:
        """Take the lots of row `i`: what is left of a returned row first, then from the head."""
        account, need, off = self.payer[i], self.fen[i], 0
        queue = self._queue[account]
        at = next((k for k, lot in enumerate(queue) if lot[2] == of), 0) if of >= 0 else 0
        while need and queue:
            lo, hi, row = queue[at]
            part = min(need, hi - lo)
            self._take(account, lo, lo + part, off, i)
            if part == hi - lo:
                del queue[at]
            else:
                queue[at] = (lo + part, hi, row)
            need, off, at = need - part, off + part, 0

    def follow(self, row: int, lo: int, hi: int, horizon_us: int) -> tuple[list[Flow], dict[Place, int]]:
        """All flows of a claim until the end of the ledger, and where its fen ended."""
        until, end = self.at[row] + horizon_us, self.at[-1]
        flows: list[Flow] = []
        ended: dict[Place, int] = defaultdict(int)
        stack = [(row, lo, hi)]
        while stack:
            row, lo, hi = flow = stack.pop()
            flows.append(flow)
            account = self.payee[row]
            covered = self.covered[account]
            if self.sink[account]:
                ended[account, "exit"] += hi - lo
                continue
            if self.at[row] > covered:
                ended[account, "in_flight" if covered else "no_coverage"] += hi - lo
                continue
            took, left = self.took[account], hi - lo
            lo, hi = self.place[row] + lo, self.place[row] + hi
            k = max(0, bisect_right(took.lo, lo) - 1)
            while k < len(took.lo) and took.lo[k] < hi:
                a, b, next_row = max(took.lo[k], lo), min(took.hi[k], hi), took.row[k]
                if a < b and self.at[next_row] <= covered:
                    left -= b - a
                    if self.at[next_row] > until:
                        ended[account, "horizon"] += b - a
                    else:
                        off = took.off[k] - took.lo[k]
                        stack.append((next_row, a + off, b + off))
                k += 1
            if left:
                ended[account, "coverage_ended" if covered < end else "holding"] += left
        return flows, dict(ended)
