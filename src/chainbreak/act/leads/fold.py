"""What a move changes: the lead before and the event give the lead after. Every state is rebuilt from the events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from chainbreak.act.leads.model import Content, Event, Lead, State

UNDO = "undo"


def replay(events: Iterable[Event]) -> Lead | None:
    """The lead that `events`, in sequence, lead to, without those that were undone; None when there are none."""
    every = list(events)
    lead: Lead | None = None
    for event in standing(every):
        lead = fold(lead, event)
    return replace(lead, events=len(every)) if lead else None


def standing(events: Sequence[Event]) -> list[Event]:
    """Events that were neither undone nor undo another."""
    undone = {int(e.data["undoes"]) for e in events if e.move == UNDO}
    return [e for e in events if e.move != UNDO and e.seq not in undone]


def fold(lead: Lead | None, event: Event) -> Lead:
    """The lead after `event`, which is no undoing; `lead` None for the draft that begins it."""
    if lead is None:
        content = Content.from_dict(event.data["content"])
        return Lead(event.lead_id, State.DRAFT, content, (event.actor,), event.at_us, events=event.seq + 1)
    return replace(_CHANGE[event.move](lead, event), events=event.seq + 1)


def _revise(lead: Lead, event: Event) -> Lead:
    # Whatever was signed or asked before was about another text: it starts again at the review.
    editors = lead.editors if event.actor in lead.editors else (*lead.editors, event.actor)
    content = Content.from_dict(event.data["content"])
    return Lead(
        lead.lead_id, State.DRAFT, content, editors, lead.drafted_at_us,
        first_dispatched_at_us=lead.first_dispatched_at_us, returns=lead.returns,
    )  # fmt: skip


def _review(lead: Lead, event: Event) -> Lead:
    return replace(lead, state=State.REVIEWED, reviewed_by=event.actor, sent_back="")


def _send_back(lead: Lead, event: Event) -> Lead:
    return replace(lead, state=State.DRAFT, reviewed_by="", sent_back=str(event.data["reason"]))


def _dispatch(lead: Lead, event: Event) -> Lead:
    return replace(
        lead, state=State.DISPATCHED, unit=str(event.data["unit"]), deadline_us=int(event.data["deadline_us"]),
        dispatched_by=event.actor, dispatched_at_us=event.at_us,
        first_dispatched_at_us=lead.first_dispatched_at_us or event.at_us,
    )  # fmt: skip


def _receive(lead: Lead, event: Event) -> Lead:
    if lead.received_at_us is not None:
        return lead
    return replace(lead, received_by=event.actor, received_at_us=event.at_us, receipt=lead.digest)


def _accept(lead: Lead, event: Event) -> Lead:
    return replace(_receive(lead, event), state=State.ACCEPTED, accepted_by=event.actor)


def _return(lead: Lead, event: Event) -> Lead:
    return replace(_receive(lead, event), state=State.RETURNED, returns=(*lead.returns, str(event.data["code"])))


def _work(lead: Lead, event: Event) -> Lead:
    return replace(lead, state=State.WORKED, notes=lead.notes + 1)


def _close(lead: Lead, event: Event) -> Lead:
    return replace(
        lead, state=State.CLOSED, outcome=str(event.data["outcome"]), outcome_note=str(event.data.get("reason", "")),
        ended_at_us=event.at_us, snoozed_until_us=None, snooze_reason="",
    )  # fmt: skip


def _end(state: State) -> Callable[[Lead, Event], Lead]:
    def end(lead: Lead, event: Event) -> Lead:
        return replace(lead, state=state, ended_at_us=event.at_us, snoozed_until_us=None, snooze_reason="")

    return end


def _snooze(lead: Lead, event: Event) -> Lead:
    return replace(lead, snoozed_until_us=int(event.data["until_us"]), snooze_reason=str(event.data["reason"]))


def _wake(lead: Lead, event: Event) -> Lead:
    return replace(lead, snoozed_until_us=None, snooze_reason="")


_CHANGE: dict[str, Callable[[Lead, Event], Lead]] = {
    "revise": _revise, "review": _review, "send_back": _send_back, "dispatch": _dispatch, "receive": _receive,
    "accept": _accept, "return": _return, "work": _work, "close": _close, "withdraw": _end(State.WITHDRAWN),
    "recall": _end(State.WITHDRAWN), "lapse": _end(State.LAPSED), "snooze": _snooze, "wake": _wake,
}  # fmt: skip
