"""For the person affected: status by receipt code, appeal, without an account and without JavaScript."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from chainbreak.app.limit_codes import check_code_limit, note_wrong_code
from chainbreak.app.open_appeal import LONGEST_STATEMENT, open_appeal
from chainbreak.app.record_read import record_read
from chainbreak.app.show_status import show_status
from chainbreak.base.clock import parse_moment
from chainbreak.base.errors import ChainbreakError, UsageError
from chainbreak.base.wording import codes
from chainbreak.console.pages.orders import HUE
from chainbreak.console.session import Open, Visit
from chainbreak.console.view import render
from chainbreak.records.actor import SERVICE

router = APIRouter()
Code = Annotated[str, Form(max_length=40)]


@router.get("/status")
def ask(visit: Open) -> Response:
    """Where to type the code."""
    return render(visit, "status_ask.html", refused="", code="")


@router.post("/status")
def look_up(visit: Open, request: Request, code: Code) -> Response:
    """To the page of the code, or say that there is none. The code travels in the body, not in the address."""
    return _show(visit, request, code)


@router.get("/status/{code}")
def follow(visit: Open, request: Request, code: str) -> Response:
    """The page of a code, as the square on the notice leads to it."""
    return _show(visit, request, code)


@router.post("/status/{code}/appeal")
def appeal(
    visit: Open, request: Request, code: str, statement: Annotated[str, Form(max_length=LONGEST_STATEMENT)]
) -> Response:
    """Open an appeal with the code."""
    check_code_limit(visit.office, _origin(request))
    try:
        open_appeal(visit.office, SERVICE, statement, code=code, channel="code")
    except UsageError:
        note_wrong_code(visit.office, _origin(request))
        raise
    return RedirectResponse(f"/status/{quote(code)}?lang={visit.lang}", 303)


def _show(visit: Visit, request: Request, code: str) -> Response:
    try:
        check_code_limit(visit.office, _origin(request))
        found = show_status(visit.office, code)
    except ChainbreakError as e:
        if isinstance(e, UsageError):
            note_wrong_code(visit.office, _origin(request))
        refused = codes()[e.code]["remedy"][visit.lang]
        status = 404 if isinstance(e, UsageError) else 429
        return render(visit, "status_ask.html", status=status, refused=refused, code=code)
    record_read(visit.office, SERVICE, "status.read", f"order:{found['order_id']}")
    history = [step | {"at_us": parse_moment(step["at"], "UTC")} for step in found["history"]]
    return render(
        visit, "status.html", found=found, code=code, hue=HUE.get(found["standing"], "lapsed"), history=history,
        starts=parse_moment(found["starts_at"], "UTC"), ends=parse_moment(found["ends_at"], "UTC"),
        may_appeal=found["standing"] not in ("annulled", "corrected", "withdrawn", "draft", "submitted"),
    )  # fmt: skip


def _origin(request: Request) -> str:
    return request.client.host if request.client else "unknown"
