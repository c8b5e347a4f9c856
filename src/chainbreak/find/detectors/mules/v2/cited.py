"""One account's entries as a finding cites them, and their peak. Time is UTC µs, money fen.

The *peak* is the stretch of 24 h with most inflow, found among the cited entries themselves, so that every value can be
recomputed from them alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.contract.detector import Rows

Row = Mapping[str, Any]
ENOUGH = 3
"""Two bookings may share their microsecond of the day by chance of a batch; three are a source without hours."""


@dataclass(frozen=True)
class Cited:
    """One account's entries in booking order, and its register rows."""

    entries: tuple[Row, ...]
    accounts: tuple[Row, ...] = ()

    def refs(self) -> tuple[str, ...]:
        """Record refs of everything cited."""
        return tuple(r["record_ref"] for r in (*self.entries, *self.accounts))

    @cached_property
    def credits(self) -> list[Row]:
        """Entries that came in."""
        return [e for e in self.entries if e["is_in"]]

    @cached_property
    def knows_hours(self) -> bool:
        """Whether the source tells times of day: three entries or more at one and the same say the day only."""
        return len(self.entries) < ENOUGH or len({e["booked_at_us"] % US_PER_DAY for e in self.entries}) > 1

    @cached_property
    def peak_us(self) -> int:
        """Start of the 24 h with most inflow (earliest of equals)."""
        times = [e["booked_at_us"] for e in self.credits]
        sums = [0]
        for e in self.credits:
            sums.append(sums[-1] + e["amount_fen"])
        best, start = -1, 0
        for i, t in enumerate(times):
            inflow = sums[bisect_left(times, t + US_PER_DAY)] - sums[i]
            if inflow > best:
                best, start = inflow, t
        return start

    def within(self, span_us: int) -> list[Row]:
        """Entries of the first `span_us` from the peak's start."""
        return [e for e in self.entries if self.peak_us <= e["booked_at_us"] < self.peak_us + span_us]


def in_order(entries: list[Row]) -> tuple[Row, ...]:
    """Entries in booking order; credits of one instant stand before debits of the same sequence number."""
    return tuple(sorted(entries, key=lambda e: (e["booked_at_us"], e["seq"], -e["is_in"], e["record_ref"])))


def sums(entries: list[Row]) -> tuple[int, int]:
    """What came in and what left (fen)."""
    came = sum(e["amount_fen"] for e in entries if e["is_in"])
    return came, sum(e["amount_fen"] for e in entries) - came


def entries_of(rows: Rows, account: int) -> list[Row]:
    """The sides of the lake's `transfer` rows that concern `account`."""
    found: list[Row] = []
    for t in rows["transfer"].to_pylist():
        is_in = int(t["payee"] == account)
        found.append({**t, "is_in": is_in, "other": t["payer"] if is_in else t["payee"], "seq": t["seq"] or 0})
    return found
