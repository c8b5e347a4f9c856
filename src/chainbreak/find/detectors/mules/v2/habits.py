"""With whom, when, how often and in which sums an account moves money; not-a-number: nothing to measure."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import median

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.detectors.mules.v2.cited import Cited, Row

YUAN = 100
ROUND_FEN = 100 * YUAN
"""An amount is round when it is whole hundreds of yuan."""
NIGHT_HOURS = range(0, 6)
LOST_DAYS = 60
"""Gaps longer than what is read count as so many days."""
LIMITS_FEN = (2_000_00, 5_000_00, 10_000_00, 20_000_00, 50_000_00)
"""Where limits of machines and of reporting commonly lie (yuan 2,000 to 50,000); a bank has its own."""
JUST_BELOW = 0.02
"""A sum is just below a limit from so small a share under it, the limit itself included."""
SMALL_FEN = 500 * YUAN
"""Daily shopping is below it."""


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
    debits = _debits(cited)
    return sum(e["amount_fen"] % ROUND_FEN == 0 for e in debits) / len(debits) if debits else math.nan


def cash_share(cited: Cited) -> float:
    """Of what left in seven days from the peak, the part taken as cash (share of fen)."""
    debits = _debits(cited)
    left = sum(e["amount_fen"] for e in debits)
    return sum(e["amount_fen"] for e in debits if e["kind"] == "cash_out") / left if left else math.nan


def credit_median(cited: Cited) -> float:
    """Half of the credits in 24 h of the peak are at most so large (yuan)."""
    return float(median(e["amount_fen"] for e in cited.within(US_PER_DAY) if e["is_in"])) / YUAN


def regular_payees(cited: Cited) -> float:
    """Of what left in seven days from the peak other than as cash, the part to payees that were paid on two days or
    more (share of fen): suppliers, owners and workers are, the next account of a chain mostly is not."""
    days = defaultdict(set)
    for e in cited.entries:
        if not e["is_in"]:
            days[e["other"]].add(e["booked_at_us"] // US_PER_DAY)
    debits = [e for e in _debits(cited) if e["kind"] != "cash_out"]
    left = sum(e["amount_fen"] for e in debits)
    return sum(e["amount_fen"] for e in debits if len(days[e["other"]]) > 1) / left if left else math.nan


def limit_share(cited: Cited) -> float:
    """Debits just below one of `LIMITS_FEN` in seven days from the peak (share)."""
    debits = _debits(cited)
    near = [any((1 - JUST_BELOW) * limit <= e["amount_fen"] <= limit for limit in LIMITS_FEN) for e in debits]
    return sum(near) / len(near) if near else math.nan


def channel_switch(cited: Cited) -> float:
    """Of what left in seven days from the peak, the part by a channel that no credit of those days came by (share of
    fen); nothing where channels are not told."""
    week = [e for e in cited.within(7 * US_PER_DAY) if e["channel"] is not None]
    ways = {e["channel"] for e in week if e["is_in"]}
    left = sum(e["amount_fen"] for e in week if not e["is_in"])
    if not ways or not left:
        return math.nan
    return float(sum(e["amount_fen"] for e in week if not e["is_in"] and e["channel"] not in ways) / left)


def burst(cited: Cited) -> float:
    """Entries in 24 h of the peak over entries of a day before it (ratio); nothing without a day before it."""
    before = [e["booked_at_us"] for e in cited.entries if e["booked_at_us"] < cited.peak_us]
    if not before or cited.peak_us - before[0] < US_PER_DAY:
        return math.nan
    begin_us: int = before[0]
    return len(cited.within(US_PER_DAY)) * ((cited.peak_us - begin_us) / US_PER_DAY) / len(before)


def everyday_debits(cited: Cited) -> float:
    """Small payments at shops among all entries read (payment): an account that its owner lives on; nothing where
    channels are not told."""
    if all(e["channel"] is None for e in cited.entries):
        return math.nan
    small = [e for e in cited.entries if not e["is_in"] and e["amount_fen"] < SMALL_FEN]
    return float(sum(e["channel"] == "merchant" for e in small))


def _debits(cited: Cited) -> list[Row]:
    return [e for e in cited.within(7 * US_PER_DAY) if not e["is_in"]]
