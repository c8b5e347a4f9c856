"""Warnings as read over the API: the board, the list, one as a story, what is held back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from chainbreak.api.access import Caller
from chainbreak.api.shape import safe
from chainbreak.app.list_suppressed import VIEWS, list_suppressed
from chainbreak.app.list_warnings import LARGEST_PAGE, STATES, list_warnings
from chainbreak.app.record_read import record_read
from chainbreak.app.show_warning import show_warning
from chainbreak.app.warning_board import warning_board

router = APIRouter(prefix="/warnings", tags=["warnings"])
Word = Annotated[str, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


@router.get("")
def many(
    call: Caller, tier: Word = "", state: Annotated[str, Query(pattern=f"^(?:{'|'.join(STATES)})$")] = STATES[0],
    district: Word = "", kind: Word = "", campaign: Word = "", limit: Limit = 50, next: Word = "",
) -> dict[str, Any]:  # fmt: skip
    """Open ones in the order of calls, others the latest first. `next` null: that was all; a page may be short, even
    empty, and yet have a next one.
    """
    found = list_warnings(call.office, call.actor, tier=tier, state=state, district=district, kind=kind,
                          campaign=campaign, after=next, limit=limit)  # fmt: skip
    record_read(call.office, call.actor, "warning.list", "warning:*", often=True)
    return _page(found)


@router.get("/board")
def board(call: Caller) -> dict[str, Any]:
    """Per tier who waits and who will be late; capacity, draws, messages, visits, surges. Counts stop at `most`."""
    found = warning_board(call.office, call.actor)
    record_read(call.office, call.actor, "warning.list", "warning:*", often=True)
    return {"ok": True, "item": safe(found)}


@router.get("/suppressed")
def suppressed(
    call: Caller, view: Annotated[str, Query(pattern=f"^(?:{'|'.join(VIEWS)})$")] = VIEWS[0], limit: Limit = 100,
    next: Word = "",
) -> dict[str, Any]:  # fmt: skip
    """Everything held back, with its reason and time."""
    found = list_suppressed(call.office, call.actor, view=view, after=next, limit=limit)
    record_read(call.office, call.actor, "warning.suppressed", "warning:*", often=True)
    return _page(found)


@router.get("/{warning_id}")
def one(call: Caller, warning_id: str) -> dict[str, Any]:
    """One warning as a story. Looking is noted in the log."""
    found = show_warning(call.office, call.actor, warning_id)
    record_read(call.office, call.actor, "warning.read", f"warning:{warning_id}")
    return {"ok": True, "item": safe(found)}


def _page(found: dict[str, Any]) -> dict[str, Any]:
    return {"ok": True, "items": [safe(row) for row in found["rows"]], "next": found["after"] or None}
