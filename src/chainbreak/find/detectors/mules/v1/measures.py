"""What mules@1 measures on one account's cited entries. Time is UTC µs, money fen; not-a-number: nothing to measure.

The *peak* is the stretch of 24 h with most inflow, found among the cited entries themselves, so that every value can be
recomputed from them alone.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN
from chainbreak.find.contract.detector import Remeasure, Rows
from chainbreak.records.finding import read_token

Row = Mapping[str, Any]
ROUND_FEN = 10_000
"""An amount is round when it is whole hundreds of yuan."""
NIGHT_HOURS = range(0, 6)
ENOUGH = 3
"""Two bookings may share their microsecond of the day by chance of a batch; three are a source without hours."""
LOST_DAYS = 60
"""Gaps longer than what is read count as so many days."""


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


def _sums(entries: list[Row]) -> tuple[int, int]:
    came = sum(e["amount_fen"] for e in entries if e["is_in"])
    return came, sum(e["amount_fen"] for e in entries) - came


def _passed(cited: Cited, span_us: int) -> float:
    came, left = _sums(cited.within(span_us))
    return left / came if came else math.nan


def pass_through_1h(cited: Cited) -> float:
    """Out divided by in, first hour of the peak (ratio); nothing where only the day is known."""
    return _passed(cited, US_PER_HOUR) if cited.knows_hours else math.nan


def pass_through_24h(cited: Cited) -> float:
    """Out divided by in, 24 h of the peak (ratio)."""
    return _passed(cited, US_PER_DAY)


def pass_through_7d(cited: Cited) -> float:
    """Out divided by in, seven days from the peak's start (ratio)."""
    return _passed(cited, 7 * US_PER_DAY)


def _dwells(cited: Cited) -> list[tuple[float, int]]:
    """(minutes, fen) of money that came in within seven days of the peak and left again, first in first out.

    None where only the day is known: minutes cannot be told.
    """
    if not cited.knows_hours:
        return []
    waiting: list[list[int]] = []
    dwells = []
    for e in cited.within(7 * US_PER_DAY):
        if e["is_in"]:
            waiting.append([e["booked_at_us"], e["amount_fen"]])
            continue
        left = e["amount_fen"]
        while left and waiting:
            moved = min(left, waiting[0][1])
            dwells.append(((e["booked_at_us"] - waiting[0][0]) / US_PER_MIN, moved))
            left -= moved
            waiting[0][1] -= moved
            if not waiting[0][1]:
                waiting.pop(0)
    return sorted(dwells)


def _quantile(dwells: list[tuple[float, int]], share: float) -> float:
    wanted, reached = share * sum(fen for _, fen in dwells), 0
    for minutes, fen in dwells:
        reached += fen
        if reached >= wanted:
            return minutes
    return math.nan


def dwell_median(cited: Cited) -> float:
    """Minutes that half of the passing money stayed, first in first out (min)."""
    return _quantile(_dwells(cited), 0.5)


def dwell_p10(cited: Cited) -> float:
    """Minutes that the fastest tenth of the passing money stayed (min)."""
    return _quantile(_dwells(cited), 0.1)


def residual_share(cited: Cited) -> float:
    """What was left of all that came in, at the end of the seven days (share)."""
    came, left = _sums(cited.within(7 * US_PER_DAY))
    return max(0.0, (came - left) / came) if came else math.nan


def fan_in(cited: Cited) -> float:
    """Different payers in 24 h of the peak (account)."""
    return float(len({e["other"] for e in cited.within(US_PER_DAY) if e["is_in"]}))


def fan_out(cited: Cited) -> float:
    """Different payees in 24 h of the peak (account)."""
    return float(len({e["other"] for e in cited.within(US_PER_DAY) if not e["is_in"]}))


def new_counterparties(cited: Cited) -> float:
    """Counterparties of the peak's 24 h that do not stand in the history read (share)."""
    now = {e["other"] for e in cited.within(US_PER_DAY)}
    before = {e["other"] for e in cited.entries if e["booked_at_us"] < cited.peak_us}
    return len(now - before) / len(now) if now and before else math.nan


