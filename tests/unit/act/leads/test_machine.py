"""No path skips the review, every state can be reached, and what stands is what the events say."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.act.leads.fold import UNDO, replay, standing
from chainbreak.act.leads.machine import MOVES, OPEN, UNDOABLE, Ask, may, objections, standing_at, step, waits_for
from chainbreak.act.leads.model import KIND_OF_TARGET, OUTCOMES, Content, Event, Lead, State, kind_of
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.records.kind import Identifier

T0 = 1_795_132_800_000_000
HUMANS = sorted(set(Role) - {Role.SERVICE})
PEOPLE = [Actor(f"{role}-{n}", frozenset({role})) for role in HUMANS for n in (1, 2)]
PEOPLE += [Actor("many", frozenset(HUMANS)), SERVICE]
CONTENT = Content.from_dict(
    {
        "kind": "account", "target": "account:00ff00ff00ff00ff", "unit": "南屏区", "question": "", "note": "",
        "series_id": "", "case_ref": "", "expires_at_us": str(T0 + 14 * US_PER_DAY),
        "evidence": [{"ref": "finding:00ff00ff00ff00ff", "at_us": str(T0), "digest": ""}],
        "signals": {"losses": [], "contacts": [], "last_us": str(T0)},
    }
)  # fmt: skip


def said(move: str, at_us: int) -> dict[str, str]:
    """What a form of this move would send."""
    return {
        "dispatch": {"unit": "南屏区", "deadline_us": str(at_us + US_PER_HOUR)},
        "return": {"code": "wrong", "reason": "不属实"}, "close": {"outcome": "found", "reason": ""},
        "snooze": {"until_us": str(at_us + US_PER_HOUR), "reason": "等回函"},
    }.get(move, {"reason": "理由"})  # fmt: skip


def attempt(lead: Lead | None, history: list[Event], move: str, actor: Actor, at_us: int) -> Lead | None:
    """The lead after the move if the machine lets it be made; its event joins the history."""
    ask = Ask(actor, at_us, said(move, at_us), CONTENT if move in ("draft", "revise") else None, history=history)
    try:
        after, event = step(move, "L-000001", lead, ask)
    except RefusedError:
        return lead
    history.append(event)
    return after


steps = st.lists(
    st.tuples(st.sampled_from(sorted(set(MOVES) - {"draft"})), st.sampled_from(PEOPLE), st.integers(0, 40 * 24)),
    max_size=40,
)


def walk(drafter: Actor, path: list[tuple[str, Actor, int]]) -> tuple[Lead, list[Event]]:
    """Whatever of a random path the machine allows; time never goes back."""
    history: list[Event] = []
    at = T0
    lead = attempt(None, history, "draft", drafter, at)
    assert lead is not None
    for move, actor, hours in path:
        at += hours * US_PER_HOUR // 20
        lead = attempt(lead, history, move, actor, at) or lead
    return lead, history


drafters = st.sampled_from([p for p in PEOPLE if may("draft", p)])


@settings(max_examples=300, deadline=None)
@given(drafters, steps)
def test_no_path_skips_the_review_and_two_people_stand_behind_what_leaves(
    drafter: Actor, path: list[tuple[str, Actor, int]]
) -> None:
    _, history = walk(drafter, path)
    for at, event in enumerate(history):
        if event.move != "dispatch":
            continue
        before = standing(history[:at])
        last_writing = max(i for i, e in enumerate(before) if e.move in ("draft", "revise", "send_back"))
        reviews = [e for e in before[last_writing:] if e.move == "review"]
        writers = {e.actor for e in before if e.move in ("draft", "revise")}
        assert reviews, "dispatched without a review of what was dispatched"
        assert event.actor not in writers
        assert reviews[-1].actor not in writers
        people = (writers | {reviews[-1].actor, event.actor}) - {SERVICE.name}
        assert len(people) >= 2


@settings(max_examples=300, deadline=None)
@given(drafters, steps)
def test_what_stands_is_what_the_events_say(drafter: Actor, path: list[tuple[str, Actor, int]]) -> None:
    lead, history = walk(drafter, path)
    read_back = [Event.from_dict(json.loads(event.as_bytes())) for event in history]
    again = replay(read_back)
    assert again == lead
    assert again is not None
    assert again.as_bytes() == lead.as_bytes()
    assert Lead.from_dict(json.loads(lead.as_bytes())) == lead
    assert [e.seq for e in history] == list(range(len(history)))
    assert lead.events == len(history)


@settings(max_examples=300, deadline=None)
@given(drafters, steps)
def test_an_end_is_reached_once_and_only_undoing_or_a_late_outcome_leaves_it(
    drafter: Actor, path: list[tuple[str, Actor, int]]
) -> None:
    _, history = walk(drafter, path)
    for at, event in enumerate(history[1:], 1):
        before = replay(history[:at])
        assert before is not None
        if before.state not in OPEN:
            assert event.move == UNDO or (event.move, before.state) == ("close", State.LAPSED)
        if event.move == UNDO:
            taken_back = standing(history[:at])[-1]
            assert taken_back.move in UNDOABLE
            assert taken_back.actor == event.actor


LI = Actor("li", frozenset({Role.ANALYST}))
WANG = Actor("wang", frozenset({Role.APPROVER}))
MA = Actor("ma", frozenset({Role.OFFICER}))
WAYS: dict[State, list[tuple[str, Actor]]] = {
    State.DRAFT: [],
    State.REVIEWED: [("review", WANG)],
    State.DISPATCHED: [("review", WANG), ("dispatch", WANG)],
    State.ACCEPTED: [("review", WANG), ("dispatch", WANG), ("accept", MA)],
    State.RETURNED: [("review", WANG), ("dispatch", WANG), ("return", MA)],
    State.WORKED: [("review", WANG), ("dispatch", WANG), ("accept", MA), ("work", MA)],
    State.CLOSED: [("review", WANG), ("dispatch", WANG), ("accept", MA), ("work", MA), ("close", MA)],
    State.WITHDRAWN: [("withdraw", LI)],
    State.LAPSED: [],
}


def brought_to(state: State) -> tuple[Lead, list[Event]]:
    history: list[Event] = []
    lead = attempt(None, history, "draft", LI, T0)
    for move, actor in WAYS[state]:
        lead = attempt(lead, history, move, actor, T0 + 1)
    if state is State.LAPSED:
        lead = attempt(lead, history, "lapse", SERVICE, T0 + 14 * US_PER_DAY)
    assert lead is not None
    return lead, history


@pytest.mark.parametrize("state", list(State))
def test_every_state_can_be_reached(state: State) -> None:
    assert brought_to(state)[0].state is state


@pytest.mark.parametrize("state", list(State))
def test_who_may_do_nothing_finds_nothing_open(state: State) -> None:
    lead, history = brought_to(state)
    for role in (Role.ADMIN, Role.ENGINEER, Role.AUDITOR):
        for move in set(MOVES) - {"draft"}:
            ask = Ask(Actor("somebody", frozenset({role})), T0 + 2, said(move, T0 + 2), CONTENT, history=history)
            assert {o.code for o in objections(move, lead, ask)} & {"CB-LF-002", "CB-LF-003"}


def test_the_machine_drafts_and_lapses_and_nothing_else() -> None:
    assert {move for move in MOVES if may(move, SERVICE)} == {"draft", "lapse"}
    masked = Actor("service", frozenset({Role.SERVICE, Role.APPROVER}))
    assert not may("dispatch", masked)


def test_nobody_reviews_or_dispatches_their_own_and_an_editor_is_a_writer() -> None:
    both = Actor("both", frozenset({Role.ANALYST, Role.APPROVER}))
    history: list[Event] = []
    lead = attempt(None, history, "draft", both, T0)
    assert lead is not None
    assert [o.code for o in objections("review", lead, Ask(both, T0))] == ["CB-LF-020"]
    lead = attempt(lead, history, "revise", WANG, T0)
    assert lead is not None
    assert [o.code for o in objections("review", lead, Ask(WANG, T0))] == ["CB-LF-020"]
    assert not waits_for(lead, WANG)


def test_a_lead_of_the_machine_needs_two_people() -> None:
    history: list[Event] = []
    lead = attempt(None, history, "draft", SERVICE, T0)
    lead = attempt(lead, history, "review", WANG, T0)
    assert lead is not None
    ask = Ask(WANG, T0, said("dispatch", T0))
    assert [o.code for o in objections("dispatch", lead, ask)] == ["CB-LF-021"]
    assert objections("dispatch", lead, replace(ask, actor=Actor("he", frozenset({Role.COMMANDER})))) == []


def test_a_lead_past_its_end_is_over_whether_or_not_anybody_noted_so() -> None:
    lead, _ = brought_to(State.DISPATCHED)
    late = lead.content.expires_at_us
    assert standing_at(lead.state, lead.content.expires_at_us, late - 1) is State.DISPATCHED
    assert standing_at(lead.state, lead.content.expires_at_us, late) is State.LAPSED
    assert [o.code for o in objections("accept", lead, Ask(MA, late))] == ["CB-LF-023"]


def test_what_a_unit_took_on_may_be_closed_after_it_ran_out_but_not_what_nobody_took() -> None:
    for state, codes in ((State.ACCEPTED, []), (State.DISPATCHED, ["CB-LF-028"])):
        lead, history = brought_to(state)
        end = lead.content.expires_at_us
        lapsed = attempt(lead, history, "lapse", SERVICE, end)
        assert lapsed is not None
        assert lapsed.state is State.LAPSED
        assert [o.code for o in objections("close", lapsed, Ask(MA, end + 1, said("close", end)))] == codes


@pytest.mark.parametrize(("hours", "ok"), [(0, False), (1, True), (14 * 24, True), (14 * 24 + 1, False)])
def test_a_snooze_ends_after_now_and_before_the_lead_does(hours: int, ok: bool) -> None:
    lead, _ = brought_to(State.DRAFT)
    data = {"until_us": str(T0 + hours * US_PER_HOUR), "reason": "等回函"}
    assert (objections("snooze", lead, Ask(LI, T0, data)) == []) is ok
    assert [o.code for o in objections("snooze", lead, Ask(LI, T0, {**data, "reason": " "}))][:1] == ["CB-LF-010"]


def test_a_snooze_is_at_most_half_a_year() -> None:
    lead, _ = brought_to(State.DRAFT)
    long = replace(lead, content=replace(lead.content, expires_at_us=T0 + 400 * US_PER_DAY))
    for days, ok in ((180, True), (181, False)):
        ask = Ask(LI, T0, {"until_us": str(T0 + days * US_PER_DAY), "reason": "等回函"})
        assert (objections("snooze", long, ask) == []) is ok


def test_a_revision_voids_the_review_and_keeps_what_happened_outside() -> None:
    lead, history = brought_to(State.RETURNED)
    revised = attempt(lead, history, "revise", LI, T0 + 2)
    assert revised is not None
    assert (revised.state, revised.reviewed_by, revised.deadline_us) == (State.DRAFT, "", None)
    assert revised.returns == ("wrong",)
    assert revised.first_dispatched_at_us == T0 + 1


def test_only_what_stayed_in_the_house_is_undone_and_only_by_who_did_it() -> None:
    for state, codes in ((State.DISPATCHED, ["CB-LF-031"]), (State.RETURNED, ["CB-LF-031"]), (State.CLOSED, [])):
        lead, history = brought_to(state)
        actor = MA if state is not State.DISPATCHED else WANG
        assert [o.code for o in objections(UNDO, lead, Ask(actor, T0 + 3, history=history))] == codes
    lead, history = brought_to(State.CLOSED)
    other = Ask(Actor("other", frozenset({Role.OFFICER})), T0 + 3, history=history)
    assert [o.code for o in objections(UNDO, lead, other)] == ["CB-LF-032"]
    undone = attempt(lead, history, UNDO, MA, T0 + 3)
    assert undone is not None
    assert (undone.state, undone.outcome, undone.ended_at_us) == (State.WORKED, "", None)


def test_evidence_that_was_all_judged_false_stops_a_lead() -> None:
    lead, _ = brought_to(State.DRAFT)
    ask = Ask(WANG, T0, refuted=frozenset(lead.content.refs))
    assert [o.code for o in objections("review", lead, ask)] == ["CB-LF-022"]


def test_a_lead_somebody_else_has_open_is_not_moved() -> None:
    lead, _ = brought_to(State.DRAFT)
    assert [o.code for o in objections("review", lead, Ask(WANG, T0, holder="zhao"))] == ["CB-LF-004"]


@pytest.mark.parametrize("outcome", sorted(OUTCOMES))
def test_only_a_wrong_lead_needs_words(outcome: str) -> None:
    lead, _ = brought_to(State.WORKED)
    codes = [o.code for o in objections("close", lead, Ask(MA, T0 + 2, {"outcome": outcome, "reason": ""}))]
    assert codes == (["CB-LF-010"] if outcome == "wrong" else [])


def test_no_lead_is_about_a_person() -> None:
    assert kind_of(f"{Identifier.PERSON}:00ff00ff00ff00ff") is None
    assert "person" not in KIND_OF_TARGET
    content = replace(CONTENT, target="person:00ff00ff00ff00ff")
    assert "CB-LF-012" in [o.code for o in objections("draft", None, Ask(LI, T0, content=content))]


@pytest.mark.parametrize("state", [s for s in State if s in OPEN])
def test_what_waits_for_somebody_is_what_they_may_move(state: State) -> None:
    lead, history = brought_to(state)
    for actor in PEOPLE:
        if waits_for(lead, actor):
            forward = {"draft": "review", "reviewed": "dispatch", "dispatched": "accept", "accepted": "work",
                       "worked": "close", "returned": "revise"}[lead.state]  # fmt: skip
            ask = Ask(actor, T0 + 2, said(forward, T0 + 2), CONTENT if forward == "revise" else None, history=history)
            assert objections(forward, lead, ask) == []
