"""A page for each error code: what it means and what to do, in both languages, without signing in."""

from __future__ import annotations

from fastapi import APIRouter, Response

from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.base.wording import codes
from chainbreak.console.session import Open
from chainbreak.console.view import render

router = APIRouter()


@router.get("/errors/{code}")
def explain(visit: Open, code: str) -> Response:
    """The page of one code."""
    words = codes().get(code)
    if words is None:
        raise UsageError("CB-UI-004", "no such code", given=code[:40], allowed=did_you_mean(code[:40], codes()))
    title, remedy = words["title"][visit.lang], words["remedy"][visit.lang]
    return render(visit, "code.html", code=code, title=title, remedy=remedy)
