"""For a rejected caller's operator: the signed card that names this centre and how to appeal (RFC 8688)."""

from __future__ import annotations

from fastapi import APIRouter, Response

from chainbreak.act.delivery.sip.card import CERTIFICATE_TYPE, MEDIA_TYPE
from chainbreak.app.caller_card import caller_card, card_certificate
from chainbreak.console.session import Open

router = APIRouter()


@router.get("/card")
def card(visit: Open) -> Response:
    """The card, signed at this moment as the standard asks."""
    return Response(caller_card(visit.office, str(visit.request.base_url)), media_type=MEDIA_TYPE)


@router.get("/card.crt")
def certificate(visit: Open) -> Response:
    """The certificate that the card's `x5u` names."""
    return Response(card_certificate(visit.office), media_type=CERTIFICATE_TYPE)
