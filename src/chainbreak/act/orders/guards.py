"""What each move needs: pure functions from (order, ask, rules) to objections. No guard, no clock, no database.

An `Ask` carries who asks and every fact that a guard needs from outside, so that a guard can be attacked on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from chainbreak.act.orders.force import ends_at_us, in_force, standing
from chainbreak.act.orders.model import CONTENT_FIELDS, Content, Order, State, digest_of
from chainbreak.act.orders.rules import KindRule, Rules
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.records.actor import Actor, Role


@dataclass(frozen=True)
class Objection:
    """One reason why a move may not be made, with its stable code."""

    code: str
    what: str
    given: str = ""
    allowed: str = ""


@dataclass(frozen=True)
class Ask:
    """Who asks for a move, when, with what, and what the guards must know.

    `data` becomes the event's data when the move is made. `digest`: what the approver saw on the screen.
    `content`: the new content, for a draft, an edit, an extension. `hits`: exclusions the object meets.
    `held_elsewhere_fen`: held by other standing orders on the same traced money. `emergency_by`: who already took an
    unconfirmed emergency measure against this object. `refuted`: supports that an appeal has taken away.
    `logged`: the log holds the leaf of the last signature.
    """

    actor: Actor
    at_us: int
    data: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    content: Content | None = None
    hits: tuple[str, ...] = ()
    held_elsewhere_fen: int = 0
    emergency_by: frozenset[str] = frozenset()
    refuted: frozenset[str] = frozenset()
    logged: bool = False


Guard = Callable[[Order | None, Ask, Rules], Iterator[Objection]]

# What may be empty: money for kinds without money, the exception when nothing is excluded, the reason of the mildest
# rung. Each has a guard of its own that says when it may not.
_CONDITIONAL = frozenset({"amount_fen", "traced_fen", "exception", "ladder_reason"})
_NOTICE_PARTS = ("zh", "en", "channel")
WARNING_PAGE = "warning_page"
_REMEDY_PARTS = ("channel", "materials", "deadline_days", "receipt_code")
_SCOPE_PARTS = ("object", "functions", "direction")


def _content(order: Order | None, ask: Ask) -> Content:
    if ask.content is not None:
        return ask.content
    assert order is not None
    return order.content


def fits_its_kind(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The kind exists, the rung is on its ladder, the object is of a kind it may touch, the times make sense."""
    content = _content(order, ask)
    rule = rules.kinds.get(content.kind)
    if rule is None:
        yield Objection("CB-OR-010", "no such kind of order", content.kind, ", ".join(rules.kinds))
        return
    if content.rung not in rule.ladder:
        yield Objection("CB-OR-011", "not a step of this kind's ladder", content.rung, ", ".join(rule.ladder))
    if content.rung == WARNING_PAGE and not rules.delivery.landing:
        yield Objection("CB-OR-016", "this centre has no warning page; the name would simply not exist")
    if object_kind(content.object) not in rule.objects:
        yield Objection("CB-OR-012", "this kind of order does not touch such an object",
                        object_kind(content.object), ", ".join(rule.objects))  # fmt: skip
    if content.scope.get("object") != content.object:
        yield Objection("CB-OR-013", "the scope names another object than the order")
    if not content.starts_at_us < content.expires_at_us <= content.starts_at_us + rule.most_us:
        hours = (content.expires_at_us - content.starts_at_us) / US_PER_HOUR
        yield Objection("CB-OR-014", "the end is not after the start, or beyond the longest term of this kind",
                        f"{hours:.1f} h", f"0..{rule.most_h} h")  # fmt: skip


def object_kind(written: str) -> str:
    """The kind of an object: of a written token its prefix, `url`, `cell:…`, or `domain` for a bare name.

    >>> object_kind("line:00ff00ff00ff00ff"), object_kind("pay-back.example"), object_kind("https://x.example/a")
    ('line', 'domain', 'url')
    """
    if "://" in written:
        return "url"
    return written.partition(":")[0] if ":" in written else "domain"


