"""The state machine of orders, once, as data: from where to where, who may, and what must hold.

`step` is the only way to make an event. Read the table as: *move: from -> to, roles, guards*.
"""

from __future__ import annotations

from dataclasses import dataclass

from chainbreak.act.objection import Objection
from chainbreak.act.orders.fold import fold
from chainbreak.act.orders.guards import DRAFTERS, Ask, Guard, content, money, people, signatures_needed, term
from chainbreak.act.orders.model import ISSUED, OVER, Event, Order, State
from chainbreak.act.orders.rules import Rules
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Role

S = State
SERVICE = frozenset({Role.SERVICE})
APPROVER = frozenset({Role.APPROVER})
UNSENT = frozenset({S.DRAFT, S.SUBMITTED, S.APPROVED})
RUNNING = frozenset({S.SENT, S.ACKNOWLEDGED})
DECIDERS = frozenset({Role.APPROVER, Role.COMMANDER})
MONEY: tuple[Guard, ...] = (money.within_traced, money.within_claims, money.not_too_often)
SIGNED: tuple[Guard, ...] = (
    people.four_eyes, people.digest_seen, term.clock_runs_true, content.complete, *MONEY, content.no_exclusion,
    content.still_supported, term.not_over,
)  # fmt: skip
"""What a signature under an order needs, in the ordinary way and after an emergency."""


@dataclass(frozen=True)
class Move:
    """One row of the table. `before` empty: the move makes a new order. Where it leads is for `fold` to say."""

    before: frozenset[State]
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()


MOVES: dict[str, Move] = {
    # Anybody who works on cases drafts, and the machine may too; nothing leaves by it.
    "draft": Move(frozenset(), DRAFTERS | SERVICE, (content.fits_its_kind, content.no_exclusion)),
    "edit": Move(UNSENT, DRAFTERS,
                 (term.never_sent, content.keeps_object, content.fits_its_kind, content.no_exclusion)),
    "submit": Move(
        frozenset({S.DRAFT}), DRAFTERS,
        (content.fits_its_kind, content.complete, content.milder_step_considered, *MONEY, content.no_exclusion,
         content.still_supported, term.not_over),
    ),
    "withdraw": Move(UNSENT, DRAFTERS, (term.never_sent,)),
    "return": Move(frozenset({S.SUBMITTED}), APPROVER, (people.reason_given,)),
    "approve": Move(frozenset({S.SUBMITTED}), APPROVER, SIGNED),
    # One officer may act at once, mildly and briefly; a second one confirms or it lapses by itself.
    "emergency": Move(
        frozenset(), frozenset({Role.FUND_DESK, Role.APPROVER}),
        (content.fits_its_kind, term.clock_runs_true, term.mild_and_short, people.not_renewed, content.complete,
         content.milder_step_considered, *MONEY, content.no_exclusion, content.still_supported),
    ),
    "confirm": Move(frozenset({S.EMERGENCY}), APPROVER, SIGNED),
    # Only the machine sends, only what was signed as it is, and it checks the exclusions again. It sends a few messages
    # a transaction: an order that some of its partners have already goes to the others by the same move.
    "send": Move(frozenset({S.APPROVED, S.SENT}), SERVICE,
                 (people.signed_as_it_is, term.clock_runs_true, term.not_over, content.no_exclusion,
                  content.still_supported)),
    "send_emergency": Move(frozenset({S.EMERGENCY}), SERVICE,
                           (term.clock_runs_true, term.not_over, content.no_exclusion)),
    "answer": Move(RUNNING | {S.EMERGENCY}, SERVICE | {Role.LIAISON}, (people.known_answer,)),
    "extend": Move(RUNNING, DRAFTERS, (term.still_in_force, term.none_waiting, people.was_signed,
                                       term.longer_with_fresh_evidence, money.within_claims, money.not_too_often,
                                       content.no_exclusion)),
    # What partners hold is longer from this signature on, so that it is checked as a sending is.
    "approve_extension": Move(
        RUNNING, APPROVER,
        (term.clock_runs_true, term.still_in_force, people.four_eyes, people.fresh_eyes, people.digest_seen,
         term.longer_with_fresh_evidence, money.within_claims, money.not_too_often, content.no_exclusion),
    ),
    "return_extension": Move(RUNNING, APPROVER, (people.reason_given,)),
    # Every way out is open: no field, no signature, no quorum, no clock stands before a release.
    "release": Move(ISSUED, APPROVER),
    "fall": Move(ISSUED, SERVICE),  # a cascade has taken every support away
    "expire": Move(ISSUED, SERVICE, (term.has_expired,)),
    "lapse": Move(ISSUED, SERVICE, (term.has_lapsed,)),
    "appeal": Move(ISSUED | OVER - {S.ANNULLED, S.CORRECTED}, frozenset(Role)),
    "refuse_appeal": Move(ISSUED | OVER - {S.ANNULLED, S.CORRECTED}, DECIDERS,
                          (people.outside_the_chain, people.reason_given)),
    "annul": Move(ISSUED | OVER - {S.ANNULLED, S.CORRECTED}, DECIDERS,
                  (people.outside_the_chain, people.reason_given)),
    "correct": Move(frozenset({S.ANNULLED}), SERVICE | {Role.LIAISON}, (people.all_corrected,)),
}  # fmt: skip

