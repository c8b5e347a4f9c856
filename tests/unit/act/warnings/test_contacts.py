"""Signs are one event a contact, in whatever order and batches they come; answers and payments belong where they do."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.warnings.contacts import (
    ANSWER_US,
    CALL,
    PAYMENT,
    TEXT,
    TOGETHER_US,
    UNDER_SWAY_US,
    VISIT,
    answered,
    as_known,
    contacts_of,
    is_under_sway,
)
from chainbreak.act.warnings.intake import joined
from chainbreak.act.warnings.model import ContactEvent
from chainbreak.base.clock import US_PER_MIN, US_PER_S

NOON_US = 1_795_147_200_000_000


def sign(kind: str, at_us: int, **more: Any) -> ContactEvent:
    """A sign of one recipient and one indicator, unless told otherwise."""
    named = {"recipient": "line:1", "ground": "finding:1", "source": "records", "ref": "", "indicator": "line:2"} | more
    return ContactEvent(kind, at_us=at_us, **named)


@st.composite
def contacts(draw: st.DrawFn) -> list[list[ContactEvent]]:
    """Contacts of two recipients, each seen in one to four signs; two contacts are further apart than signs of one."""
    found, at_us = [], NOON_US
    kind = draw(st.sampled_from([CALL, TEXT, VISIT]))
    for _ in range(draw(st.integers(1, 5))):
        at_us += 2 * TOGETHER_US[kind] + draw(st.integers(1, 10**10))
        who = f"line:{draw(st.integers(1, 2))}"
        offsets = draw(st.lists(st.integers(0, TOGETHER_US[kind]), min_size=1, max_size=4))
        seconds = draw(st.lists(st.integers(0, 900), min_size=len(offsets), max_size=len(offsets)))
        found.append([
            sign(kind, at_us + offset, recipient=who, facts={"duration_s": s}, place=draw(st.sampled_from(["", "c1"])))
            for offset, s in zip(offsets, seconds, strict=True)
        ])  # fmt: skip
    return found


def told(batches: list[list[ContactEvent]]) -> dict[str, ContactEvent]:
    """What stands on a desk that takes these batches in one after another."""
    standing: dict[str, ContactEvent] = {}
    for batch in batches:
        for event in contacts_of(batch, standing.values()):
            known = standing.get(event.event_id)
            standing[event.event_id] = joined(known, event) if known else event
    return standing


@given(its=contacts(), data=st.data())
def test_each_contact_is_one_event_in_any_order_and_batches(its: list[list[ContactEvent]], data: st.DataObject) -> None:
    signs = data.draw(st.permutations([one for contact in its for one in contact]))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(signs)), max_size=4)) | {0, len(signs)})
    batches = [signs[low:high] for low, high in pairwise(cuts)]
    again = data.draw(st.lists(st.sampled_from(signs), max_size=3))
    events = told([*batches, again])
    assert len(events) == len(its)
    whole = {(e.recipient, e.at_us): (dict(e.facts), e.ended_at_us) for e in told([signs]).values()}
    assert {(e.recipient, e.at_us): (dict(e.facts), e.ended_at_us) for e in events.values()} == whole
    for contact in its:
        longest = max(int(one.facts["duration_s"]) for one in contact)
        assert whole[contact[0].recipient, min(one.at_us for one in contact)][0] == {"duration_s": longest}


def test_two_calls_that_begin_apart_are_two_even_if_one_lasts_into_the_other() -> None:
    first = sign(CALL, NOON_US, ended_at_us=NOON_US + 600 * US_PER_S)
    second = sign(CALL, NOON_US + 300 * US_PER_S)
    assert len(contacts_of([first, second], [])) == 2


def test_other_recipients_and_other_indicators_are_other_contacts() -> None:
    one = sign(VISIT, NOON_US)
    assert len(contacts_of([one, replace(one, recipient="line:9"), replace(one, indicator="b.cn")], [])) == 3


def test_an_answer_is_about_the_newest_text_before_it_and_about_none_a_day_later() -> None:
    early, late = (sign(TEXT, NOON_US + h * 3_600 * US_PER_S, ref=str(h)) for h in (0, 3))
    found, stray = answered([late, early], [sign(CALL, NOON_US + 4 * 3_600 * US_PER_S)])
    assert ([one.ref for one in found], stray) == (["3"], [])
    assert found[0].facts == {"replied": True}
    before, after = sign(TEXT, NOON_US - 1), sign(TEXT, late.at_us + ANSWER_US + 1)
    assert answered([early, late], [before, after]) == ([], [before, after])


def test_a_payment_is_under_sway_during_a_call_and_for_an_hour_after() -> None:
    call = sign(CALL, NOON_US, ended_at_us=NOON_US + 60 * US_PER_S)
    moments = (
        NOON_US - 1,
        NOON_US,
        NOON_US + 60 * US_PER_S + UNDER_SWAY_US,
        NOON_US + 60 * US_PER_S + UNDER_SWAY_US + 1,
    )
    assert [is_under_sway(at, [call]) for at in moments] == [False, True, True, False]
    assert not is_under_sway(NOON_US, [])


def test_what_another_source_told_of_takes_its_name_and_another_amount_does_not() -> None:
    bank = sign(PAYMENT, NOON_US, source="bank-b", ref="b7", recipient="line:7", stake_fen=500)
    ledger = sign(PAYMENT, NOON_US + US_PER_MIN, ref="t1", stake_fen=500)
    assert as_known(ledger, [bank], ["line:1", "line:7"]).event_id == bank.event_id
    assert as_known(ledger, [bank]) == ledger
    assert as_known(replace(ledger, stake_fen=501), [bank], ["line:7"]).ref == "t1"
    assert as_known(replace(ledger, at_us=NOON_US + 3 * US_PER_MIN), [bank], ["line:7"]).ref == "t1"
