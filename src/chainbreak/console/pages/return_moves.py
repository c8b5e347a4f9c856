"""The buttons of a return: each calls one verb and shows the return as it stands after."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from chainbreak.app.decide_return import decide_return
from chainbreak.app.object_to_return import decide_objection, object_to_return
from chainbreak.app.pay_return import Receipt, pay_return
from chainbreak.app.plan_return import next_round, revise_return
from chainbreak.app.publish_return import publish_return
from chainbreak.app.return_claims import Given, receipts_from, victims_from
from chainbreak.app.review_return import renew_return, review_return, send_back_return, withdraw_return
from chainbreak.base.clock import parse_moment
from chainbreak.base.errors import InputError
from chainbreak.base.units import yuan_to_fen
from chainbreak.console.pages.returns import Line, Long, Stage, Text, answer
from chainbreak.console.session import Signed, Visit

router = APIRouter()
Seen = Annotated[int, Form(ge=1)]
Digest = Annotated[str, Form(max_length=64)]


@router.post("/returns/{return_id}/review")
def review(visit: Signed, return_id: str, seen: Seen, digest: Digest = "", stage: Stage = "all") -> Response:
    """Sign the plan that was shown."""
    review_return(visit.office, visit.actor, return_id, digest, seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/send_back")
def send_back(visit: Signed, return_id: str, seen: Seen, reason: Text = "", stage: Stage = "all") -> Response:
    """Have it planned again."""
    send_back_return(visit.office, visit.actor, return_id, reason, seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/publish")
def publish(visit: Signed, return_id: str, seen: Seen, stage: Stage = "all") -> Response:
    """Begin the notice."""
    publish_return(visit.office, visit.actor, return_id, seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/object")
def object_(
    visit: Signed, return_id: str, seen: Seen, objector: Line = "", reason: Text = "", stage: Stage = "all"
) -> Response:
    """Take an objection."""
    object_to_return(visit.office, visit.actor, return_id, objector, reason, seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/answer")
def answer_objection(
    visit: Signed, return_id: str, seen: Seen, number: Annotated[int, Form(ge=0, le=100_000)], outcome: Line = "",
    reason: Text = "", stage: Stage = "all",
) -> Response:  # fmt: skip
    """Decide an objection."""
    decide_objection(visit.office, visit.actor, return_id, number, outcome, reason, seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/decide")
def decide(visit: Signed, return_id: str, seen: Seen, digest: Digest = "", stage: Stage = "all") -> Response:
    """Decide the return that was shown."""
    decide_return(visit.office, visit.actor, return_id, digest, seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/pay")
def pay(
    visit: Signed, return_id: str, seen: Seen, claim_id: Line = "", receipt: Line = "", reason: Text = "",
    receipts: Long = "", stage: Stage = "all",
) -> Response:  # fmt: skip
    """Enter the bank's receipts: one, or rows of text."""
    said = list(receipts_from(receipts)) if receipts.strip() else []
    if claim_id:
        said.append(Receipt(claim_id, receipt.strip(), reason.strip()))
    pay_return(visit.office, visit.actor, return_id, said, seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/revise")
def revise(
    visit: Signed, return_id: str, seen: Seen, claims: Long = "", frozen: Line = "", basis: Text = "", note: Text = "",
    reason: Text = "", stage: Stage = "all",
) -> Response:  # fmt: skip
    """Plan it again, with late victims or corrected losses."""
    zone = visit.office.centre.settings.zone
    victims = victims_from(claims, zone) if claims.strip() else ()
    given = Given(frozen_fen=_fen(frozen), basis=basis.strip(), victims=victims, note=note.strip())
    revise_return(visit.office, visit.actor, return_id, given, reason, seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/round")
def round_(
    visit: Signed, return_id: str, seen: Seen, claims: Long = "", added: Line = "", stage: Stage = "all"
) -> Response:
    """Begin a round on what is still frozen."""
    zone = visit.office.centre.settings.zone
    given = Given(victims=victims_from(claims, zone) if claims.strip() else ())
    next_round(visit.office, visit.actor, return_id, given, _fen(added) or 0, seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/renew")
def renew(
    visit: Signed, return_id: str, seen: Seen, basis: Text = "", until: Line = "", stage: Stage = "all"
) -> Response:
    """Note that the freeze was renewed."""
    renew_return(visit.office, visit.actor, return_id, basis.strip(), _moment(visit, until), seen=seen)
    return answer(visit, stage, return_id)


@router.post("/returns/{return_id}/withdraw")
def withdraw(visit: Signed, return_id: str, seen: Seen, reason: Text = "", stage: Stage = "all") -> Response:
    """Give the round up."""
    withdraw_return(visit.office, visit.actor, return_id, reason, seen=seen)
    return answer(visit, stage, return_id)


def _fen(text: str) -> int | None:
    try:
        return yuan_to_fen(text) if text.strip() else None
    except ValueError:
        raise InputError("CB-RM-007", "not an amount in yuan", given=text[:64]) from None


def _moment(visit: Visit, text: str) -> int:
    try:
        return parse_moment(text, visit.office.centre.settings.zone) if text.strip() else 0
    except (ValueError, OverflowError):
        raise InputError("CB-RM-007", "not a day", given=text[:64]) from None
