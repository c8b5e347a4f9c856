"""The one shape of errors, of lists and of 64-bit numbers."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from chainbreak.base.failure import Failure

# JavaScript numbers are doubles: beyond this an integer would silently change.
_LARGEST_EXACT = 2**53


class ErrorParts(BaseModel):
    """One error: stable code, what happened, given against allowed, next step, address of its page."""

    code: str
    message: str
    given: str
    allowed: str
    hint: str
    docs: str


class FieldError(BaseModel):
    """What was wrong in one field of the request."""

    field: str
    code: str
    message: str


class Problem(BaseModel):
    """The answer of every request that failed, whatever the route and the reason."""

    ok: bool = False
    error: ErrorParts
    errors: list[FieldError]
    request_id: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 403, 404, 405, 409, 413, 422, 429, 500, 503)
}
"""For the generated description: each route may answer with any of these, always in the one shape."""


def answer_failure(request: Request, failure: Failure) -> JSONResponse:
    """The one shape: `{ok, error, errors, request_id}`."""
    body = {"ok": False, "error": failure.error, "errors": failure.errors, "request_id": request.state.request_id}
    return JSONResponse(body, failure.status, headers=failure.headers)


def safe(value: Any) -> Any:
    """A JSON-ready copy in which integers beyond 2**53 are text.

    >>> safe({"n": 2**60, "few": [1, None]})
    {'n': '1152921504606846976', 'few': [1, None]}
    """
    if isinstance(value, dict):
        return {str(key): safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [safe(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_EXACT:
        return str(value)
    return value


def listing(rows: list[dict[str, Any]], limit: int, key: str) -> dict[str, Any]:
    """A page of a list of which `limit` + 1 rows were asked for; `next` is the marker of the page after, or null.

    >>> listing([{"id": "a"}, {"id": "b"}], 1, "id")
    {'ok': True, 'items': [{'id': 'a'}], 'next': 'a'}
    """
    shown = rows[:limit]
    return {"ok": True, "items": [safe(row) for row in shown], "next": shown[-1][key] if len(rows) > limit else None}
