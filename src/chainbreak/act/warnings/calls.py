"""What follows from the outcome of a call: it is over, somebody calls again or goes there, a supervisor looks."""

from __future__ import annotations

from dataclasses import dataclass

from chainbreak.act.warnings.caps import quiet_ranks, quiet_until
from chainbreak.act.warnings.model import CLOSING
from chainbreak.act.warnings.tiers import MOST_TIERS, Policy
from chainbreak.base.clock import US_PER_MIN

HOLD_US = 10 * US_PER_MIN
"""How long a card stays with whoever opened it (console, section 3)."""
UNDO_US = US_PER_MIN
"""How long an outcome can be taken back by whoever gave it."""
WRAP_UP_S = 15
"""Seconds after an outcome in which the next card loads by itself (warnings, section 5)."""


@dataclass(frozen=True)
class Next:
    """`closes`: nobody is told anything more. `call_at_us`: when somebody calls again; None: nobody does.
    `visit_at_us`: somebody goes there, and begins by then. `escalates`: the calls are used up; what the tier has for
    people who were not reached begins, and a supervisor looks.
    """

    closes: bool = False
    call_at_us: int | None = None
    visit_at_us: int | None = None
    escalates: bool = False


def after_call(policy: Policy, rank: int, outcome: str, attempts: int, now_us: int, zone: str) -> Next:
    """What follows from `outcome` of the call that was attempt number `attempts` of a warning of tier `rank`.

    Who refused in the top tier is visited; who was not reached, or refused elsewhere, is called again after the gap of
    the caps, never in the quiet hours of the tier; after the last attempt it is escalated instead.

    >>> from chainbreak.act.warnings.tiers import preset
    >>> four = preset("four")
    >>> after_call(four, 1, "no_answer", 1, 0, "UTC").call_at_us == 5 * US_PER_MIN
    True
    >>> after_call(four, 1, "no_answer", 3, 0, "UTC") == Next(escalates=True)
    True
    >>> after_call(four, 0, "refused", 1, 0, "UTC").visit_at_us == 15 * US_PER_MIN
    True
    >>> after_call(four, 3, "dissuaded", 1, 0, "UTC")
    Next(closes=True, call_at_us=None, visit_at_us=None, escalates=False)
    """
    tier = policy.tiers[rank]
    if outcome in CLOSING:
        return Next(closes=True)
    if outcome == "needs_visit" or (outcome == "refused" and rank == 0):
        return Next(visit_at_us=now_us + visit_us(policy, rank))
    gaps = policy.caps.call_gaps_min
    if attempts < len(gaps):
        return Next(call_at_us=quiet_until(policy, tier, now_us + gaps[attempts] * US_PER_MIN, zone))
    return Next(escalates=True)


def callable_ranks(policy: Policy, now_us: int, zone: str) -> list[int]:
    """Places of the tiers whose people may be called now: all, or in the quiet hours those that know none. What a
    change of the tiers left below the lowest counts as the lowest.

    >>> from chainbreak.act.warnings.tiers import preset
    >>> noon, night = 4 * 60 * US_PER_MIN, 18 * 60 * US_PER_MIN
    >>> callable_ranks(preset("four"), noon, "Asia/Shanghai"), callable_ranks(preset("four"), night, "Asia/Shanghai")
    ([0, 1, 2, 3, 4, 5, 6, 7], [0, 1])
    """
    quiet, lowest = quiet_ranks(policy, now_us, zone)[0], len(policy.tiers) - 1
    return [rank for rank in range(MOST_TIERS) if min(rank, lowest) not in quiet]


def visit_us(policy: Policy, rank: int) -> int:
    """Time to the start of a visit: the tier's own, else that of the nearest tier above that has one.

    >>> from chainbreak.act.warnings.tiers import preset
    >>> visit_us(preset("four"), 3) // US_PER_MIN
    60
    """
    minutes = [tier.visit_min for tier in policy.tiers[: rank + 1] if tier.visit_min is not None]
    return (minutes[-1] if minutes else policy.tiers[rank].contact_min) * US_PER_MIN