NEEDS_EXTENSION = frozenset({"approve_extension", "return_extension"})


def objections(move: str, order: Order | None, ask: Ask, rules: Rules) -> list[Objection]:
    """Everything that stands against `move`; empty when it may be made."""
    row = MOVES[move]
    if order is None and row.before:
        return [Objection("CB-OR-003", "there is no such order")]
    if order is not None and order.state not in row.before:
        return [Objection("CB-OR-004", f"not possible from here: {move}", order.state,
                          ", ".join(sorted(row.before)) or "a new order")]  # fmt: skip
    # The machine's role bars every human move, whatever other roles an account was given beside it.
    machine = ask.actor.has(Role.SERVICE) and Role.SERVICE not in row.roles
    if machine or not ask.actor.has(*row.roles):
        return [Objection("CB-OR-005", f"this role may not: {move}", "+".join(sorted(ask.actor.roles)) or "none",
                          ", ".join(sorted(row.roles)))]  # fmt: skip
    if move in NEEDS_EXTENSION and (order is None or order.extension is None):
        return [Objection("CB-OR-006", "no extension is waiting")]
    found: list[Objection] = []
    for guard in row.guards:
        found.extend(guard(order, ask, rules))
        if found and guard is content.fits_its_kind:
            break  # the guards after it read the kind's rule
    return found


def step(move: str, order_id: str, order: Order | None, ask: Ask, rules: Rules) -> tuple[Order, Event]:
    """Make `move`: the order after it and the event that says so.

    Raises:
        RefusedError: the first objection, with the number of the others.
    """
    against = objections(move, order, ask, rules)
    if against:
        first, more = against[0], len(against) - 1
        raise RefusedError(
            first.code, first.what, given=first.given, allowed=first.allowed,
            next_step=f"{more} more: chainbreak order check {order_id}" if more else "",
        )  # fmt: skip
    event = Event(
        order_id, order.events if order else 0, ask.at_us, ask.actor.name, "+".join(sorted(ask.actor.roles)),
        ask.actor.via, move, {**ask.data, **_implied(move, order, ask, rules)},
    )  # fmt: skip
    return fold(order, event), event


def _implied(move: str, order: Order | None, ask: Ask, rules: Rules) -> dict[str, object]:
    if move in ("approve", "confirm", "approve_extension"):
        assert order is not None
        signing = order.extension or order
        needed = signatures_needed(signing.content, rules)
        return {"digest": ask.digest, "enough": len(signing.approvals) + 1 >= needed}
    return {"content": ask.content.as_dict()} if ask.content is not None else {}
