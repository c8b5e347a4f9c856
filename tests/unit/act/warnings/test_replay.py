"""Tiers on past contacts: what would have begun, moved and come before a loss; the same input, the same result."""

from __future__ import annotations

import random
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.warnings.measure.differ import changes, clause_text, moves, side
from chainbreak.act.warnings.measure.replay import Arrival, before_paying, replay
from chainbreak.act.warnings.model import ContactEvent
from chainbreak.act.warnings.tiers import Policy, preset
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN

NOON = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
EVENING = NOON + 11 * US_PER_HOUR
ZONE = "Asia/Shanghai"
FOUR = preset("four")


def call(
    who: str, at: int, seconds: int = 0, campaign: str = "series:1", kind: str = "call.fraud_line", **facts: bool
) -> Arrival:
    said = {"duration_s": seconds} if seconds else {}
    event = ContactEvent(
        kind, who, at, "finding:1", "records", f"{at}{campaign}", campaign=campaign, facts={**said, **facts}
    )
    return Arrival(event, at + US_PER_MIN)


def run(policy: Policy, *arrivals: Arrival, since: int = 0, **muted: tuple[int, int]):  # type: ignore[no-untyped-def]
    ordered = sorted(arrivals, key=lambda one: (one.event.recipient, one.received_at_us, one.event.event_id))
    mine = [list(some) for _, some in groupby(ordered, key=lambda one: one.event.recipient)]
    return replay(policy, mine, since, ZONE, muted)


def done(replayed, rank: int) -> dict[str, int]:  # type: ignore[no-untyped-def]
    return {what: n for (of, what), n in sorted(replayed.done.items()) if of == rank and n}


def test_a_long_call_is_called_and_may_be_visited() -> None:
    found = run(FOUR, call("line:1", NOON, 700))
    assert done(found, 1) == {"call": 1, "visit_if_unreached": 1}
    assert found.cases[0].call_by_us == NOON + 11 * US_PER_MIN


def test_one_campaign_is_one_case_and_a_second_contact_raises_it() -> None:
    found = run(FOUR, call("line:1", NOON, 130), call("line:1", NOON + US_PER_HOUR, 130))
    assert [(case.rank, case.campaign) for case in found.cases] == [(1, "series:1")]
    assert done(found, 2) == {"call": 1, "sms_if_unreached": 1}
    assert done(found, 1) == {"visit_if_unreached": 1}, "the call was begun already"


def test_after_its_time_a_case_is_a_new_one() -> None:
    found = run(FOUR, call("line:1", NOON, 700), call("line:1", NOON + 5 * US_PER_DAY, 700))
    assert len(found.cases) == 2


def test_caps_mutes_and_quiet_hours_hold_back_and_say_so() -> None:
    five = [call("line:1", NOON + n, 5, f"series:{n}") for n in range(5)]
    calm = FOUR.model_copy(update={"repeat": FOUR.repeat.model_copy(update={"tiers_up": 0})})
    found = run(calm, *five)
    assert done(found, 3) == {"push": 2, "sms": 2}
    assert found.held[3, "cap"] == 6
    assert run(FOUR, call("line:1", NOON, 5), **{"line:1": (0, NOON * 2)}).held[3, "muted"] == 2
    at_night = run(FOUR, call("line:1", EVENING, 5))
    assert at_night.cases[0].told_us == NOON + 20 * US_PER_HOUR, "eight in the morning"


def test_what_leads_up_counts_for_repetition_alone() -> None:
    found = run(
        FOUR, call("line:1", NOON, 5), call("line:1", NOON + US_PER_HOUR, 5, "series:2"), since=NOON + US_PER_HOUR
    )
    assert [(case.campaign, case.rank) for case in found.cases] == [("series:2", 2)]
    assert done(found, 3) == {}


