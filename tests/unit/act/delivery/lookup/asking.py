"""A look-up over a world, asked without a socket: the ASGI application is called as a server would call it."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chainbreak.app.change_partners import add_partner
from chainbreak.app.issue_lookup_token import issue_lookup_token
from chainbreak.app.serve_lookup import create_lookup

if TYPE_CHECKING:
    from conftest import World

KINDS = ("number.block", "domain.sinkhole", "funds.hold")


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


class Desk:
    """A look-up that follows a world only when told to."""

    def __init__(self, world: World) -> None:
        self.world, self.tokens = world, {}  # type: ignore[var-annotated]
        self.app = create_lookup(world.office)
        self.service = self.app.service

    def partner(self, name: str, *kinds: str, **settings: Any) -> str:
        add_partner(self.world.office, self.world.sun, name, "lookup", kinds or KINDS,
                    address="http://127.0.0.1:1", settings={"when_stale": "open", **settings})  # fmt: skip
        self.tokens[name] = issue_lookup_token(self.world.office, self.world.sun, name)
        self.follow()
        return self.tokens[name]

    def follow(self) -> None:
        self.service.follower.refresh()

    def get(self, partner: str, kind: str, value: str) -> Reply:
        return self.raw(f"kind={kind}&value={quote(value)}".encode(), self.tokens[partner])

    def listed(self, partner: str, kind: str, value: str) -> str | None:
        reply = self.get(partner, kind, value)
        assert reply.status == 200, reply
        return reply.body["order_ref"]

    def batch(self, partner: str, body: bytes) -> Reply:
        return self.raw(b"", self.tokens[partner], "POST", body=body)

    def raw(
        self, query: bytes, token: str | None, method: str = "GET", path: str = "/v1/check", body: bytes = b""
    ) -> Reply:
        headers = [(b"authorization", f"Bearer {token}".encode())] if token is not None else []
        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": headers}
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        # In a thread of its own: a browser of another test may keep this one's event loop.
        with ThreadPoolExecutor(1) as aside:
            aside.submit(lambda: asyncio.run(self.app(scope, receive, send))).result()  # type: ignore[arg-type]
        start, end = said
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        assert int(told["content-length"]) == len(end["body"])
        return Reply(start["status"], told, json.loads(end["body"]))
