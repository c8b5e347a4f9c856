"""The state machine of leads, once, as data: from where, who may, and what must hold. `step` alone makes an event.

Two people stand behind whatever reaches a unit: who wrote a lead neither reviews nor dispatches it; one that the
machine drafted needs a reviewer and another person who dispatches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chainbreak.act.leads.fold import UNDO, fold, replay, standing
from chainbreak.act.leads.model import (
    AT_CENTRE,
    AT_UNIT,
    KINDS,
    LONGEST_EXPIRY_US,
    MOST_EVIDENCE,
    MOST_SNOOZED_US,
    OUTCOMES,
    RETURN_REASONS,
    Content,
    Event,
    Lead,
    State,
    kind_of,
)
from chainbreak.act.objection import Objection
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import SERVICE, Actor, Role

S = State
DRAFTERS = frozenset({Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.COMMANDER, Role.APPROVER})
REVIEWERS = frozenset({Role.ANALYST, Role.COMMANDER, Role.APPROVER})
DISPATCHERS = frozenset({Role.COMMANDER, Role.APPROVER, Role.LIAISON})
UNIT = frozenset({Role.OFFICER, Role.LIAISON})
MACHINE = frozenset({Role.SERVICE})
LARGEST_TEXT = 2_000


@dataclass(frozen=True)
class Ask:
    """Who asks for a move, when (UTC µs), with what. `data` becomes the event's data. `content`: the new one, of a
    draft or a revision. `refuted`: evidence that was judged false since. `holder`: who else has the lead open.
    `history`: every event so far, for an undoing.
    """

    actor: Actor
    at_us: int
    data: dict[str, Any] = field(default_factory=dict)
    content: Content | None = None
    refuted: frozenset[str] = frozenset()
    holder: str = ""
    history: Sequence[Event] = ()


Guard = Callable[[Lead | None, Ask], Iterator[Objection]]


def _of(lead: Lead | None) -> Lead:
    assert lead is not None, "a guard of a move that needs a lead"
    return lead


def reason_given(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """A written reason, not longer than a page."""
    text = str(ask.data.get("reason", ""))
    if not text.strip() or len(text) > LARGEST_TEXT:
        yield Objection("CB-LF-010", "a written reason is needed", f"{len(text)} letters", f"1 to {LARGEST_TEXT}")


def fits(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """Of a known kind, about a thing, with evidence, ending in time; a revision keeps its target. The unit may still be
    open: it is named at the dispatch.
    """
    content = ask.content
    if content is None:
        yield Objection("CB-LF-011", "a lead needs a content")
        return
    if content.kind not in KINDS or (kind_of(content.target) is None and content.kind != "victims"):
        yield Objection("CB-LF-012", "no lead is about such a target", content.target or "none", ", ".join(KINDS))
    if not 1 <= len(content.evidence) <= MOST_EVIDENCE:
        yield Objection("CB-LF-013", "a lead rests on evidence", str(len(content.evidence)), f"1 to {MOST_EVIDENCE}")
    if not ask.at_us < content.expires_at_us <= ask.at_us + LONGEST_EXPIRY_US:
        yield Objection("CB-LF-015", "the end is past, or later than 180 days from now")
    if max(len(content.question), len(content.note)) > LARGEST_TEXT:
        yield Objection("CB-LF-016", "too long a text", allowed=f"{LARGEST_TEXT} letters")
    if lead is not None and (content.kind, content.target) != (lead.content.kind, lead.content.target):
        yield Objection("CB-LF-017", "a revision keeps its target; draft another lead", content.target)


def four_eyes(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """Nobody passes on a lead of their own. No role is exempt."""
    if ask.actor.name in _of(lead).editors:
        yield Objection("CB-LF-020", "who wrote a lead neither reviews nor dispatches it", ask.actor.name)


def two_people(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """A lead that only the machine wrote is dispatched by somebody other than its reviewer."""
    if set(_of(lead).editors) == {SERVICE.name} and ask.actor.name == _of(lead).reviewed_by:
        yield Objection("CB-LF-021", "a lead the machine drafted needs a second person", ask.actor.name)


def still_supported(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """Something it rests on has not been judged false."""
    if set(_of(lead).content.refs) <= ask.refuted:
        yield Objection("CB-LF-022", "everything this lead rests on was judged false", ", ".join(sorted(ask.refuted)))


def not_over(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """Its end has not passed, whether or not anybody has noted so."""
    if ask.at_us >= _of(lead).content.expires_at_us:
        yield Objection("CB-LF-023", "this lead has run out; draft it again on fresh evidence")


def has_expired(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """Its end has passed."""
    if ask.at_us < _of(lead).content.expires_at_us:
        yield Objection("CB-LF-024", "this lead has not run out")


def deadline_fits(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """A unit is named, and the answer is due in the future and before the lead's end."""
    if not str(ask.data.get("unit", "")).strip():
        yield Objection("CB-LF-014", "name the district or unit to ask")
    if not ask.at_us < int(ask.data.get("deadline_us", 0)) <= _of(lead).content.expires_at_us:
        yield Objection("CB-LF-025", "the deadline is past, or after the lead's end")