def test_who_lost_money_counts_once_and_only_what_came_before() -> None:
    found = run(FOUR, call("line:1", NOON, 700), call("line:2", NOON, 700), call("line:3", NOON, 5))
    lost = [("line:1", NOON + 12 * US_PER_MIN), ("line:1", NOON + US_PER_DAY), ("line:2", NOON + 5 * US_PER_MIN),
            ("line:3", NOON + US_PER_HOUR), ("line:4", NOON), ("line:2", NOON + 9 * US_PER_DAY)]  # fmt: skip
    assert before_paying(found, lost, US_PER_DAY) == {"lost": 4, "seen": 3, "called": 1, "told": 1}


def test_what_differs_is_told_leaf_by_leaf() -> None:
    high = FOUR.tiers[1].model_copy(
        update={"contact_min": 5, "when": [*FOUR.tiers[1].when[:2], {"kind": "sms.template"}]}
    )
    new = FOUR.model_copy(update={"name": "x", "tiers": [FOUR.tiers[0], high, *FOUR.tiers[2:]]})
    told = {".".join(one.where): (one.old, one.new) for one in changes(FOUR, new)}
    assert told == {
        "tiers.high.contact_min": (10, 5),
        "tiers.high.when.kind sms.template": (None, {"kind": "sms.template"}),
        "tiers.high.when.duration_s above 600, kind call.fraud_line": (
            {"kind": "call.fraud_line", "duration_s": {"above": 600.0}}, None),
        "tiers.high.when.kind report.third_party, urgency high": (
            {"kind": "report.third_party", "urgency": "high"}, None),
    }  # fmt: skip
    assert changes(FOUR, FOUR.model_copy(update={"name": "other"})) == []


def test_moves_are_counted_and_the_dearest_are_shown() -> None:
    three = preset("three")
    contacts = [call("line:1", NOON, 700), call("line:2", NOON, 300), call("line:3", NOON, kind="app.installed")]
    was, now = run(FOUR, *contacts), run(three, *contacts)
    told = moves(FOUR, three, was, now)
    assert told["counts"] == {"up": 3, "down": 0, "new": 0, "gone": 0}
    assert [row["recipient"] for row in told["examples"]["up"]] == ["line:1", "line:2", "line:3"]
    only_high = FOUR.model_copy(update={"tiers": FOUR.tiers[:2]})
    assert moves(FOUR, only_high, was, run(only_high, *contacts))["counts"]["gone"] == 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 200), st.integers(1, 900), st.integers(0, 2)), max_size=30),
       st.randoms(use_true_random=False))  # fmt: skip
def test_the_order_of_people_changes_nothing_and_nobody_gets_more_than_the_caps(
    drawn: list[tuple[int, int, int, int]], chance: random.Random
) -> None:
    arrivals = [
        call(f"line:{who}", NOON + at * 7 * US_PER_MIN, s, f"series:{c}") for who, at, s, c in dict.fromkeys(drawn)
    ]
    ordered = sorted(arrivals, key=lambda one: (one.event.recipient, one.received_at_us, one.event.event_id))
    mine = [list(some) for _, some in groupby(ordered, key=lambda one: one.event.recipient)]
    first = replay(FOUR, mine, 0, ZONE)
    chance.shuffle(mine)
    assert side(FOUR, replay(FOUR, mine, 0, ZONE), 1) == side(FOUR, first, 1)
    people = len(mine)
    texts = sum(n for (_, what), n in first.done.items() if what == "sms")
    assert texts <= 2 * people * 2, "two in 24 hours, and the contacts span at most one day and a night's wait"
    assert sum(n for (_, what), n in first.done.items() if what == "call") <= len(first.cases)


@pytest.mark.parametrize(("clause", "text"), [
    ({"kind": ["a", "b"]}, "kind a|b"), ({"x": {"from": 2, "up_to": 3.5}}, "x from 2 up_to 3.5"),
    ({"x": False}, "x no"), ({"confidence": 0.9}, "confidence 0.9"),
])  # fmt: skip
def test_a_clause_in_one_line(clause: dict[str, object], text: str) -> None:
    assert clause_text(clause) == text
