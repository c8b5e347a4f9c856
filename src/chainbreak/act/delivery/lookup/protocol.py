"""uvicorn's own protocol on httptools, except that one plain question is answered where it ends.

A question needs nothing to wait for, and the task, the event and the queue that every request has are most of its cost:
41 µs of CPU with them, 26 without, beside 6 of nginx. Everything else (a batch, an upgrade, HTTP/1.0, a request behind
one that is still being answered, a client that does not read) takes uvicorn's way, to the same application.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from chainbreak.act.delivery.lookup.server import CHECK, HEADERS, LookupApp

_QUESTION = f"{CHECK}?".encode()
_HEAD = b"".join(b"%b: %b\r\n" % header for header in HEADERS) + b"content-length: "


class QuickProtocol(HttpToolsProtocol):
    """One connection to a `LookupApp`."""

    app: Any
    _quick = False

    def on_headers_complete(self) -> None:
        """Leave to uvicorn what is no plain question."""
        before = self.cycle
        self._quick = (
            self.url.startswith(_QUESTION)
            and self.parser.get_method() == b"GET"
            and (before is None or before.response_complete)
            and not self.flow.write_paused
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
            and isinstance(self.app, LookupApp)
        )
        if not self._quick:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A question has none; one that comes all the same is not looked at."""
        if not self._quick:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Answer, and be ready for the next."""
        if not self._quick:
            super().on_message_complete()
            return
        self._quick = False
        status, body, more = self.app.reply("GET", CHECK, self.url[len(_QUESTION) :], self.headers)
        lines = b"".join([b"%b: %b\r\n" % header for header in more]) if more else b""
        self.transport.write(b"%b%b%b%d\r\n\r\n%b" % (STATUS_LINE[status], lines, _HEAD, len(body), body))
        self.on_response_complete()
