"""How often one recipient hears from us at most, and when not at all. What is held back is kept with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chainbreak.act.warnings.tiers import Policy, Tier
from chainbreak.base.clock import US_PER_HOUR, from_us, parse_moment

DAY_US = 24 * US_PER_HOUR
"""The window of the daily caps, in µs: any 24 hours, not a calendar day."""
CAP, CAMPAIGN, QUIET, MUTED = "cap", "campaign", "quiet_hours", "muted"
"""Why a message is held back: the day's number is used up, the campaign was told of already, it would lapse before the
quiet hours end, the recipient wants none of the lowest tier."""


@dataclass(frozen=True)
class Sent:
    """What one recipient was sent, or is about to be, within the last 24 hours: (channel, campaign) each."""

    messages: tuple[tuple[str, str], ...] = ()
    muted: bool = False

    def with_one(self, channel: str, campaign: str) -> Sent:
        """The same after one more message."""
        return Sent((*self.messages, (channel, campaign)), self.muted)


def quiet_until(policy: Policy, tier: Tier, now_us: int, zone: str) -> int:
    """The moment from which messages and calls of a tier may go out: now, or the end of the quiet hours.

    >>> from chainbreak.act.warnings.tiers import preset
    >>> four, ten_in_the_evening = preset("four"), 14 * US_PER_HOUR  # in Shanghai
    >>> (quiet_until(four, four.tiers[3], ten_in_the_evening, "Asia/Shanghai") - ten_in_the_evening) // US_PER_HOUR
    10
    >>> quiet_until(four, four.tiers[0], ten_in_the_evening, "Asia/Shanghai") == ten_in_the_evening
    True
    """
    local = from_us(now_us, zone)
    if not tier.quiet or not policy.quiet_hours.holds(local.hour):
        return now_us
    day = local.date() + timedelta(days=1 if local.hour >= policy.quiet_hours.to else 0)
    return parse_moment(f"{day.isoformat()}T{policy.quiet_hours.to:02d}:00:00", zone)


def quiet_ranks(policy: Policy, now_us: int, zone: str) -> tuple[list[int], int]:
    """Places of the tiers in whose quiet hours this moment lies, and the end of these hours; none and now, otherwise.

    >>> from chainbreak.act.warnings.tiers import preset
    >>> quiet_ranks(preset("four"), 14 * US_PER_HOUR, "Asia/Shanghai") == ([2, 3], 24 * US_PER_HOUR)
    True
    """
    ends = {rank: quiet_until(policy, tier, now_us, zone) for rank, tier in enumerate(policy.tiers)}
    quiet = [rank for rank, end in ends.items() if end > now_us]
    return quiet, ends[quiet[0]] if quiet else now_us


def held_back(policy: Policy, rank: int, channel: str, campaign: str, sent: Sent, due_us: int, over_us: int) -> str:
    """Why a message of this channel is not sent; "" when it may be. The bank desk is told of money moving in any case.

    `due_us`: when it would leave, `over_us`: when the warning lapses.
    """
    if channel == "bank":
        return ""
    if sent.muted and rank == len(policy.tiers) - 1 and rank > 0:
        return MUTED
    if (channel, campaign) in sent.messages:
        return CAMPAIGN
    most = {"sms": policy.caps.sms_a_day, "push": policy.caps.push_a_day}[channel]
    if sum(1 for used, _ in sent.messages if used == channel) >= most:
        return CAP
    return QUIET if due_us >= over_us else ""
