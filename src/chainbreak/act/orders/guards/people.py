"""Guards of who acts and what they put their name to: four eyes, signatures, written reasons, answers."""

from __future__ import annotations

from collections.abc import Iterator

from chainbreak.act.objection import Objection
from chainbreak.act.orders.guards.ask import Ask, signatures_needed, wanted_digest
from chainbreak.act.orders.model import Order
from chainbreak.act.orders.rules import Rules
from chainbreak.records.actor import Role

ANSWERS = ("full", "partial", "rejected")
DRAFTERS = frozenset({Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.COMMANDER, Role.APPROVER})


def reason_given(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """A written reason."""
    if not str(ask.data.get("reason", "")).strip():
        yield Objection("CB-OR-048", "a written reason is needed")


def four_eyes(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The approver is neither drafter nor submitter nor any editor, and signs once. No role is exempt."""
    assert order is not None
    if ask.actor.name in order.chain:
        yield Objection("CB-OR-030", "who drafted, submitted or edited an order cannot sign it", ask.actor.name)
    pending = order.extension.approvals if order.extension else order.approvals
    if ask.actor.name in {a.approver for a in pending}:
        yield Objection("CB-OR-031", "you have already signed this", ask.actor.name)


def fresh_eyes(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An extension is signed by somebody who has not signed the order before."""
    assert order is not None
    if ask.actor.name in {a.approver for a in order.approvals}:
        yield Objection("CB-OR-032", "an extension needs an approver who has not signed this order before",
                        ask.actor.name)  # fmt: skip


def outside_the_chain(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An appeal is decided by nobody who drafted, edited, submitted or signed."""
    assert order is not None
    if ask.actor.name in order.chain | set(order.signed_by):
        yield Objection("CB-OR-033", "an appeal is decided by somebody outside the order's chain", ask.actor.name)


def digest_seen(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The signature is under the digest of what is there now: what was shown has not changed since."""
    assert order is not None
    if ask.digest != wanted_digest(order):
        yield Objection("CB-OR-034", "the order has changed since it was shown", ask.digest[:16] or "none",
                        wanted_digest(order)[:16])  # fmt: skip


def signed_as_it_is(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Enough signatures stand under the digest of the present content, and the log holds them."""
    assert order is not None
    valid = {a.approver for a in order.approvals if a.digest == order.digest} - order.chain
    needed = signatures_needed(order.content, rules)
    if len(valid) < needed:
        yield Objection("CB-OR-038", "not enough signatures under the present content", str(len(valid)), str(needed))
    if not ask.logged:
        yield Objection("CB-OR-039", "the log holds no receipt of the approval")


def was_signed(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Somebody signed it here: orders brought from elsewhere without a signature cannot be extended."""
    assert order is not None
    if not any(a.digest == order.digest for a in order.approvals):
        yield Objection("CB-OR-038", "it carries no signature under its present content; it can only be released")


def not_renewed(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The same person cannot take an emergency measure against the same object again."""
    if ask.actor.name in ask.emergency_by:
        yield Objection("CB-OR-043", "you have already taken an emergency measure here; a second person must act",
                        ask.actor.name)  # fmt: skip


def known_answer(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The answer is full, partial or rejected, from a partner that was sent the order."""
    assert order is not None
    if ask.data.get("outcome") not in ANSWERS:
        yield Objection("CB-OR-049", "no such answer", str(ask.data.get("outcome")), ", ".join(ANSWERS))
    if ask.data.get("target") not in order.sent_to:
        yield Objection("CB-OR-050", "this partner was never sent the order", str(ask.data.get("target")))


def all_corrected(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Every partner that ever received it has acknowledged the correction."""
    assert order is not None
    waiting = sorted(set(order.sent_to) - set(ask.data.get("acknowledged", ())))
    if waiting:
        yield Objection("CB-OR-051", "a partner has not acknowledged the correction", ", ".join(waiting))
