"""Partners answer here, each with its own token: receipts of holds and releases as JSON, camt.029 as XML."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request

from chainbreak.api.shape import safe
from chainbreak.app.issue_receipt_token import partner_of_token
from chainbreak.app.take_receipt import Form, take_receipt
from chainbreak.base.errors import InputError

router = APIRouter(prefix="/receipts", tags=["receipts"])
FORMS: dict[str, Form] = {"application/json": "json", "application/xml": "xml"}


def answering(request: Request, authorization: Annotated[str, Header(max_length=200)] = "") -> str:
    """The partner behind a request.

    Raises:
        RefusedError: not a partner's token (CB-DL-149).
    """
    scheme, _, token = authorization.partition(" ")
    return partner_of_token(request.app.state.office, token if scheme == "Bearer" else "")


async def body_of(request: Request) -> bytes:
    """The body, which the guard around every request bounds."""
    return await request.body()


@router.post("")
def take(
    request: Request, partner_id: Annotated[str, Depends(answering)], content: Annotated[bytes, Depends(body_of)],
    content_type: Annotated[str, Header(max_length=100)] = "application/json",
) -> dict[str, Any]:  # fmt: skip
    """Settle what the answer says; sent again it is known and changes nothing."""
    form = FORMS.get(content_type.partition(";")[0].strip().lower())
    if form is None:
        raise InputError("CB-DL-144", "not a form in which answers are read", given=content_type[:40],
                         allowed=", ".join(FORMS))  # fmt: skip
    return {"ok": True, "item": safe(take_receipt(request.app.state.office, partner_id, content, form)[0])}
