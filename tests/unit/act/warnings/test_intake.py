"""Folding contacts: joining is a lattice, order and batches change nothing, what is settled stays settled."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.warnings.intake import Standing, fold, joined
from chainbreak.act.warnings.model import ContactEvent
from chainbreak.act.warnings.tiers import preset

POLICY = preset("four")
NOW = 10**15
WHO = "line:0000000000000001"


def call(ref: str = "1", at: int = NOW, campaign: str = "series:S-1", **facts: int | bool) -> ContactEvent:
    return ContactEvent("call.fraud_line", WHO, at, "finding:1", "records", ref, "line:2", campaign, facts=facts)


words = st.builds(
    lambda at, ended, stake, running, duration: replace(
        call(at=NOW - at, running=running, duration_s=duration), ended_at_us=ended, stake_fen=stake
    ),
    st.integers(0, 100), st.none() | st.integers(NOW, NOW + 9), st.none() | st.integers(0, 9), st.booleans(),
    st.integers(0, 900),
)  # fmt: skip


@given(words, words, words)
def test_joining_words_about_one_contact_is_commutative_associative_and_idempotent(
    a: ContactEvent, b: ContactEvent, c: ContactEvent
) -> None:
    assert joined(a, b) == joined(b, a)
    assert joined(joined(a, b), c) == joined(a, joined(b, c))
    assert joined(joined(a, b), b) == joined(a, b)


def standing(state: str = "open", outcome: str = "", rank: int = 3) -> Standing:
    return Standing("W-1", "series:S-1", rank, state, NOW - 9, NOW - 9, outcome, NOW - 1 if outcome else 0)


def test_a_first_contact_opens_and_a_second_of_the_same_campaign_joins() -> None:
    first = fold(POLICY, [], [(None, call(duration_s=30))], NOW)
    assert [(one.change, one.rank) for one in first.changes] == [("opened", 3)]
    second = fold(POLICY, [standing()], [("W-1", call(duration_s=30)), (None, call("2", duration_s=700))], NOW)
    assert [(one.change, one.warning_id, one.rank) for one in second.changes] == [("raised", "W-1", 1)]
    assert set(second.belongs.values()) == {"W-1"}


def test_another_campaign_is_another_warning_and_raises_the_first() -> None:
    pairs = [("W-1", call(duration_s=30)), (None, call("2", campaign="series:S-2", duration_s=30))]
    changes = {one.campaign: (one.change, one.rank) for one in fold(POLICY, [standing()], pairs, NOW).changes}
    assert changes == {"series:S-1": ("raised", 2), "series:S-2": ("opened", 2)}


def test_time_alone_lowers_nothing_but_taking_back_does() -> None:
    was = standing(rank=1)
    quiet = [("W-1", call(duration_s=30))]
    assert [(one.change, one.rank) for one in fold(POLICY, [was], quiet, NOW).changes] == [("", 1)]
    assert [(one.change, one.rank) for one in fold(POLICY, [was], quiet, NOW, lower=True).changes] == [("lowered", 3)]


def test_what_happened_before_the_talk_joins_the_closed_warning() -> None:
    closed = standing("resolved", "dissuaded")
    before, after = call("2", NOW - 5, duration_s=700), call("3", NOW, duration_s=700)
    folded = fold(POLICY, [closed], [(None, before)], NOW, told=frozenset({before.event_id}))
    assert (folded.changes, folded.belongs) == ([], {before.event_id: "W-1"})
    folded = fold(POLICY, [closed], [(None, after)], NOW, told=frozenset({after.event_id}))
    assert [one.change for one in folded.changes] == ["opened"]  # dissuaded, and in contact again


def test_who_said_it_is_no_fraud_is_left_in_peace_by_this_campaign() -> None:
    for outcome in ("false_alarm", "wrong_person", "already_knew"):
        folded = fold(POLICY, [standing("resolved", outcome)], [(None, call("3", duration_s=700))], NOW)
        assert (folded.changes, set(folded.belongs.values())) == ([], {"W-1"})
    other = fold(POLICY, [standing("resolved", "false_alarm")], [(None, call("3", campaign="series:S-9"))], NOW)
    assert [one.change for one in other.changes] == ["opened"]


def test_a_contact_that_goes_on_after_its_warning_lapsed_opens_another() -> None:
    grown = call(duration_s=700)
    first = fold(POLICY, [], [(None, grown)], NOW).changes[0]
    again = fold(POLICY, [], [(first.warning_id, grown)], NOW, told=frozenset({grown.event_id})).changes
    assert [one.change for one in again] == ["opened"]
    assert again[0].warning_id != first.warning_id
    assert fold(POLICY, [], [(first.warning_id, grown)], NOW).changes == []
