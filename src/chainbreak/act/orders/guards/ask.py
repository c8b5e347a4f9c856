"""What a guard is: a pure function from (order, ask, rules) to objections. No clock, no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chainbreak.act.objection import Objection
from chainbreak.act.orders.model import Content, Order, digest_of
from chainbreak.act.orders.ranges import open_digits
from chainbreak.act.orders.rules import Rules
from chainbreak.records.actor import Actor


@dataclass(frozen=True)
class Ask:
    """Who asks for a move, when, with what, and what the guards must know.

    `data` becomes the event's data when the move is made. `digest`: what the approver saw on the screen.
    `content`: the new content, for a draft, an edit, an extension. `hits`: exclusions the object meets;
    `reasons`: why each of them is listed.
    `held_elsewhere_fen`: held by other standing orders on the same account; `held_for`: claim -> the part of it that is
    for that claim. `stops`: when other orders stopped the account, or still do, from and to. `emergency_by`: who
    already took an unconfirmed emergency measure against this object. `refuted`: supports that were taken away, by an
    appeal or with a claim. `logged`: the log holds the leaf of the last signature. `behind_us`: how far the clock is
    behind `at_us`, which is never before the highest time in the log.
    """

    actor: Actor
    at_us: int
    data: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    content: Content | None = None
    hits: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    held_elsewhere_fen: int = 0
    held_for: Mapping[str, int] = field(default_factory=dict)
    stops: tuple[tuple[int, int], ...] = ()
    emergency_by: frozenset[str] = frozenset()
    refuted: frozenset[str] = frozenset()
    logged: bool = False
    behind_us: int = 0


Guard = Callable[[Order | None, Ask, Rules], Iterator[Objection]]


def meant(order: Order | None, ask: Ask) -> Content:
    """The content a move is about: the new one, else a wished extension's, else the order's own."""
    if ask.content is not None:
        return ask.content
    assert order is not None
    return order.extension.content if order.extension else order.content


def object_kind(written: str) -> str:
    """The kind of an object: of a written token its prefix, `url`, `cell:…`, or `domain` for a bare name.

    >>> object_kind("line:00ff00ff00ff00ff"), object_kind("pay-back.example"), object_kind("https://x.example/a")
    ('line', 'domain', 'url')
    """
    if "://" in written:
        return "url"
    return written.partition(":")[0] if ":" in written else "domain"


def signatures_needed(content: Content, rules: Rules) -> int:
    """How many approvers this content needs; a range of numbers needs what an exception does."""
    wide = bool(content.exception) or open_digits(content) > 0
    return rules.kind(content.kind).signatures(content.rung, content.amount_fen, wide)


def wanted_digest(order: Order) -> str:
    """What the next signature must be under: the wished extension's content if there is one."""
    return digest_of(order.order_id, order.extension.content) if order.extension else order.digest
