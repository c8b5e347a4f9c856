"""Guards of time: ends, emergencies, extensions, and the clock itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chainbreak.act.objection import Objection
from chainbreak.act.orders.force import ends_at_us, in_force, standing
from chainbreak.act.orders.guards.ask import Ask, meant
from chainbreak.act.orders.model import CONTENT_FIELDS, Content, Order, State
from chainbreak.act.orders.rules import KindRule, Rules
from chainbreak.base.clock import US_PER_MIN, US_PER_S

MOST_BEHIND_US = US_PER_MIN
"""Machines that share a desk differ by less; a clock that was set back differs by more. Our choice."""


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


def clock_runs_true(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """The clock is not behind the log: while it is, time stands still here, and what is issued would end too late."""
    if ask.behind_us > MOST_BEHIND_US:
        yield Objection("CB-OR-052", "the clock is behind the log; nothing can be issued or extended until it is right",
                        f"{ask.behind_us // US_PER_S} s", f"{MOST_BEHIND_US // US_PER_S} s")  # fmt: skip


def mild_and_short(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An emergency measure is an amount-only hold or a restriction of outgoing calls, from now on."""
    content = meant(order, ask)
    allowed = rules.kind(content.kind).emergency
    if content.rung not in allowed:
        yield Objection("CB-OR-040", "not a measure one officer may take alone", f"{content.kind} {content.rung}",
                        ", ".join(f"{k} {r}" for k, rule in rules.kinds.items() for r in rule.emergency))  # fmt: skip
    if content.exception:
        yield Objection("CB-OR-053", "an exclusion is set aside by two people, never by one in an emergency")
    if content.starts_at_us != ask.at_us:
        yield Objection("CB-OR-041", "an emergency measure begins now")
    if ask.data.get("until_us", 0) > ask.at_us + rules.clocks.emergency_us or ask.data.get("until_us", 0) <= ask.at_us:
        yield Objection("CB-OR-042", "an emergency measure ends within its time",
                        allowed=f"{rules.clocks.emergency_min} min")  # fmt: skip


def longer_with_fresh_evidence(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """An extension changes the end (and adds evidence dated after the last signature), within the kind's limits.

    It is asked again when the extension is signed: an appeal may have refuted the new evidence since.
    """
    assert order is not None
    wish, rule = meant(order, ask), rules.kind(order.content.kind)
    yield from _only_longer(order, wish)
    known = {item.get("digest") for item in order.content.evidence}
    new = [item for item in wish.evidence if item.get("digest") not in known and item.get("ref") not in ask.refuted]
    if not any(_dated_us(item) > order.last_approved_us for item in new):
        yield Objection("CB-OR-044", "an extension needs evidence dated after the last approval")
    if order.extensions >= rule.extensions:
        yield Objection("CB-OR-046", "no further extension", str(order.extensions), str(rule.extensions))
    yield from _within_most(order, wish, rule)


def _dated_us(item: Mapping[str, Any]) -> int:
    # Old records judged again, or as of a later day, are found late and are not fresh.
    found = int(item.get("found_at_us") or 0)
    return min(found, int(item.get("newest_record_us", found)))


def none_waiting(order: Order | None, ask: Ask, rules: Rules) -> Iterator[Objection]:
    """One extension at a time."""
    assert order is not None
    if order.extension is not None:
        yield Objection("CB-OR-045", "an extension is already waiting for a signature")


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
