"""For anybody: the announcement of a return by the code printed on it, masked, without an account or JavaScript."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from chainbreak.app.limit_codes import check_code_limit, note_wrong_code
from chainbreak.app.record_read import record_read
from chainbreak.app.show_announcement import show_announcement
from chainbreak.base.errors import UsageError
from chainbreak.console.pages.returns import HUES, share_of
from chainbreak.console.session import Open
from chainbreak.console.view import render
from chainbreak.records.actor import SERVICE

router = APIRouter()


@router.get("/announcement/{code}")
def follow(visit: Open, request: Request, code: str) -> Response:
    """The page of a code, as the square on the paper leads to it; guessing codes is slowed down."""
    origin = request.client.host if request.client else "unknown"
    check_code_limit(visit.office, origin)
    try:
        found = show_announcement(visit.office, code)
    except UsageError:
        note_wrong_code(visit.office, origin)
        raise
    record_read(visit.office, SERVICE, "return.announcement", f"return:{found['return_id']}")
    return render(visit, "announcement.html", found=found, hues=HUES, share_of=share_of)
