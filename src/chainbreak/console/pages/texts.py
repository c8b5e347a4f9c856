"""Texts to people: what became of each, and those of which nobody knows, which a person follows up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chainbreak.app.list_texts import MAY_SEE, MOST_COUNTED, PURPOSES, STATES, count_texts, list_texts
from chainbreak.app.record_read import record_read
from chainbreak.console.session import Signed
from chainbreak.console.view import render

router = APIRouter()
PAGE = 100
HUES = {
    "queued": "medium", "submitting": "medium", "submitted": "medium", "delivered": "done", "failed": "urgent",
    "expired": "high", "unknown": "high", "cancelled": "lapsed",
}  # fmt: skip


@router.get("/texts")
def page(
    visit: Signed, state: Annotated[str, Query(pattern=f"^(?:{'|'.join(STATES)})?$")] = "",
    purpose: Annotated[str, Query(pattern=f"^(?:{'|'.join(PURPOSES)})?$")] = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> Response:  # fmt: skip
    """Texts, those due last first."""
    visit.need(*MAY_SEE)
    rows = list_texts(visit.office, state=state, purpose=purpose, after=after, limit=PAGE + 1)
    record_read(visit.office, visit.actor, "text.list", "text:*", often=True)
    return render(
        visit, "texts.html", here="warnings", rows=rows[:PAGE], counts=count_texts(visit.office), most=MOST_COUNTED,
        state_=state, purpose=purpose, purposes=PURPOSES, hues=HUES, is_first=not after,
        next_after=rows[PAGE - 1]["text_id"] if len(rows) > PAGE else "",
    )  # fmt: skip
