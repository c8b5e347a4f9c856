"""The one web application of a centre: the API's and the console's routes behind the same headers, ids and errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from chainbreak import __version__
from chainbreak.api import routes as api
from chainbreak.app.bootstrap import Office
from chainbreak.base.errors import Bug, ChainbreakError
from chainbreak.base.failure import Failure, failure_of
from chainbreak.base.log import frames_of, get_log
from chainbreak.console import routes as console
from chainbreak.web.guard import Guard
from chainbreak.web.rounds import keep_rounds, sending
from chainbreak.web.senders import warning

log = get_log("web")
_CODE_OF_STATUS = {401: "CB-UI-001", 403: "CB-UI-003", 404: "CB-UI-004", 405: "CB-UI-005", 413: "CB-UI-010"}


def create_app(office: Office, *, background: bool = False) -> Guard:
    """The application of `office`; `background`: with a sender and rounds of its own (see `rounds`), in threads."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if not background:
            yield
            return
        task = asyncio.create_task(keep_rounds(office))
        with sending(office), warning(office):
            yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    app = FastAPI(
        title="chainbreak", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )  # fmt: skip
    app.state.office = office
    api.mount(app)
    console.mount(app)
    for kind in (ChainbreakError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _answer)
    return Guard(app)


def _answer(request: Request, error: Exception) -> Response:
    """Every failure of every route: JSON of one shape under /api and the health routes, a page elsewhere."""
    failure = _failure(error)
    if failure.status >= 500:
        log.error(
            "request_failed", path=request.url.path, request_id=request.state.request_id,
            error=type(error).__name__, where=frames_of(error),
        )  # fmt: skip
    if request.url.path.startswith("/api/") or request.url.path in ("/livez", "/readyz"):
        return api.answer_failure(request, failure)
    return console.answer_failure(request, failure)


def _failure(error: Exception) -> Failure:
    """What any exception means to the one who asked; of an unforeseen one nothing is told but its code."""
    if isinstance(error, HTTPException) and isinstance(error.__cause__, ChainbreakError):
        error = error.__cause__  # the framework wraps whatever is raised while it reads a body
    if isinstance(error, ChainbreakError):
        return failure_of(error)
    if isinstance(error, RequestValidationError):
        wrong = [
            {"field": ".".join(map(str, e["loc"][1:])), "code": e["type"], "message": e["msg"]} for e in error.errors()
        ]
        return Failure(422, Bug("CB-UI-006", "something in the request is not right").as_dict(), wrong)
    if isinstance(error, HTTPException):
        code = _CODE_OF_STATUS.get(error.status_code, "CB-UI-006")
        return Failure(
            error.status_code, Bug(code, str(error.detail).lower()).as_dict(), headers=dict(error.headers or {})
        )
    return Failure(500, Bug("CB-UI-007", "a fault of ours").as_dict())