def keeps_object(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An edit corrects an order; another object or kind, or another receipt code, is another order."""
    if order and ask.content and (ask.content.kind, ask.content.object) != (order.content.kind, order.content.object):
        yield Objection("CB-OR-015", "an edit may not change the kind or the object: draft another order")
    if order and ask.content and ask.content.remedy.get("receipt_code") != order.content.remedy.get("receipt_code"):
        yield Objection("CB-OR-015", "an edit may not change the receipt code")


def complete(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """No mandatory field is empty (orders, section 2)."""
    content = _content(order, ask)
    body = content.as_dict()
    for name in CONTENT_FIELDS:
        if name not in _CONDITIONAL and not body[name]:
            yield Objection("CB-OR-020", "a mandatory field is empty", name)
    for name, parts in (("scope", _SCOPE_PARTS), ("notice", _NOTICE_PARTS), ("remedy", _REMEDY_PARTS)):
        for part in parts:
            if body[name] and not body[name].get(part):
                yield Objection("CB-OR-020", "a mandatory field is empty", f"{name}.{part}")
    for item in content.evidence:
        if not all(item.get(part) for part in ("ref", "digest", "found_at_us")):
            yield Objection("CB-OR-021", "a piece of evidence has no reference, date or digest", str(item.get("ref")))
    deferral = content.notice.get("deferral")
    if deferral and not (deferral.get("basis") and deferral.get("review_at_us")):
        yield Objection("CB-OR-022", "a deferred notice needs a basis and a review date")


def milder_step_considered(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """A rung above the lowest says why a milder step is not enough; so does a whole registrable domain."""
    content = _content(order, ask)
    lowest = rules.kind(content.kind).ladder[0]
    whole = bool(content.scope.get("registrable"))
    if (content.rung != lowest or whole) and not content.ladder_reason.strip():
        yield Objection("CB-OR-023", "say why a milder step is not enough", content.rung, lowest)


def within_traced(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Money only up to what was traced, together with every other standing hold on the same money."""
    content = _content(order, ask)
    if not rules.kind(content.kind).money:
        if content.amount_fen is not None:
            yield Objection("CB-OR-024", "an order without money carries no amount")
        return
    if content.amount_fen is None or content.amount_fen <= 0:
        yield Objection("CB-OR-020", "a mandatory field is empty", "amount_fen")
    elif content.traced_fen is None:
        yield Objection("CB-OR-025", "no amount was traced to this account; there is nothing to hold")
    elif content.amount_fen + ask.held_elsewhere_fen > content.traced_fen:
        asked = f"{content.amount_fen} fen and {ask.held_elsewhere_fen} fen held by other orders"
        yield Objection("CB-OR-025", "more than was traced", asked, f"{content.traced_fen} fen")


def no_exclusion(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The object meets no exclusion, or each it meets is set aside by name with a reason (and two signatures)."""
    exception = _content(order, ask).exception
    named = set(exception.get("entries", ())) if str(exception.get("reason", "")).strip() else set()
    for hit in ask.hits:
        if hit not in named:
            yield Objection("CB-OR-026", "the object is on an exclusion list", hit)


def still_supported(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Something it rests on has not been refuted by an appeal."""
    supports = _content(order, ask).supports()
    if supports and supports <= ask.refuted:
        yield Objection("CB-OR-027", "everything it rests on was refuted on appeal", ", ".join(sorted(supports)))


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


def wanted_digest(order: Order) -> str:
    """What the next signature must be under: the wished extension's content if there is one."""
    return digest_of(order.order_id, order.extension.content) if order.extension else order.digest


def not_over(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Its end has not passed."""
    assert order is not None
    if ask.at_us >= ends_at_us(order):
        yield Objection("CB-OR-035", "its end has passed")


def never_sent(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """No partner holds it: what partners hold is released, not edited away."""
    assert order is not None
    if order.sent_to:
        yield Objection(
            "CB-OR-007", "partners already hold it: release it, and draft another", ", ".join(order.sent_to)
        )


def has_expired(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Its term is over."""
    assert order is not None
    if standing(order, ask.at_us) != State.EXPIRED:
        yield Objection("CB-OR-036", "its end has not passed yet")


def has_lapsed(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An emergency nobody confirmed, or an appeal nobody answered, has ended it."""
    assert order is not None
    if standing(order, ask.at_us) != State.LAPSED:
        yield Objection("CB-OR-036", "its end has not passed yet")


def still_in_force(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """It is in force now."""
    assert order is not None
    if not in_force(order, ask.at_us):
        yield Objection("CB-OR-037", "only an order in force can be extended")


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


def signatures_needed(content: Content, rules: Rules) -> int:
    """How many approvers this content needs."""
    return rules.kind(content.kind).signatures(content.rung, content.amount_fen, bool(content.exception))


def mild_and_short(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An emergency measure is an amount-only hold or a restriction of outgoing calls, from now on."""
    content = _content(order, ask)
    allowed = rules.kind(content.kind).emergency
    if content.rung not in allowed:
        yield Objection("CB-OR-040", "not a measure one officer may take alone", f"{content.kind} {content.rung}",
                        ", ".join(f"{k} {r}" for k, rule in rules.kinds.items() for r in rule.emergency))  # fmt: skip
    if content.starts_at_us != ask.at_us:
        yield Objection("CB-OR-041", "an emergency measure begins now")
    if ask.data.get("until_us", 0) > ask.at_us + rules.clocks.emergency_us or ask.data.get("until_us", 0) <= ask.at_us:
        yield Objection("CB-OR-042", "an emergency measure ends within its time",
                        allowed=f"{rules.clocks.emergency_min} min")  # fmt: skip


def not_renewed(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The same person cannot take an emergency measure against the same object again."""
    if ask.actor.name in ask.emergency_by:
        yield Objection("CB-OR-043", "you have already taken an emergency measure here; a second person must act",
                        ask.actor.name)  # fmt: skip


def longer_with_fresh_evidence(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An extension changes the end (and adds evidence found after the last signature), within the kind's limits."""
    assert order is not None
    wish, rule = _content(order, ask), rules.kind(order.content.kind)
    yield from _only_longer(order, wish)
    known = {item.get("digest") for item in order.content.evidence}
    new = [item for item in wish.evidence if item.get("digest") not in known]
    if not any(int(item.get("found_at_us") or 0) > order.last_approved_us for item in new):
        yield Objection("CB-OR-044", "an extension needs evidence found after the last approval")
    if order.extension is not None:
        yield Objection("CB-OR-045", "an extension is already waiting for a signature")
    if order.extensions >= rule.extensions:
        yield Objection("CB-OR-046", "no further extension", str(order.extensions), str(rule.extensions))
    yield from _within_most(order, wish, rule)


def _only_longer(order: Order, wish: Content) -> Iterator[Objection]:
    changeable = {"expires_at_us", "evidence", "notice"}
    before, after = order.content.as_dict(), wish.as_dict()
    widened = [name for name in CONTENT_FIELDS if name not in changeable and before[name] != after[name]]
    if widened:
        yield Objection("CB-OR-047", "an extension may not change the order otherwise", ", ".join(widened))
    if wish.expires_at_us <= order.content.expires_at_us:
        yield Objection("CB-OR-014", "the new end is not later than the old one")


def _within_most(order: Order, wish: Content, rule: KindRule) -> Iterator[Objection]:
    if wish.expires_at_us > order.content.starts_at_us + rule.most_us:
        yield Objection("CB-OR-014", "beyond the longest term of this kind", allowed=f"{rule.most_h} h in all")


def reason_given(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """A written reason."""
    if not str(ask.data.get("reason", "")).strip():
        yield Objection("CB-OR-048", "a written reason is needed")


def known_answer(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The answer is full, partial or rejected, from a partner that was sent the order."""
    assert order is not None
    if ask.data.get("outcome") not in ANSWERS:
        yield Objection("CB-OR-049", "no such answer", str(ask.data.get("outcome")), ", ".join(ANSWERS))
    if ask.data.get("target") not in order.sent_to:
        yield Objection("CB-OR-050", "this partner was never sent the order", str(ask.data.get("target")))


ANSWERS = ("full", "partial", "rejected")


def all_corrected(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Every partner that ever received it has acknowledged the correction."""
    assert order is not None
    waiting = sorted(set(order.sent_to) - set(ask.data.get("acknowledged", ())))
    if waiting:
        yield Objection("CB-OR-051", "a partner has not acknowledged the correction", ", ".join(waiting))


DRAFTERS = frozenset({Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.COMMANDER, Role.APPROVER})
