"""The state machine of returns, once, as data: from where, who may, and what must hold. `step` alone makes an event.

Who plans neither reviews nor decides; who decides an objection had no part in the plan, its review or the objection.
A decision that has been paid is never undone: what comes later is a new round on what is still frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chainbreak.act.objection import Objection
from chainbreak.act.returns import guards as g
from chainbreak.act.returns.cases import divide
from chainbreak.act.returns.fold import fold
from chainbreak.act.returns.guards import Ask
from chainbreak.act.returns.model import Event, Return, State
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Actor, Role

S = State
PLANNERS = frozenset({Role.FUND_DESK, Role.ANALYST})
REVIEWERS = frozenset({Role.APPROVER, Role.COMMANDER})
LISTENERS = frozenset({Role.FUND_DESK, Role.ANALYST, Role.HOTLINE, Role.LIAISON, Role.APPROVER, Role.COMMANDER})
"""An objection is taken by whoever it reaches."""
PAYERS = frozenset({Role.FUND_DESK, Role.LIAISON})
READERS = LISTENERS | {Role.AUDITOR}

Guard = Callable[[Return | None, Ask], Iterator[Objection]]


@dataclass(frozen=True)
class Move:
    """One row of the table. `before` empty: the move makes a new return. Where it leads is for `fold` to say."""

    before: frozenset[State]
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()


OPEN = frozenset({S.PLANNED, S.REVIEWED, S.PUBLISHED, S.REOPENED})
MOVES: dict[str, Move] = {
    "plan": Move(frozenset(), PLANNERS, (g.fits, g.only_one)),
    "revise": Move(OPEN | {S.DECIDED}, PLANNERS, (g.fits, g.nothing_paid, g.same_pot, g.reason_once_signed)),
    "review": Move(frozenset({S.PLANNED}), REVIEWERS, (g.four_eyes, g.as_seen, g.proof_holds, g.limits_stand)),
    "send_back": Move(frozenset({S.PLANNED, S.REVIEWED}), REVIEWERS, (g.four_eyes, g.reason_given)),
    "publish": Move(frozenset({S.REVIEWED}), PLANNERS | REVIEWERS, (g.needs_notice, g.freeze_outlasts_notice)),
    "object": Move(frozenset({S.PUBLISHED}), LISTENERS, (g.in_notice, g.objector_given, g.reason_given)),
    "answer": Move(OPEN, REVIEWERS, (g.open_objection, g.outsider, g.known_outcome, g.reason_given)),
    "decide": Move(frozenset({S.REVIEWED, S.PUBLISHED}), REVIEWERS,
                   (g.four_eyes, g.as_seen, g.notice_over, g.none_open, g.still_frozen, g.limits_stand, g.proof_holds)),
    "pay": Move(frozenset(S), PAYERS, (g.owed,)),
    "round": Move(frozenset({S.PAID, S.WITHDRAWN}), PLANNERS, (g.fits, g.same_pot)),
    "renew": Move(OPEN | {S.DECIDED}, PLANNERS | REVIEWERS, (g.freeze_given,)),
    "withdraw": Move(OPEN | {S.DECIDED}, PLANNERS, (g.nothing_paid, g.reason_given)),
}  # fmt: skip
FORWARD: dict[State, str] = {
    S.PLANNED: "review", S.REOPENED: "revise", S.PUBLISHED: "decide", S.DECIDED: "pay",
}  # fmt: skip
"""The move that brings a return on; a reviewed one is published, or decided at once when it needs no notice."""


def next_move(found: Return) -> str:
    """The move that brings it on, or "" when it is over."""
    if found.state is S.REVIEWED:
        return "publish" if g.wants_notice(found) else "decide"
    return FORWARD.get(found.state, "")


def may(move: str, actor: Actor) -> bool:
    """Whether the actor's roles allow a move at all."""
    return actor.has(*MOVES[move].roles)


def waits_for(found: Return, actor: Actor, now_us: int) -> bool:
    """Whether the return waits for this actor: an open objection, or its next step, which is not their own work and
    whose time has come.
    """
    if any(not one.outcome for one in found.objections) and may("answer", actor):
        part = {*found.editors, found.reviewed_by}
        if any(not one.outcome and actor.name not in part | {one.lodged_by} for one in found.objections):
            return True
    move = next_move(found)
    own = move in ("review", "decide") and actor.name in found.editors
    runs = found.state is S.PUBLISHED and now_us < (found.notice_until_us or 0)
    return bool(move) and may(move, actor) and not own and not runs


def objections(move: str, found: Return | None, ask: Ask) -> list[Objection]:
    """Everything that stands against `move`; empty when it may be made."""
    row = MOVES[move]
    if found is None and row.before:
        return [Objection("CB-RM-001", "there is no such return")]
    if not may(move, ask.actor):
        return [Objection("CB-RM-003", f"this role may not: {move}", "+".join(sorted(ask.actor.roles)) or "none",
                          ", ".join(sorted(row.roles)))]  # fmt: skip
    if found is not None and found.state not in row.before:
        return [Objection("CB-RM-002", f"not possible from here: {move}", found.state,
                          ", ".join(sorted(row.before)) or "a new return")]  # fmt: skip
    return [against for guard in row.guards for against in guard(found, ask)]


def step(move: str, return_id: str, found: Return | None, ask: Ask) -> tuple[Return, Event]:
    """Make `move`: the return after it and the event that says so.

    Raises:
        RefusedError: the first objection; the others by their codes.
    """
    against = objections(move, found, ask)
    if against:
        first, more = against[0], [o.code for o in against[1:]]
        raise RefusedError(first.code, first.what, given=first.given, allowed=first.allowed,
                           next_step=f"also {', '.join(more)}" if more else "")  # fmt: skip
    data = dict(ask.data)
    if ask.plan is not None:
        data |= {"plan": ask.plan.as_dict(), "division": divide(ask.plan).as_dict()}
    event = Event(return_id, found.events if found else 0, ask.at_us, ask.actor.name,
                  "+".join(sorted(ask.actor.roles)), ask.actor.via, move, data)  # fmt: skip
    return fold(found, event), event
