"""What a move changes: the return before and the event give the return after. All states are rebuilt from events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from chainbreak.act.returns.model import DUE, FAILED, PAID, Division, Event, Lodged, Plan, Return, Share, State


def replay(events: Iterable[Event]) -> Return | None:
    """The return that `events`, in sequence, lead to; None when there are none."""
    found: Return | None = None
    for event in events:
        found = fold(found, event)
    return found


def fold(before: Return | None, event: Event) -> Return:
    """The return after `event`; `before` None for the plan that begins it."""
    if before is None:
        plan, division = Plan.from_dict(event.data["plan"]), Division.from_dict(event.data["division"])
        return Return(event.return_id, State.PLANNED, 1, plan, division, (event.actor,), event.at_us,
                      str(event.data["code"]), events=event.seq + 1)  # fmt: skip
    return replace(_CHANGE[event.move](before, event), events=event.seq + 1)


def _revise(before: Return, event: Event) -> Return:
    # Whatever was signed, published or decided was about other numbers: it starts again at the review.
    editors = before.editors if event.actor in before.editors else (*before.editors, event.actor)
    return _begin_again(before, event, editors)


def _round(before: Return, event: Event) -> Return:
    return replace(_begin_again(before, event, (event.actor,)), round=before.round + 1)


def _begin_again(before: Return, event: Event, editors: tuple[str, ...]) -> Return:
    plan, division = Plan.from_dict(event.data["plan"]), Division.from_dict(event.data["division"])
    kept = _this_round_undecided(before) if event.move == "revise" else before.shares
    return Return(
        before.return_id, State.PLANNED, before.round, plan, division, editors, event.at_us, before.code,
        objections=before.objections, shares=kept,
    )  # fmt: skip


def _this_round_undecided(before: Return) -> tuple[Share, ...]:
    return tuple(share for share in before.shares if share.round != before.round)


def _review(before: Return, event: Event) -> Return:
    return replace(before, state=State.REVIEWED, reviewed_by=event.actor, reviewed_at_us=event.at_us, sent_back="")


def _send_back(before: Return, event: Event) -> Return:
    return replace(before, state=State.PLANNED, reviewed_by="", reviewed_at_us=None,
                   sent_back=str(event.data["reason"]))  # fmt: skip


def _publish(before: Return, event: Event) -> Return:
    return replace(before, state=State.PUBLISHED, published_by=event.actor, published_at_us=event.at_us,
                   notice_until_us=int(event.data["notice_until_us"]))  # fmt: skip


def _object(before: Return, event: Event) -> Return:
    said = event.data
    lodged = Lodged(len(before.objections) + 1, str(said["objector"]), str(said["reason"]), event.actor, event.at_us,
                    str(said.get("claim_id", "")))  # fmt: skip
    return replace(before, objections=(*before.objections, lodged))


def _answer(before: Return, event: Event) -> Return:
    number, outcome = int(event.data["number"]), str(event.data["outcome"])
    objections = tuple(
        replace(one, outcome=outcome, reason=str(event.data["reason"]), decided_by=event.actor,
                decided_at_us=event.at_us) if one.number == number else one
        for one in before.objections
    )  # fmt: skip
    state = State.REOPENED if outcome == "upheld" else before.state
    return replace(before, state=state, objections=objections)


def _decide(before: Return, event: Event) -> Return:
    owed = tuple(Share(before.round, row.claim_id, row.amount_fen) for row in before.division.rows if row.amount_fen)
    return replace(
        before, state=State.DECIDED if owed else State.PAID, decided_by=event.actor, decided_at_us=event.at_us,
        pay_by_us=int(event.data["pay_by_us"]), shares=(*before.shares, *owed),
    )  # fmt: skip


def _pay(before: Return, event: Event) -> Return:
    said = {(int(p["round"]), str(p["claim_id"])): p for p in event.data["payments"]}
    shares = tuple(
        replace(share, outcome=FAILED if p["reason"] else PAID, receipt=str(p["receipt"]), reason=str(p["reason"]),
                at_us=int(p["at_us"])) if (p := said.get((share.round, share.claim_id))) else share
        for share in before.shares
    )  # fmt: skip
    settled = before.is_decided and not any(share.outcome == DUE for share in shares)
    return replace(before, shares=shares, state=State.PAID if settled else before.state)


def _renew(before: Return, event: Event) -> Return:
    # From now on it is frozen by what was stated, whatever becomes of the orders that held it first.
    pot = replace(
        before.plan.pot, basis=str(event.data["basis"]), frozen_until_us=int(event.data["until_us"]), holds=()
    )
    return replace(before, plan=replace(before.plan, pot=pot))


def _withdraw(before: Return, event: Event) -> Return:
    return replace(before, state=State.WITHDRAWN, ended_at_us=event.at_us, end_reason=str(event.data["reason"]),
                   shares=_this_round_undecided(before))  # fmt: skip


_CHANGE: dict[str, Callable[[Return, Event], Return]] = {
    "revise": _revise, "review": _review, "send_back": _send_back, "publish": _publish, "object": _object,
    "answer": _answer, "decide": _decide, "pay": _pay, "round": _round, "renew": _renew, "withdraw": _withdraw,
}  # fmt: skip