def regular_payers(cited: Cited) -> float:
    """Payers who paid in on more than one day (share): tenants, customers and members do, victims do not."""
    days = defaultdict(set)
    for e in cited.credits:
        days[e["other"]].add(e["booked_at_us"] // US_PER_DAY)
    return sum(len(d) > 1 for d in days.values()) / len(days) if days else math.nan


def dormant_days(cited: Cited) -> float:
    """Days without any entry before the peak (day), at most the history read."""
    before = [e["booked_at_us"] for e in cited.entries if e["booked_at_us"] < cited.peak_us]
    opened = [a["opened_at_us"] for a in cited.accounts if a["opened_at_us"] is not None]
    last = max(before, default=min(opened, default=None))
    return math.nan if last is None else min(float(LOST_DAYS), max(0.0, (cited.peak_us - last) / US_PER_DAY))


def age_days(cited: Cited) -> float:
    """Days from opening to the peak (day)."""
    opened = [a["opened_at_us"] for a in cited.accounts if a["opened_at_us"] is not None]
    return max(0.0, (cited.peak_us - min(opened)) / US_PER_DAY) if opened else math.nan


def night_share(cited: Cited) -> float:
    """Entries from midnight to six, local time, in seven days from the peak (share); nothing where only the day is
    known."""
    if not cited.knows_hours:
        return math.nan
    hours = [e["local_hour"] for e in cited.within(7 * US_PER_DAY) if e["local_hour"] is not None]
    return sum(h in NIGHT_HOURS for h in hours) / len(hours) if hours else math.nan


def round_share(cited: Cited) -> float:
    """Debits of whole hundreds of yuan in seven days from the peak (share)."""
    debits = [e for e in cited.within(7 * US_PER_DAY) if not e["is_in"]]
    return sum(e["amount_fen"] % ROUND_FEN == 0 for e in debits) / len(debits) if debits else math.nan


def cash_share(cited: Cited) -> float:
    """Of what left in seven days from the peak, the part taken as cash (share of fen)."""
    debits = [e for e in cited.within(7 * US_PER_DAY) if not e["is_in"]]
    left = sum(e["amount_fen"] for e in debits)
    return sum(e["amount_fen"] for e in debits if e["kind"] == "cash_out") / left if left else math.nan


MEASURES: dict[str, Callable[[Cited], float]] = {
    f.__name__: f
    for f in (
        pass_through_1h, pass_through_24h, pass_through_7d, dwell_median, dwell_p10, residual_share, fan_in, fan_out,
        new_counterparties, regular_payers, dormant_days, age_days, night_share, round_share, cash_share,
    )
}  # fmt: skip


def entries_of(rows: Rows, account: int) -> list[Row]:
    """The sides of the lake's `transfer` rows that concern `account`."""
    found: list[Row] = []
    for t in rows["transfer"].to_pylist():
        is_in = int(t["payee"] == account)
        found.append({**t, "is_in": is_in, "other": t["payer"] if is_in else t["payee"], "seq": t["seq"] or 0})
    return found


def _remeasure(measure: Callable[[Cited], float]) -> Remeasure:
    def from_lake(rows: Rows, subject: str) -> float:
        entries = in_order(entries_of(rows, read_token(subject)[1]))
        return measure(Cited(entries, tuple(rows["account"].to_pylist())))

    return from_lake


def outlet_peers(rows: Rows, _subject: str) -> float:
    """Candidate accounts opened at the same outlet within the set number of days (account)."""
    return float(len({a["account"] for a in rows["account"].to_pylist()})) or math.nan


def named_in_reports(rows: Rows, _subject: str) -> float:
    """Reports that name the account, or an account that paid it (report)."""
    return float(rows["report"].num_rows)


def institution(rows: Rows, _subject: str) -> float:
    """1 when the register calls the account an institution, else 0."""
    from chainbreak.find.detectors.mules.v1.params import INSTITUTIONS

    kinds = {a["kind"] for a in rows["account"].to_pylist() if a["kind"] is not None}
    return float(bool(kinds & set(INSTITUTIONS))) if kinds else math.nan


REMEASURE: dict[str, Remeasure] = {name: _remeasure(measure) for name, measure in MEASURES.items()} | {
    f.__name__: f for f in (outlet_peers, named_in_reports, institution)
}
