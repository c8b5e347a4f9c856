"""Who is behind a page request, in which language, and whether a write comes from our own page."""

from __future__ import annotations

import hmac
import re
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from chainbreak.app.bootstrap import Office
from chainbreak.app.one_write import one_write
from chainbreak.app.read_session import read_session
from chainbreak.base.errors import RefusedError
from chainbreak.base.wording import LANGS, Lang
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk.people import Session

COOKIE = "chainbreak_session"
LANG_COOKIE = "chainbreak_lang"
# The name that our own forms give a wish (`hidden` in view.py).
_KEY = re.compile(r"[0-9a-f]{32}")


class SignInNeeded(Exception):
    """A page that needs a person was asked without one; answered by the sign-in page, which leads back."""

    def __init__(self, back: str) -> None:
        self.back = back
        super().__init__(back)


class Visit:
    """One request to a page: the centre, the language, and the session when there is one."""

    def __init__(self, request: Request, session: Session | None) -> None:
        self.request, self.session = request, session
        self.office: Office = request.app.state.office
        self.asked_lang = request.query_params.get("lang")
        person = session.person if session else None
        wishes = (self.asked_lang, request.cookies.get(LANG_COOKIE), person.language if person else None)
        self.lang: Lang = next((lang for wish in wishes for lang in LANGS if lang == wish), self.centre_lang)

    @property
    def centre_lang(self) -> Lang:
        """The centre's first language."""
        return self.office.centre.settings.language

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def actor(self) -> Actor:
        """Who acts.

        Raises:
            SignInNeeded: nobody is signed in.
        """
        if self.session is None:
            url = self.request.url
            raise SignInNeeded(url.path + (f"?{url.query}" if url.query else ""))
        return self.session.person.actor("console")

    def with_lang(self, lang: str) -> str:
        """The query of this address with another language."""
        return urlencode({**self.request.query_params, "lang": lang})

    def need(self, *roles: Role) -> None:
        """Let only holders of one of `roles` go on.

        Raises:
            RefusedError: the actor holds none of them (CB-UI-003); the page names them.
        """
        if not self.actor.has(*roles):
            raise RefusedError("CB-UI-003", "not within your rights", allowed=" ".join(roles))


async def open_visit(request: Request) -> Visit:
    """The visit of a page that anybody may see."""
    secret = request.cookies.get(COOKIE)
    session = await run_in_threadpool(read_session, request.app.state.office, secret) if secret else None
    visit = Visit(request, session)
    request.state.visit = visit
    if request.method not in ("GET", "HEAD"):
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise RefusedError("CB-UI-002", "sent from another site, nothing was changed")  # also without a session
        if session is not None:
            await _check_origin(request, session)
        key = await _field(request, "key")
        if _KEY.fullmatch(key):
            visit.office = one_write(visit.office, session.person.name if session else "", key)
    return visit


async def signed_visit(visit: Annotated[Visit, Depends(open_visit)]) -> Visit:
    """The visit of a page for people who work here."""
    _ = visit.actor
    return visit


async def _check_origin(request: Request, session: Session) -> None:
    given = request.headers.get("x-csrf-token")
    if given is None:
        given = await _field(request, "csrf")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise RefusedError("CB-UI-002", "the page was too old, nothing was changed", next_step="reload and try again")


async def _field(request: Request, name: str) -> str:
    value = (await request.form()).get(name)
    return value if isinstance(value, str) else ""


def sign_in_address(back: str) -> str:
    """Where to sign in and be led back to `back`."""
    return f"/sign-in?back={quote(back)}"


Open = Annotated[Visit, Depends(open_visit)]
Signed = Annotated[Visit, Depends(signed_visit)]
