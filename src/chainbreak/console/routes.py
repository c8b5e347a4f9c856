"""The console's routes on an application: pages, static files, and how a failed page request is answered."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from chainbreak.base.failure import Failure
from chainbreak.base.wording import codes
from chainbreak.console.pages import (
    announcement,
    appeals,
    card,
    case_new,
    cases,
    devices,
    errors,
    findings,
    golden_hour,
    hotline,
    ingest,
    landing,
    lead_moves,
    leads,
    log,
    money,
    money_moves,
    notice,
    order_moves,
    orders,
    outbox,
    partners,
    return_moves,
    returns,
    series,
    series_moves,
    sign_in,
    status,
    texts,
    tiers,
    today,
    users,
    visits,
    warning_measures,
    warning_report,
    warnings,
)
from chainbreak.console.session import SignInNeeded, Visit, sign_in_address
from chainbreak.console.view import STATIC, render

# Order matters where one address could be another's parameter: /orders/new before /orders/{order_id}, and /money/clock
# before /money/{run_id}, /warnings/tiers and its like before /warnings/{warning_id}.
PAGES = (
    today,
    series,
    series_moves,
    findings,
    hotline,
    devices,
    case_new,
    cases,
    leads,
    lead_moves,
    golden_hour,
    money_moves,
    money,
    order_moves,
    orders,
    notice,
    appeals,
    returns,
    return_moves,
    announcement,
    outbox,
    partners,
    tiers,
    warning_measures,
    warning_report,
    warnings,
    texts,
    log,
    ingest,
    users,
    visits,
    sign_in,
    status,
    card,
    landing,
    errors,
)


class LastingFiles(StaticFiles):
    """Static files; an address that carries a digest never changes its contents, so it may be kept for ever."""

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        """One file with its cache rule."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        lasting = b"v=" in scope["query_string"]
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return response


def mount(app: FastAPI) -> None:
    """Add pages and static files to `app`."""
    for page in PAGES:
        app.include_router(page.router, include_in_schema=False)
    app.mount("/static", LastingFiles(directory=STATIC), name="static")
    app.add_exception_handler(SignInNeeded, _to_sign_in)


def answer_failure(request: Request, failure: Failure) -> Response:
    """A refused or failed page request: a page, or one line in the corner when htmx asked for a part."""
    visit: Visit = getattr(request.state, "visit", None) or Visit(request, None)
    words = codes().get(failure.error["code"])
    values = {
        "failure": failure, "request_id": request.state.request_id,
        "title": words["title"][visit.lang] if words else failure.error["message"],
        "remedy": words["remedy"][visit.lang] if words else failure.error["hint"],
    }  # fmt: skip
    response = render(visit, "_refused.html" if visit.is_fragment else "failure.html", status=failure.status, **values)
    if visit.is_fragment:
        response.headers.update({"HX-Retarget": "#notice", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"})
    response.headers.update(failure.headers)
    return response


def _to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded), "registered for this class only"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": sign_in_address("/")})
    return RedirectResponse(sign_in_address(error.back if request.method == "GET" else "/"), 303)
