"""Who calls: a program's bearer token, or the console's own session with its CSRF token on writes."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from chainbreak.app.bootstrap import Office
from chainbreak.app.one_write import one_write
from chainbreak.app.order_version import unless_changed
from chainbreak.app.read_session import read_session
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor

_COOKIE = "chainbreak_session"
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True)
class Call:
    """One authenticated request."""

    office: Office
    actor: Actor


def authenticated(request: Request, authorization: Annotated[str | None, Header()] = None,
                  x_csrf_token: Annotated[str | None, Header()] = None) -> Call:  # fmt: skip
    """The call behind a request.

    Raises:
        RefusedError: nobody is signed in (CB-UI-001), or a cookie's write lacks its token (CB-UI-002).
    """
    office: Office = request.app.state.office
    bearer = (authorization or "").removeprefix("Bearer ") if (authorization or "").startswith("Bearer ") else ""
    secret = bearer or request.cookies.get(_COOKIE, "")
    session = read_session(office, secret) if secret else None
    if session is None or (session.via == "api") != bool(bearer):
        raise RefusedError("CB-UI-001", "sign-in is needed", next_step="send Authorization: Bearer TOKEN")
    is_write = request.method not in ("GET", "HEAD")
    if is_write and not bearer and not hmac.compare_digest((x_csrf_token or "").encode(), session.csrf.encode()):
        raise RefusedError("CB-UI-002", "the page was too old, nothing was changed")
    return Call(office, session.person.actor("api"))


Caller = Annotated[Call, Depends(authenticated)]


def writing(call: Caller, idempotency_key: Annotated[str | None, Header()] = None) -> Call:
    """A call that writes once, under the caller's own key: a second time it is answered by 409 and changes nothing.

    Raises:
        UsageError: the key is missing or malformed (CB-UI-009).
    """
    if idempotency_key is None or not _KEY.fullmatch(idempotency_key):
        raise UsageError("CB-UI-009", "an idempotency key is needed", given=(idempotency_key or "")[:64],
                         allowed="8-64 letters, digits or -")  # fmt: skip
    return Call(one_write(call.office, call.actor.name, idempotency_key), call.actor)


Writer = Annotated[Call, Depends(writing)]


def moving(call: Writer, order_id: str, if_match: Annotated[str | None, Header(max_length=64)] = None) -> Call:
    """A call that moves the order it has seen: `If-Match` holds the `ETag` under which it was read.

    Raises:
        UsageError: there is no If-Match (CB-UI-013). By the write: the order changed since (CB-UI-012, 412).
    """
    if not if_match:
        raise UsageError("CB-UI-013", "say which version of the order you have seen",
                         next_step="send If-Match with the ETag of GET /api/v1/orders/ID")  # fmt: skip
    condition = unless_changed(order_id, if_match.strip().removeprefix("W/").strip('"'))
    return Call(one_write(call.office, call.actor.name, condition=condition), call.actor)


Mover = Annotated[Call, Depends(moving)]
