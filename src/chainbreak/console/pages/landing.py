"""For a person whose browser was led here from a barred name: that it is barred, why, and what can be done about it.

Which order it was is not said: the page may be asked for under any name, and an order is its owner's business.
"""

from __future__ import annotations

from fastapi import APIRouter, Response

from chainbreak.base.errors import InputError
from chainbreak.console.session import Open
from chainbreak.console.view import render
from chainbreak.identity.domains import host_form

router = APIRouter()
UNAVAILABLE_FOR_LEGAL_REASONS = 451
"""RFC 7725: programs understand it too, and no search engine keeps the page."""


@router.get("/landing")
def page(visit: Open) -> Response:
    """The page as the console shows it, with the status page beside it."""
    return _show(visit, _public_url(visit) or str(visit.request.base_url).rstrip("/"))


def everywhere(visit: Open) -> Response:
    """The page as it stands alone: without a public address of the centre it leads nowhere but to the hotline."""
    return _show(visit, _public_url(visit))


def _show(visit: Open, centre_url: str) -> Response:
    status = UNAVAILABLE_FOR_LEGAL_REASONS
    response = render(visit, "landing.html", status=status, host=_host(visit), centre_url=centre_url)
    if centre_url:
        response.headers["link"] = f'<{centre_url}>; rel="blocked-by"'
    return response


def _public_url(visit: Open) -> str:
    return visit.office.centre.settings.public_url.rstrip("/")


def _host(visit: Open) -> str:
    # It is shown to a person, so only what is a name is; a number or an invention is left out.
    try:
        return host_form(visit.request.url.hostname or "")
    except InputError:
        return ""
