"""Guards of what an order says: its kind, its fields, its ladder, what it must not touch."""

from __future__ import annotations

from collections.abc import Iterator

from chainbreak.act.objection import Objection
from chainbreak.act.orders import ranges
from chainbreak.act.orders.guards.ask import Ask, meant, object_kind
from chainbreak.act.orders.model import CONTENT_FIELDS, Order
from chainbreak.act.orders.ranges import open_digits
from chainbreak.act.orders.rules import Rules
from chainbreak.base.clock import US_PER_HOUR

WARNING_PAGE = "warning_page"
# What may be empty: money for kinds without money, the exception when nothing is excluded, the reason of the mildest
# rung. Each has a guard of its own that says when it may not.
_CONDITIONAL = frozenset({"amount_fen", "traced_fen", "exception", "ladder_reason"})
_NOTICE_PARTS = ("zh", "en", "channel")
_REMEDY_PARTS = ("channel", "materials", "deadline_days", "receipt_code")
_SCOPE_PARTS = ("object", "functions", "direction")


def fits_its_kind(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The kind exists, the rung is on its ladder, the object is of a kind it may touch, the times make sense."""
    content = meant(order, ask)
    rule = rules.kinds.get(content.kind)
    if rule is None:
        yield Objection("CB-OR-010", "no such kind of order", content.kind, ", ".join(rules.kinds))
        return
    if content.rung not in rule.ladder:
        yield Objection("CB-OR-011", "not a step of this kind's ladder", content.rung, ", ".join(rule.ladder))
    if content.rung == WARNING_PAGE and not rules.delivery.landing:
        yield Objection("CB-OR-016", "this centre has no warning page; the name would simply not exist",
                        allowed="delivery.landing in orders.yaml, or a further rung with its reason")  # fmt: skip
    if object_kind(content.object) not in rule.objects:
        yield Objection("CB-OR-012", "this kind of order does not touch such an object",
                        object_kind(content.object), ", ".join(rule.objects))  # fmt: skip
    if open_digits(content) and not (content.kind == ranges.KIND and 1 <= open_digits(content) <= ranges.MOST_OPEN):
        yield Objection("CB-OR-017", "not a range of numbers", f"{content.kind} {open_digits(content)} open digits",
                        f"{ranges.KIND}, 1 to {ranges.MOST_OPEN}")  # fmt: skip
    if content.scope.get("object") != content.object:
        yield Objection("CB-OR-013", "the scope names another object than the order")
    if not content.starts_at_us < content.expires_at_us <= content.starts_at_us + rule.most_us:
        hours = (content.expires_at_us - content.starts_at_us) / US_PER_HOUR
        yield Objection("CB-OR-014", "the end is not after the start, or beyond the longest term of this kind",
                        f"{hours:.1f} h", f"0..{rule.most_h} h")  # fmt: skip


def keeps_object(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An edit corrects an order; another object or kind, or another receipt code, is another order."""
    if order and ask.content and (ask.content.kind, ask.content.object) != (order.content.kind, order.content.object):
        yield Objection("CB-OR-015", "an edit may not change the kind or the object: draft another order")
    if order and ask.content and ask.content.remedy.get("receipt_code") != order.content.remedy.get("receipt_code"):
        yield Objection("CB-OR-015", "an edit may not change the receipt code")


def complete(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """No mandatory field is empty (orders, section 2)."""
    content = meant(order, ask)
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
    """A rung above the lowest says why a milder step is not enough; so does a whole domain or a range of numbers."""
    content = meant(order, ask)
    lowest = rules.kind(content.kind).ladder[0]
    whole = bool(content.scope.get("registrable")) or open_digits(content) > 0
    if (content.rung != lowest or whole) and not content.ladder_reason.strip():
        yield Objection("CB-OR-023", "say why a milder step is not enough", content.rung, lowest)


def no_exclusion(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The object meets no exclusion, or each it meets is set aside by name with a reason (and two signatures)."""
    exception = meant(order, ask).exception
    named = set(exception.get("entries", ())) if str(exception.get("reason", "")).strip() else set()
    for hit in ask.hits:
        if hit not in named:
            why = ask.reasons.get(hit)
            yield Objection("CB-OR-026", "the object is on an exclusion list", f"{hit} ({why})" if why else hit)


def still_supported(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """Something it rests on has not been refuted by an appeal."""
    supports = meant(order, ask).supports()
    if supports and supports <= ask.refuted:
        yield Objection("CB-OR-027", "everything it rests on was refuted on appeal", ", ".join(sorted(supports)))