def known_return(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """The reason class is one of the list."""
    if ask.data.get("code") not in RETURN_REASONS:
        yield Objection("CB-LF-026", "no such reason to return a lead", str(ask.data.get("code")),
                        ", ".join(RETURN_REASONS))  # fmt: skip


def known_outcome(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """The outcome is one of the list; that a lead was wrong needs its reason."""
    outcome = ask.data.get("outcome")
    if outcome not in OUTCOMES:
        yield Objection("CB-LF-027", "no such outcome", str(outcome), ", ".join(OUTCOMES))
    if outcome == "wrong":
        yield from reason_given(lead, ask)


def was_taken(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """Somebody at the unit had accepted it: what comes of it counts also after its end."""
    if not _of(lead).accepted_by:
        yield Objection("CB-LF-028", "nobody accepted this lead before it ran out")


def short_sleep(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """It sleeps into the future, at most 180 days and not beyond its own end."""
    until = int(ask.data.get("until_us", 0))
    if not ask.at_us < until <= min(ask.at_us + MOST_SNOOZED_US, _of(lead).content.expires_at_us):
        yield Objection("CB-LF-029", "a snooze ends after now, within 180 days and before the lead's own end")


def is_asleep(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """There is a snooze to end."""
    if _of(lead).snoozed_until_us is None:
        yield Objection("CB-LF-030", "this lead is not snoozed")


def own_and_last(lead: Lead | None, ask: Ask) -> Iterator[Objection]:
    """The last thing that happened was the actor's own, and nobody outside has acted on it."""
    last = standing(ask.history)[-1] if ask.history else None
    if last is None or last.move not in UNDOABLE:
        yield Objection("CB-LF-031", "this cannot be taken back", last.move if last else "", ", ".join(UNDOABLE))
    elif last.actor != ask.actor.name:
        yield Objection("CB-LF-032", "each person takes back only their own last step", last.actor)


@dataclass(frozen=True)
class Move:
    """One row of the table. `before` empty: the move makes a new lead. Where it leads is for `fold` to say."""

    before: frozenset[State]
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()


OPEN = AT_CENTRE | AT_UNIT
MOVES: dict[str, Move] = {
    "draft": Move(frozenset(), DRAFTERS | MACHINE, (fits,)),
    "revise": Move(AT_CENTRE, DRAFTERS, (fits,)),
    "review": Move(frozenset({S.DRAFT}), REVIEWERS, (four_eyes, still_supported, not_over)),
    "send_back": Move(frozenset({S.DRAFT, S.REVIEWED}), REVIEWERS, (four_eyes, reason_given)),
    "withdraw": Move(AT_CENTRE, DRAFTERS, (reason_given,)),
    "dispatch": Move(frozenset({S.REVIEWED}), DISPATCHERS,
                     (four_eyes, two_people, still_supported, not_over, deadline_fits)),
    # What has left is not undone: it is called back, and the unit sees by whom and why.
    "recall": Move(AT_UNIT, DISPATCHERS, (reason_given,)),
    "receive": Move(frozenset({S.DISPATCHED}), UNIT, (not_over,)),
    "accept": Move(frozenset({S.DISPATCHED}), UNIT, (not_over,)),
    "return": Move(frozenset({S.DISPATCHED, S.ACCEPTED, S.WORKED}), UNIT, (known_return, reason_given)),
    "work": Move(frozenset({S.ACCEPTED, S.WORKED}), UNIT, (reason_given, not_over)),
    # A unit that took a lead on reports what came of it also when the lead has run out meanwhile.
    "close": Move(frozenset({S.ACCEPTED, S.WORKED, S.LAPSED}), UNIT, (was_taken, known_outcome)),
    "snooze": Move(OPEN, DRAFTERS | UNIT, (reason_given, short_sleep)),
    "wake": Move(OPEN, DRAFTERS | UNIT, (is_asleep,)),
    "lapse": Move(OPEN, MACHINE, (has_expired,)),
    UNDO: Move(frozenset(State), DRAFTERS | DISPATCHERS | UNIT, (own_and_last,)),
}  # fmt: skip
UNDOABLE = ("revise", "review", "send_back", "withdraw", "receive", "accept", "work", "close", "snooze", "wake")
"""A dispatch, a return and a recall have reached somebody else: they are answered by another move, never undone."""

FORWARD: dict[State, str] = {
    S.DRAFT: "review", S.REVIEWED: "dispatch", S.DISPATCHED: "accept", S.ACCEPTED: "work", S.WORKED: "close",
    S.RETURNED: "revise",
}  # fmt: skip
"""The move that brings a lead on: who may make it has the lead in their queue."""


def may(move: str, actor: Actor) -> bool:
    """Whether the actor's roles allow a move at all. The machine's role bars every human move."""
    roles = MOVES[move].roles
    return actor.has(*roles) and not (actor.has(Role.SERVICE) and Role.SERVICE not in roles)


def waits_for(lead: Lead, actor: Actor) -> bool:
    """Whether the lead waits for this actor: roles allow its next move, and it is not one of their own to review."""
    return waits(lead.state, lead.editors, lead.reviewed_by, bool(lead.sent_back), actor)


def waits(state: State, editors: Collection[str], reviewed_by: str, sent_back: bool, actor: Actor) -> bool:
    """`waits_for` from the few columns that lists read."""
    move = "revise" if sent_back else FORWARD.get(state)
    if move is None or not may(move, actor):
        return False
    own = move in ("review", "dispatch") and actor.name in editors
    machine_only = move == "dispatch" and set(editors) == {SERVICE.name} and reviewed_by == actor.name
    return not own and not machine_only


def standing_at(state: State, expires_at_us: int, now_us: int) -> State:
    """The state with what the clock has made of it: a lead past its end is lapsed though nobody has noted so."""
    return S.LAPSED if state in OPEN and now_us >= expires_at_us else state


def objections(move: str, lead: Lead | None, ask: Ask) -> list[Objection]:
    """Everything that stands against `move`; empty when it may be made."""
    row = MOVES[move]
    if lead is None and row.before:
        return [Objection("CB-LF-001", "there is no such lead")]
    if lead is not None and lead.state not in row.before:
        return [Objection("CB-LF-002", f"not possible from here: {move}", lead.state,
                          ", ".join(sorted(row.before)) or "a new lead")]  # fmt: skip
    if not may(move, ask.actor):
        return [Objection("CB-LF-003", f"this role may not: {move}", "+".join(sorted(ask.actor.roles)) or "none",
                          ", ".join(sorted(row.roles)))]  # fmt: skip
    if ask.holder and not ask.actor.has(Role.SERVICE):
        return [Objection("CB-LF-004", "somebody else has this lead open", ask.holder)]
    return [against for guard in row.guards for against in guard(lead, ask)]


def step(move: str, lead_id: str, lead: Lead | None, ask: Ask) -> tuple[Lead, Event]:
    """Make `move`: the lead after it and the event that says so.

    Raises:
        RefusedError: the first objection; the others by their codes.
    """
    against = objections(move, lead, ask)
    if against:
        first, more = against[0], [o.code for o in against[1:]]
        raise RefusedError(first.code, first.what, given=first.given, allowed=first.allowed,
                           next_step=f"also {', '.join(more)}" if more else "")  # fmt: skip
    data = dict(ask.data)
    if ask.content is not None:
        data["content"] = ask.content.as_dict()
    if move == UNDO:
        data["undoes"] = standing(ask.history)[-1].seq
    event = Event(lead_id, lead.events if lead else 0, ask.at_us, ask.actor.name,
                  "+".join(sorted(ask.actor.roles)), ask.actor.via, move, data)  # fmt: skip
    if move != UNDO:
        return fold(lead, event), event
    after = replay([*ask.history, event])
    assert after is not None, "the draft itself is never undone"
    return after, event
