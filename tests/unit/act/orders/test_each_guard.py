"""Each guard of each move matters: one flaw that this guard alone objects to, so that leaving it out would be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chainbreak.act.orders.guards import Ask, wanted_digest
from chainbreak.act.orders.machine import MOVES, objections
from chainbreak.act.orders.model import Approval, Content, Extension, Order, State
from chainbreak.act.orders.rules import Rules
from chainbreak.records.actor import SERVICE, Actor, Role

T0 = 1_795_132_800_000_000
HOUR = 3_600_000_000
LI = Actor("li", frozenset({Role.FUND_DESK}))
ZHAO = Actor("zhao", frozenset({Role.APPROVER}))
CHEN = Actor("chen", frozenset({Role.COMMANDER}))
STARTS = {
    "draft": None, "emergency": None, "edit": State.DRAFT, "submit": State.DRAFT, "withdraw": State.DRAFT,
    "return": State.SUBMITTED, "approve": State.SUBMITTED, "confirm": State.EMERGENCY, "send": State.APPROVED,
    "send_emergency": State.EMERGENCY, "correct": State.ANNULLED,
}  # fmt: skip
Case = tuple[Order | None, Ask]


def sound(move: str, content: Content) -> Case:
    """An order and an ask that nothing stands against."""
    order = _order(move, content)
    data: dict[str, Any] = {"reason": "seen", "target": "banks", "outcome": "full", "acknowledged": ["banks"]}
    ask = Ask(LI, T0 + 1, data, logged=True)
    if move in ("draft", "edit"):
        ask = replace(ask, content=content)
    elif move == "emergency":
        ask = replace(ask, content=content, at_us=T0, data={"until_us": T0 + HOUR // 2})
    elif move == "extend":
        ask = replace(ask, content=_longer(content))
    elif move in ("approve", "confirm", "approve_extension", "return", "return_extension"):
        assert order is not None
        ask = replace(ask, actor=ZHAO, digest=wanted_digest(order))
    elif move in ("annul", "refuse_appeal"):
        ask = replace(ask, actor=CHEN)
    elif move not in ("submit", "withdraw", "appeal"):
        ask = replace(ask, actor=ZHAO if move == "release" else SERVICE)
    return order, replace(ask, at_us=T0 + 60 * HOUR) if move in ("expire", "lapse") else ask


def _order(move: str, content: Content) -> Order | None:
    state = STARTS.get(move, State.ACKNOWLEDGED)
    if state is None:
        return None
    early = state in (State.DRAFT, State.SUBMITTED, State.EMERGENCY)
    order = Order("O-1", state, 1, content, "li", "li", ("li",), submitted_by="li")
    order = replace(
        order, approvals=() if early else (Approval("wang", order.digest, T0),), signed_by=() if early else ("wang",),
        last_approved_us=T0, sent_to=() if early or state is State.APPROVED else ("banks",),
        emergency_until_us=T0 + HOUR // 2 if state is State.EMERGENCY else None,
    )  # fmt: skip
    if "extension" in move:
        return replace(order, extension=Extension(_longer(content), "mei", T0))
    return replace(order, silence_ends_us=T0 + HOUR) if move == "lapse" else order


def _longer(content: Content) -> Content:
    fresh = {"ref": "finding:f2", "digest": "d2", "found_at_us": T0 + 1}
    return replace(content, evidence=(*content.evidence, fresh), expires_at_us=T0 + 72 * HOUR)


def _content(**changes: Any) -> Callable[[Case], Case]:
    def spoil(case: Case) -> Case:
        order, ask = case
        if order is not None:
            order = replace(order, content=replace(order.content, **changes))
        if ask.content is not None:
            ask = replace(ask, content=replace(ask.content, **changes))
        return order, replace(ask, digest=wanted_digest(order)) if order and ask.digest else ask

    return spoil


def _ask(**changes: Any) -> Callable[[Case], Case]:
    return lambda case: (case[0], replace(case[1], **changes))


def _data(**changes: Any) -> Callable[[Case], Case]:
    return lambda case: (case[0], replace(case[1], data={**case[1].data, **changes}))


def _order_with(**changes: Any) -> Callable[[Case], Case]:
    return lambda case: (replace(case[0], **changes) if case[0] else None, case[1])


def _signed_before(case: Case) -> Case:
    assert case[0] is not None
    return replace(case[0], approvals=(*case[0].approvals, Approval("zhao", "0", T0))), case[1]


def _refuted_evidence(case: Case) -> Case:
    return case[0], replace(case[1], refuted=frozenset({"finding:f2"}))


def _one_waits(case: Case) -> Case:
    assert case[0] is not None
    return replace(case[0], extension=Extension(_longer(case[0].content), "mei", T0)), case[1]


def _traced_too_little(case: Case) -> Case:
    order, ask = case
    if ask.content is not None:
        return order, replace(ask, content=_with_trace(ask.content))
    assert order is not None
    if order.extension:
        order = replace(order, extension=replace(order.extension, content=_with_trace(order.extension.content)))
    else:
        order = replace(order, content=_with_trace(order.content))
    return order, replace(ask, digest=wanted_digest(order)) if ask.digest else ask


def _with_trace(content: Content) -> Content:
    return replace(content, evidence=(*content.evidence, *TRACED))


def _other_object(case: Case) -> Case:
    scope = {"object": "account:00000000000000bb", "functions": ["outgoing"], "direction": "both"}
    assert case[1].content is not None
    other = replace(case[1].content, object="account:00000000000000bb", scope=scope)
    return case[0], replace(case[1], content=other)


TRACED = (
    {"ref": "claim:C-1", "digest": "d1", "found_at_us": T0 + 1, "traced_fen": 10_000, "share_fen": 10_000, "path": []},
    {"ref": "trace:T-1", "digest": "d2", "found_at_us": T0 + 1, "balance_fen": 9_999},
)
"""Evidence of a trace that found less on the account than the order is to hold."""
FLAWS: dict[str, Callable[[Case], Case]] = {
    "fits_its_kind": _content(scope={"object": "another", "functions": ["x"], "direction": "both"}),
    "no_exclusion": _ask(hits=("account:exact:1",)),
    "never_sent": _order_with(sent_to=("banks",)),
    "keeps_object": _other_object,
    "complete": _content(purpose=""),
    "milder_step_considered": _content(ladder_reason=" "),
    "within_traced": _ask(held_elsewhere_fen=1),
    "within_claims": _traced_too_little,
    "not_too_often": _ask(stops=((T0 - 200 * HOUR, T0 - 104 * HOUR),)),
    "still_supported": _ask(refuted=frozenset({"finding:f1", "finding:f2"})),
    "not_over": _ask(at_us=T0 + 48 * HOUR),
    "still_in_force": _ask(at_us=T0 + 48 * HOUR),
    "four_eyes": _ask(actor=Actor("li", frozenset({Role.APPROVER}))),
    "fresh_eyes": _signed_before,
    "digest_seen": _ask(digest="0" * 64),
    "reason_given": _data(reason="  "),
    "mild_and_short": _data(until_us=T0 + HOUR),
    "not_renewed": _ask(emergency_by=frozenset({"li"})),
    "signed_as_it_is": _order_with(approvals=()),
    "was_signed": _order_with(approvals=()),
    "known_answer": _data(outcome="maybe"),
    "longer_with_fresh_evidence": _refuted_evidence,
    "none_waiting": _one_waits,
    "clock_runs_true": _ask(behind_us=61_000_000),
    "has_expired": _ask(at_us=T0 + 1),
    "has_lapsed": _ask(at_us=T0 + 1),
    "outside_the_chain": _ask(actor=Actor("wang", frozenset({Role.COMMANDER}))),
    "all_corrected": _data(acknowledged=[]),
}
EVERY = [(move, guard.__name__) for move, row in MOVES.items() for guard in row.guards]


@pytest.mark.parametrize("move", list(MOVES))
def test_a_sound_move_is_made(move: str, content: Content, rules: Rules) -> None:
    order, ask = sound(move, content)
    assert objections(move, order, ask, rules) == []


@pytest.mark.parametrize(("move", "guard"), EVERY, ids=" ".join)
def test_the_guard_alone_objects(
    move: str, guard: str, content: Content, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, ask = FLAWS[guard](sound(move, content))
    assert objections(move, order, ask, rules), f"{guard} lets the flaw pass"
    row = MOVES[move]
    without = replace(row, guards=tuple(g for g in row.guards if g.__name__ != guard))
    monkeypatch.setitem(MOVES, move, without)
    assert objections(move, order, ask, rules) == [], "another guard objects too: the flaw does not single this one out"
