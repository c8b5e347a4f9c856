"""The hotline operator's desk: one person at a time, why, proof that it is us, what to say, the outcome by one key."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.warnings.calls import WRAP_UP_S
from chainbreak.act.warnings.model import OUTCOMES
from chainbreak.app.hotline_shift import hotline_shift
from chainbreak.app.mute_warnings import mute_warnings
from chainbreak.app.next_warning import next_warning
from chainbreak.app.open_warning import card_in_hand, keep_warning, open_warning, reveal_recipient
from chainbreak.app.phrase_of_card import renew_phrase
from chainbreak.app.record_outcome import MOST_NOTE, record_outcome
from chainbreak.app.report_texts import loss_in
from chainbreak.app.take_money_sent import take_alert
from chainbreak.app.undo_outcome import undo_outcome
from chainbreak.app.warning_card import warning_card
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render

router = APIRouter()
Line = Annotated[str, Form(max_length=64)]


@router.get("/hotline")
def page(visit: Signed) -> Response:
    """The card that the operator has open, or who waits."""
    return _page(visit, card_in_hand(visit.office, visit.actor))


@router.get("/hotline/waiting")
def waiting(visit: Signed) -> Response:
    """Who waits, for htmx: asked every few seconds while no card is open."""
    return render(visit, "_hotline_idle.html", **_shift(visit))


@router.get("/hotline/{warning_id}/proof")
def proof(visit: Signed, warning_id: str) -> Response:
    """Whether the citizen has checked us, for htmx: asked every two seconds while the phrase serves."""
    return _proof(visit, warning_id)


@router.post("/hotline/next")
def take_next(visit: Signed) -> Response:
    """The next card."""
    return _answer(visit, next_warning(visit.office, visit.actor))


@router.post("/hotline/open")
def open_one(visit: Signed, named: Line) -> Response:
    """A card by its warning's id, or by the case code of somebody who calls the published number."""
    return _answer(visit, open_warning(visit.office, visit.actor, named.strip()))


@router.post("/hotline/undo")
def undo(visit: Signed) -> Response:
    """The newest outcome taken back, its card open again."""
    return _answer(visit, warning_card(visit.office, visit.actor, undo_outcome(visit.office, visit.actor)))


@router.post("/hotline/{warning_id}/outcome")
def outcome(
    visit: Signed, warning_id: str, attempt: Annotated[int, Form(ge=1, le=99)], outcome: Line, stake: Line = "",
    refused: Line = "", note: Annotated[str, Form(max_length=MOST_NOTE)] = "",
) -> Response:  # fmt: skip
    """The outcome by one key; then a moment to wrap up, and the next card."""
    stake_fen = loss_in(visit.office, stake.strip()) if stake.strip() else None
    told = record_outcome(
        visit.office, visit.actor, warning_id, attempt, outcome, stake_fen=stake_fen, refused=bool(refused), note=note
    )
    if not visit.is_fragment:
        return RedirectResponse("/hotline", 303)
    return render(visit, "_hotline_done.html", told=told, wrap_up_s=WRAP_UP_S, **_shift(visit))


@router.post("/hotline/{warning_id}/number")
def number(visit: Signed, warning_id: str) -> Response:
    """The number in clear, to dial; a logged reveal."""
    shown = reveal_recipient(visit.office, visit.actor, warning_id)
    if not visit.is_fragment:
        return _page(visit, warning_card(visit.office, visit.actor, warning_id) | {"number": shown})
    return render(visit, "_hotline_number.html", number=shown)


@router.post("/hotline/{warning_id}/phrase")
def phrase(visit: Signed, warning_id: str) -> Response:
    """A new phrase."""
    renew_phrase(visit.office, visit.actor, warning_id)
    return _proof(visit, warning_id) if visit.is_fragment else RedirectResponse("/hotline", 303)


@router.post("/hotline/{warning_id}/keep")
def keep(visit: Signed, warning_id: str) -> Response:
    """The call goes on: nobody else may take the card."""
    keep_warning(visit.office, visit.actor, warning_id)
    return Response(status_code=204)


@router.post("/hotline/{warning_id}/mute")
def mute(visit: Signed, warning_id: str, days: Annotated[int, Form(ge=0, le=180)] = 30) -> Response:
    """No messages of the lowest tier for this person."""
    until_us = mute_warnings(visit.office, visit.actor, warning_id, days)
    if not visit.is_fragment:
        return RedirectResponse("/hotline", 303)
    return render(visit, "_hotline_muted.html", until_us=until_us)


@router.post("/hotline/{warning_id}/take")
def take(visit: Signed, warning_id: str) -> Response:
    """The fund desk takes an alert over, and goes on to its report."""
    report_id = take_alert(visit.office, visit.actor, warning_id)
    path = f"/cases/{report_id}" if report_id else "/"
    return Response(headers={"HX-Redirect": path}) if visit.is_fragment else RedirectResponse(path, 303)


def _answer(visit: Visit, card: dict[str, Any] | None) -> Response:
    """What a write is answered with: the card, or who waits; alone for htmx."""
    if not visit.is_fragment:
        return _page(visit, card)
    template = "_hotline_card.html" if card else "_hotline_idle.html"
    return render(visit, template, **(_card(card) if card else _shift(visit)))


def _page(visit: Visit, card: dict[str, Any] | None) -> Response:
    return render(visit, "hotline.html", here="hotline", **_card(card), **_shift(visit))


def _card(card: dict[str, Any] | None) -> dict[str, Any]:
    return {"card": card, "outcomes": OUTCOMES, "most_note": MOST_NOTE, "number": (card or {}).get("number")}


def _shift(visit: Visit) -> dict[str, Any]:
    return {"desk": hotline_shift(visit.office, visit.actor)}


def _proof(visit: Visit, warning_id: str) -> Response:
    return render(visit, "_hotline_proof.html", card=warning_card(visit.office, visit.actor, warning_id))
