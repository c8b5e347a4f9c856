"""Tiers: the presets say what the specification says, judging is pure, a wrong file is refused with its place."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.warnings.model import FACTS, KINDS, ContactEvent
from chainbreak.act.warnings.tiers import PRESETS, Judged, Policy, judge, meets, preset, read_policy
from chainbreak.base.errors import InputError, UsageError

BOOLS = [name for name, of in FACTS.items() if of is bool]


def event(kind: str, ref: str = "1", **facts: int | bool | str) -> ContactEvent:
    return ContactEvent(kind, "line:0000000000000001", 5, "finding:1", "records", ref, indicator="x", facts=facts)


events = st.builds(
    lambda kind, ref, duration, flags, urgency: event(
        kind, str(ref), duration_s=duration, urgency=urgency, **dict.fromkeys(flags, True)
    ),
    st.sampled_from(sorted(KINDS)), st.integers(0, 5), st.integers(0, 2_000),
    st.sets(st.sampled_from(BOOLS)), st.sampled_from(["medium", "high", "top"]),
)  # fmt: skip


def tier_of(policy: Policy, *given: ContactEvent, contacts: int = 1) -> str:
    judged = judge(policy, given, contacts)
    return policy.tiers[judged.rank].name if judged else ""


@pytest.mark.parametrize(
    ("of", "three", "four"),
    [
        (event("transfer.toward_mule"), "high", "urgent"),
        (event("screenshare.reported"), "high", "urgent"),
        (event("cash.or_courier"), "high", "urgent"),
        (event("app.installed"), "high", "high"),
        (event("call.fraud_line", duration_s=601), "high", "high"),
        (event("call.fraud_line", duration_s=600), "medium", "medium"),
        (event("call.fraud_line", duration_s=60, running=True), "low", "high"),
        (event("call.fraud_line", duration_s=120), "medium", "medium"),
        (event("call.fraud_line", duration_s=119), "low", "low"),
        (event("call.fraud_line", duration_s=30, outgoing=True), "medium", "medium"),
        (event("visit.scam_domain", form_sent=True), "medium", "medium"),
        (event("visit.scam_domain"), "low", "low"),
        (event("sms.template", replied=True), "medium", "medium"),
        (event("sms.template"), "low", "low"),
        (event("report.third_party", urgency="medium"), "medium", "medium"),
        (event("report.third_party", urgency="top"), "high", "urgent"),
    ],
    ids=lambda one: one if isinstance(one, str) else f"{one.kind} {one.facts_text}",
)
def test_presets_put_contacts_where_the_specification_does(of: ContactEvent, three: str, four: str) -> None:
    assert (tier_of(preset("three"), of), tier_of(preset("four"), of)) == (three, four)


@pytest.mark.parametrize("name", PRESETS)
def test_a_second_contact_raises_by_one_tier_but_never_into_money_moving(name: str) -> None:
    policy = preset(name)
    assert tier_of(policy, event("sms.template"), contacts=2) == "medium"
    assert tier_of(policy, event("call.fraud_line", duration_s=200), contacts=2) == "high"
    assert tier_of(policy, event("app.installed"), contacts=9) == "high"
    assert judge(policy, [event("cash.or_courier")], 9) == judge(policy, [event("cash.or_courier")], 1)


@given(st.lists(events, min_size=1, max_size=6), st.integers(1, 4), st.randoms(use_true_random=False))
def test_judging_does_not_depend_on_order(given: list[ContactEvent], contacts: int, rng: random.Random) -> None:
    mixed = list(given)
    rng.shuffle(mixed)
    for name in PRESETS:
        one, other = judge(preset(name), given, contacts), judge(preset(name), mixed, contacts)
        assert one is not None
        assert other is not None
        assert one.rank == other.rank


@given(st.lists(events, min_size=1, max_size=5), events, st.integers(1, 3))
def test_more_contacts_never_lower_a_tier(given: list[ContactEvent], more: ContactEvent, contacts: int) -> None:
    for name in PRESETS:
        before, after = judge(preset(name), given, contacts), judge(preset(name), [*given, more], contacts + 1)
        assert before is not None
        assert after is not None
        assert after.rank <= before.rank


@given(events)
def test_the_clause_that_is_named_is_one_that_was_met(one: ContactEvent) -> None:
    policy = preset("four")
    judged = judge(policy, [one], 1)
    assert judged is not None
    assert meets(policy.tiers[judged.rank].when[judged.clause], one)
    assert not any(meets(clause, one) for tier in policy.tiers[: judged.rank] for clause in tier.when)


def test_a_fact_that_is_not_known_meets_nothing() -> None:
    policy = preset("four")
    assert not meets({"kind": "call.fraud_line", "running": False}, event("call.fraud_line"))
    assert judge(policy.model_copy(update={"tiers": policy.tiers[:1]}), [event("sms.template")], 1) is None
    assert judge(policy, [event("sms.template", replied=True)], 1) == Judged(2, event("sms.template").event_id, 2, 0)


TEXT = """
name: mine
tiers:
  - {name: only, word: {zh: 一, en: one}, shape: ●, colour: blue, when: [{kind: sms.template}], contact_min: 5,
     ttl_h: 4, actions: [call]}
repeat: {from: 2, tiers_up: 0, highest: only, window_h: 24}
caps: {sms_a_day: 2, push_a_day: 2, call_gaps_min: [0, 5, 30], visit_every_days: 7}
quiet_hours: {from: 22, to: 8}
"""


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (TEXT.replace("sms.template", "sms.tempalte"), "tiers.0"),
        (TEXT.replace("kind: sms", "knid: sms"), "tiers.0"),
        (TEXT.replace("highest: only", "highest: other"), ""),
        (TEXT.replace("contact_min: 5", "contact_min: 0"), "tiers.0.contact_min"),
        (TEXT.replace("actions: [call]", "actions: [whatsapp]"), "tiers.0.actions.0"),
        (TEXT.replace("ttl_h: 4,", "ttl_h: 4, visit: at_once,"), "tiers.0"),
        (TEXT.replace("shape: ●", "shape: ☠"), "tiers.0.shape"),
        ("tiers: [", "line"),
        ("just words", ""),
        ("", ""),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(wrong: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        read_policy(wrong)
    assert caught.value.code == "CB-WA-002"
    assert place in caught.value.sentence()


def test_a_right_file_is_read_and_an_unknown_preset_refused() -> None:
    assert read_policy(TEXT).ranks == {"only": 0}
    with pytest.raises(UsageError) as caught:
        preset("five")
    assert caught.value.code == "CB-WA-001"
