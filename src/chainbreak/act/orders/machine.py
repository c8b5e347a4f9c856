"""The state machine of orders, once, as data: from where to where, who may, and what must hold.

`step` is the only way to make an event. Read the table as: *move: from -> to, roles, guards*.
"""

from __future__ import annotations

from dataclasses import dataclass

from chainbreak.act.orders import guards as g
from chainbreak.act.orders.fold import fold
from chainbreak.act.orders.guards import DRAFTERS, Ask, Guard, Objection
from chainbreak.act.orders.model import ISSUED, OVER, Event, Order, State
from chainbreak.act.orders.rules import Rules
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Role

S = State
SERVICE = frozenset({Role.SERVICE})
APPROVER = frozenset({Role.APPROVER})
UNSENT = frozenset({S.DRAFT, S.SUBMITTED, S.APPROVED})
RUNNING = frozenset({S.SENT, S.ACKNOWLEDGED})


@dataclass(frozen=True)
class Move:
    """One row of the table. `before` empty: the move makes a new order. Where it leads is for `fold` to say."""

    before: frozenset[State]
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()


MOVES: dict[str, Move] = {
    # Anybody who works on cases drafts, and the machine may too; nothing leaves by it.
    "draft": Move(frozenset(), DRAFTERS | SERVICE, (g.fits_its_kind, g.no_exclusion)),
    "edit": Move(UNSENT, DRAFTERS, (g.never_sent, g.keeps_object, g.fits_its_kind, g.no_exclusion)),
    "submit": Move(
        frozenset({S.DRAFT}), DRAFTERS,
        (g.fits_its_kind, g.complete, g.milder_step_considered, g.within_traced, g.no_exclusion, g.still_supported,
         g.not_over),
    ),
    "withdraw": Move(UNSENT, DRAFTERS, (g.never_sent,)),
    "return": Move(frozenset({S.SUBMITTED}), APPROVER, (g.reason_given,)),
    "approve": Move(frozenset({S.SUBMITTED}), APPROVER,
                    (g.four_eyes, g.digest_seen, g.complete, g.within_traced, g.still_supported, g.not_over)),
    # One officer may act at once, mildly and briefly; a second one confirms or it lapses by itself.
    "emergency": Move(
        frozenset(), frozenset({Role.FUND_DESK, Role.APPROVER}),
        (g.fits_its_kind, g.mild_and_short, g.not_renewed, g.complete, g.milder_step_considered, g.within_traced,
         g.no_exclusion, g.still_supported),
    ),
    "confirm": Move(frozenset({S.EMERGENCY}), APPROVER, (g.four_eyes, g.digest_seen, g.complete, g.within_traced,
                                                         g.still_supported, g.not_over)),
    # Only the machine sends, only what was signed as it is, and it checks the exclusions again.
    "send": Move(frozenset({S.APPROVED}), SERVICE, (g.signed_as_it_is, g.not_over, g.no_exclusion, g.still_supported)),
    "send_emergency": Move(frozenset({S.EMERGENCY}), SERVICE, (g.not_over, g.no_exclusion)),
    "answer": Move(RUNNING | {S.EMERGENCY}, SERVICE | {Role.LIAISON}, (g.known_answer,)),
    "extend": Move(RUNNING, DRAFTERS, (g.still_in_force, g.was_signed, g.longer_with_fresh_evidence,
                                         g.still_supported)),
    "approve_extension": Move(RUNNING, APPROVER, (g.still_in_force, g.four_eyes, g.fresh_eyes, g.digest_seen,
                                                    g.still_supported)),
    "return_extension": Move(RUNNING, APPROVER, (g.reason_given,)),
    # Every way out is open: no field, no signature, no quorum stands before a release.
    "release": Move(ISSUED, APPROVER),
    "fall": Move(ISSUED, SERVICE),  # a cascade has taken every support away
    "expire": Move(ISSUED, SERVICE, (g.has_expired,)),
    "lapse": Move(ISSUED, SERVICE, (g.has_lapsed,)),
    "appeal": Move(ISSUED | OVER - {S.ANNULLED, S.CORRECTED}, frozenset(Role)),
    "refuse_appeal": Move(ISSUED | OVER - {S.ANNULLED, S.CORRECTED}, frozenset({Role.APPROVER, Role.COMMANDER}),
                          (g.outside_the_chain, g.reason_given)),
    "annul": Move(ISSUED | OVER - {S.ANNULLED, S.CORRECTED}, frozenset({Role.APPROVER, Role.COMMANDER}),
                  (g.outside_the_chain, g.reason_given)),
    "correct": Move(frozenset({S.ANNULLED}), SERVICE | {Role.LIAISON}, (g.all_corrected,)),
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
        if found and guard is g.fits_its_kind:
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
        content = order.extension.content if order.extension else order.content
        signed = order.extension.approvals if order.extension else order.approvals
        needed = g.signatures_needed(content, rules)
        return {"digest": ask.digest, "enough": len(signed) + 1 >= needed}
    return {"content": ask.content.as_dict()} if ask.content is not None else {}
