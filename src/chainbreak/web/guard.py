"""What surrounds every request: an id, security headers, a bound on the body. Plain ASGI: it always runs."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# No inline script or style, nothing from elsewhere, no frames, forms only to ourselves.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_PERMISSIONS = (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), clipboard-read=()")
AT_THE_DOOR = b"camera=(), microphone=(), geolocation=(self), clipboard-read=()"
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    _PERMISSIONS,
    (b"x-frame-options", b"DENY"),
]
LARGEST_BODY = 1 << 20


class Guard:
    """The outermost layer, so that answers to faults of ours carry the headers too. `app` is what it surrounds."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        added = [*HEADERS, (b"x-request-id", request_id.encode())]
        if not scope["path"].startswith("/static/"):
            added.append((b"cache-control", b"no-store"))
        if scope["path"].startswith("/visits/"):
            # An officer may prove by distance that they were there; the browser asks them each time.
            added = [pair for pair in added if pair != _PERMISSIONS] + [(_PERMISSIONS[0], AT_THE_DOOR)]

        is_answered = False

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                is_answered = True
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        try:
            await self.app(scope, _bounded(receive), send_with_headers)
        except Exception:
            # Answered and logged with its id already; the server would log it again, with values in its message.
            if not is_answered:
                raise


def _bounded(receive: Receive) -> Receive:
    """`receive`, that refuses (CB-UI-010) once a body has grown beyond 1 MiB, however it is framed."""
    taken = 0

    async def bounded() -> MutableMapping[str, Any]:
        from chainbreak.base.errors import UsageError

        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise UsageError("CB-UI-010", "the request is too large", allowed=f"{LARGEST_BODY} bytes")
        return message

    return bounded
