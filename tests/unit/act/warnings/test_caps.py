"""Caps and quiet hours: never more than the day's number, never twice about one campaign, quiet at night."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.warnings.caps import CAMPAIGN, CAP, MUTED, QUIET, Sent, held_back, quiet_until
from chainbreak.act.warnings.tiers import preset
from chainbreak.base.clock import US_PER_DAY, US_PER_MIN, from_us, parse_moment

POLICY, ZONE = preset("four"), "Asia/Shanghai"
LOW = 3


@given(st.lists(st.tuples(st.sampled_from(["sms", "push"]), st.sampled_from("abcde")), max_size=30))
def test_nobody_gets_more_than_the_caps(asked: list[tuple[str, str]]) -> None:
    sent = Sent()
    for channel, campaign in asked:
        if not held_back(POLICY, LOW, channel, campaign, sent, 0, 1):
            sent = sent.with_one(channel, campaign)
    assert len(set(sent.messages)) == len(sent.messages)
    for channel in ("sms", "push"):
        assert sum(1 for used, _ in sent.messages if used == channel) <= 2


def test_why_a_message_is_held_back() -> None:
    two = Sent((("sms", "a"), ("sms", "b")))
    assert held_back(POLICY, LOW, "sms", "c", two, 0, 1) == CAP
    assert held_back(POLICY, LOW, "sms", "a", two, 0, 1) == CAMPAIGN
    assert held_back(POLICY, LOW, "push", "a", two, 0, 1) == ""
    assert held_back(POLICY, LOW, "push", "a", Sent(), 9, 9) == QUIET
    assert held_back(POLICY, LOW, "sms", "a", Sent(muted=True), 0, 1) == MUTED
    assert held_back(POLICY, 2, "sms", "a", Sent(muted=True), 0, 1) == ""
    assert held_back(POLICY, 0, "bank", "a", two, 9, 1) == ""


@given(st.integers(0, 400 * US_PER_DAY).map(lambda minutes: minutes // US_PER_MIN * US_PER_MIN), st.integers(0, 3))
def test_quiet_hours_end_at_eight_and_hold_for_quiet_tiers_only(now: int, rank: int) -> None:
    tier = POLICY.tiers[rank]
    until = quiet_until(POLICY, tier, now, ZONE)
    local = from_us(now, ZONE)
    if tier.quiet and (local.hour >= 22 or local.hour < 8):
        end = from_us(until, ZONE)
        assert (end.hour, end.minute) == (8, 0)
        assert 0 < until - now <= 10 * 3_600_000_000
    else:
        assert until == now


def test_quiet_hours_across_a_change_of_clocks() -> None:
    evening = parse_moment("2026-03-28T23:00:00", "Europe/Berlin")  # the clocks go forward at two
    until = quiet_until(POLICY, POLICY.tiers[LOW], evening, "Europe/Berlin")
    assert from_us(until, "Europe/Berlin").strftime("%F %H:%M") == "2026-03-29 08:00"
