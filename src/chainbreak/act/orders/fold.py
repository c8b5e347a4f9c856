"""What a move changes: the order before and the event give the order after. Every state is rebuilt from the events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from chainbreak.act.orders.model import Approval, Content, Event, Extension, Order, State


def fold(order: Order | None, event: Event) -> Order:
    """The order after `event`; `order` None for the event that begins it."""
    changed = _BEGIN[event.move](event) if order is None else _CHANGE[event.move](order, event)
    return replace(changed, events=event.seq + 1)


def replay(events: Iterable[Event]) -> Order | None:
    """The order that `events`, in sequence, lead to; None when there are none."""
    order: Order | None = None
    for event in events:
        order = fold(order, event)
    return order


def _begin(event: Event, state: State, until_us: int | None) -> Order:
    content = Content.from_dict(event.data["content"])
    submitted_by = event.actor if state is State.EMERGENCY else ""
    return Order(
        event.order_id, state, 1, content, event.actor, event.actor, (event.actor,),
        submitted_by=submitted_by, emergency_until_us=until_us,
    )  # fmt: skip


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _edit(order: Order, event: Event) -> Order:
    editors = _with(order.editors, event.actor)
    return replace(
        order, state=State.DRAFT, revision=order.revision + 1, content=Content.from_dict(event.data["content"]),
        last_editor=event.actor, editors=editors, approvals=(), submitted_by="",
    )  # fmt: skip


def _submit(order: Order, event: Event) -> Order:
    # Among the editors too: who has once handed it in does not sign it after somebody else did so again.
    editors = _with(order.editors, event.actor)
    return replace(order, state=State.SUBMITTED, submitted_by=event.actor, editors=editors)


def _sign(order: Order, event: Event) -> Order:
    order = _signed_by(order, event)
    signed = (*order.approvals, _approval(event))
    if not event.data["enough"]:
        return replace(order, approvals=signed)
    after = replace(order, state=State.APPROVED, approvals=signed, last_approved_us=event.at_us)
    if order.state is State.EMERGENCY:
        # Confirmed: partners must learn the later end, so this is a new revision.
        return replace(after, emergency_until_us=None, revision=order.revision + 1)
    return after


def _approval(event: Event) -> Approval:
    return Approval(event.actor, event.data["digest"], event.at_us)


def _signed_by(order: Order, event: Event) -> Order:
    return replace(order, signed_by=_with(order.signed_by, event.actor))


def _send(order: Order, event: Event) -> Order:
    targets = tuple(sorted({*order.sent_to, *event.data["targets"]}))
    state = order.state if order.state is State.EMERGENCY else State.SENT
    # What partners said about an earlier version is void; what the first of them say about this one counts.
    answers = {} if order.state is State.APPROVED else order.answers
    return replace(order, state=state, sent_to=targets, answers=answers)


def _answer(order: Order, event: Event) -> Order:
    answers = {**order.answers, event.data["target"]: event.data["outcome"]}
    all_in = set(order.content.partners) <= set(answers)
    state = State.ACKNOWLEDGED if order.state is State.SENT and all_in else order.state
    return replace(order, answers=answers, state=state)


def _wish(order: Order, event: Event) -> Order:
    return replace(order, extension=Extension(Content.from_dict(event.data["content"]), event.actor, event.at_us))


def _sign_wish(order: Order, event: Event) -> Order:
    wish = order.extension
    assert wish is not None
    order = _signed_by(order, event)
    signed = (*wish.approvals, _approval(event))
    if not event.data["enough"]:
        return replace(order, extension=replace(wish, approvals=signed))
    return replace(
        order, content=wish.content, editors=_with(order.editors, wish.asked_by), approvals=signed, extension=None,
        last_approved_us=event.at_us, extensions=order.extensions + 1, revision=order.revision + 1,
        state=State.APPROVED,
    )  # fmt: skip


def _end(state: State) -> Callable[[Order, Event], Order]:
    def end(order: Order, event: Event) -> Order:
        return replace(
            order, state=state, revision=order.revision + 1, ended_at_us=event.at_us, extension=None,
            end_reason=str(event.data.get("reason", "")),
        )  # fmt: skip

    return end


def _silence(order: Order, event: Event) -> Order:
    return replace(order, silence_ends_us=event.data["silence_ends_us"])


_BEGIN: dict[str, Callable[[Event], Order]] = {
    "draft": lambda e: _begin(e, State.DRAFT, None),
    "emergency": lambda e: _begin(e, State.EMERGENCY, e.data["until_us"]),
}
_CHANGE: dict[str, Callable[[Order, Event], Order]] = {
    "edit": _edit,
    "submit": _submit,
    "withdraw": _end(State.WITHDRAWN),
    "return": lambda o, _: replace(o, state=State.DRAFT, approvals=(), submitted_by=""),
    "approve": _sign,
    "confirm": _sign,
    "send": _send,
    "send_emergency": _send,
    "answer": _answer,
    "extend": _wish,
    "approve_extension": _sign_wish,
    "return_extension": lambda o, _: replace(o, extension=None),
    "release": _end(State.RELEASED),
    "fall": _end(State.RELEASED),
    "expire": _end(State.EXPIRED),
    "lapse": _end(State.LAPSED),
    "appeal": _silence,
    "refuse_appeal": _silence,
    "annul": _end(State.ANNULLED),
    "correct": lambda o, _: replace(o, state=State.CORRECTED),
}


def event_from(body: dict[str, Any]) -> Event:
    """The inverse of `Event.as_dict`."""
    return Event(**body)
