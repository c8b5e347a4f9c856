"""The official app and the short number's gateway ask here for a citizen: is it really the hotline that is calling?"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from chainbreak.api.receipts import answering
from chainbreak.app.verify_phrase import MOST_SAID, Way, verify_phrase

router = APIRouter(prefix="/warnings", tags=["warnings"])


class Question(BaseModel):
    """`line`: the number of who asks, as the gateway knows it, never as the citizen typed it. `said` "": they want to
    see the phrase that the caller must say; else the words that the caller said."""

    line: str = Field(min_length=3, max_length=40)
    said: str = Field("", max_length=MOST_SAID)
    way: Way = "app"


@router.post("/phrase")
def check(request: Request, gateway: Annotated[str, Depends(answering)], body: Question) -> dict[str, Any]:
    """`answer` (shown, confirmed, wrong, none), `phrase` and `text` to show, by language. A phrase serves once."""
    return {"ok": True, "item": verify_phrase(request.app.state.office, gateway, body.line, body.said, body.way)}
