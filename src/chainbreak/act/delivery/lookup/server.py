"""The look-up over HTTP: one raw ASGI application, no framework, because the framework would be most of the cost.

```
GET  /v1/check?kind=phone|domain|account&value=…     one question
POST /v1/check  {"checks": [{"kind": …, "value": …}, …]}   answered in the same order
GET  /v1/age                                         how old the snapshot is; needs no token
```

An answer is `{listed, order_ref, until, reason_code, as_of, age_ms, stale}`; it never says whom an order concerns or
which case it belongs to. Failures are `{"ok": false, "error": {code, message, …}}` as everywhere in chainbreak.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from chainbreak.act.delivery.lookup.callers import UNKNOWN, Caller
from chainbreak.act.delivery.lookup.questions import Headers, RefusedRequest, question, questions
from chainbreak.act.delivery.lookup.snapshot import Listing, Snapshot
from chainbreak.base.errors import Bug, ChainbreakError, InputError, RefusedError, SetupError
from chainbreak.base.log import get_log

if TYPE_CHECKING:
    from chainbreak.act.delivery.lookup.service import Service

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

CHECK, AGE = "/v1/check", "/v1/age"
LARGEST_BODY = 1 << 16
HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_WHO = ((b"www-authenticate", b"Bearer"),)
_log = get_log("lookup")


class LookupApp:
    """The application; `service` follows the desk and counts."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request, or the beginning and the end of the process."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        # One byte more than is taken: what is too large is refused like everything else.
        content = await _content(receive, LARGEST_BODY + 1) if scope["method"] == "POST" else b""
        status, body, more = self.reply(
            scope["method"], scope["path"], scope["query_string"], scope["headers"], content
        )
        headers = [*HEADERS, (b"content-length", b"%d" % len(body)), *more]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def reply(
        self, method: str, path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]], content: bytes = b""
    ) -> tuple[int, bytes, Headers]:
        """Status, body and headers besides `HEADERS` of the answer to one request, whatever it is."""
        status = 200
        more: Headers = ()
        try:
            if path == CHECK and method == "GET":
                body = self._one(headers, query)
            elif path == CHECK and method == "POST":
                body = self._many(headers, content)
            else:
                body = self._other(method, path)
        except RefusedRequest as e:
            status, body, more = e.status, _failure(e.error), e.headers
        except Exception as e:
            _log.error("request_failed", error=type(e).__name__)
            status, body = 500, _failure(Bug("CB-DL-189", "a fault of ours"))
        return status, body, more

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            kind = (await receive())["type"]
            try:
                self.service.start() if kind == "lifespan.startup" else self.service.stop()
            except ChainbreakError as e:
                await send({"type": f"{kind}.failed", "message": e.sentence()})
                return
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    def _other(self, method: str, path: str) -> bytes:
        if path not in (CHECK, AGE):
            raise RefusedRequest(404, InputError("CB-DL-183", "there is nothing at this address", allowed=CHECK))
        if path == CHECK or method != "GET":
            allowed = ((b"allow", b"GET, POST" if path == CHECK else b"GET"),)
            raise RefusedRequest(405, InputError("CB-DL-184", "not a way to ask this"), allowed)
        return f"{{{_age(self.service.follower.snapshot, self.service.now_us())}}}".encode()

    def _one(self, headers: Iterable[tuple[bytes, bytes]], query: bytes) -> bytes:
        caller = self._caller(headers)
        try:
            state = self._admit(caller, 1)  # first: what cannot be read counts too
            kind, value = question(query)
            told = self._look(caller, state, kind, value)
        except InputError as e:
            self.service.count(caller.name, "refused")
            raise RefusedRequest(400, e) from None
        except RefusedRequest as e:
            self.service.count(caller.name, "limited" if e.status == 429 else "refused")
            raise
        return f"{{{told},{state.age}}}".encode()

    def _many(self, headers: Iterable[tuple[bytes, bytes]], content: bytes) -> bytes:
        caller = self._caller(headers)
        if len(content) > LARGEST_BODY:
            self.service.count(caller.name, "refused")
            raise RefusedRequest(413, InputError("CB-DL-185", "more than one request may hold", allowed="64 KiB"))
        try:
            asked = questions(content)
            state = self._admit(caller, len(asked))
        except RefusedRequest as e:
            self.service.count(caller.name, "limited" if e.status == 429 else "refused")
            raise
        answers = ",".join(self._told_or_why(caller, state, kind, value) for kind, value in asked)
        return f'{{"answers":[{answers}],{state.age}}}'.encode()

    def _told_or_why(self, caller: Caller, state: _State, kind: str, value: str) -> str:
        try:
            return f"{{{self._look(caller, state, kind, value)}}}"
        except RefusedRequest as e:
            error: ChainbreakError = e.error
        except InputError as e:
            error = e
        self.service.count(caller.name, "refused")
        return _failure(error).decode()

    def _caller(self, headers: Iterable[tuple[bytes, bytes]]) -> Caller:
        caller = None
        for name, given in headers:
            if name == b"authorization":
                if given[:7].lower() == b"bearer ":
                    caller = self.service.follower.callers.get(sha256(given[7:]).digest())
                break
        if caller is None:
            self.service.count(UNKNOWN, "refused")
            raise RefusedRequest(401, RefusedError("CB-DL-180", "no token that is known here"), _WHO)
        return caller

    def _admit(self, caller: Caller, n: int) -> _State:
        now = self.service.now_us()
        if not caller.probe and (wait_s := caller.bucket.take(n, now)):
            again = ((b"retry-after", b"%d" % math.ceil(wait_s)),)
            raise RefusedRequest(429, RefusedError("CB-DL-186", "more than the agreed quota", given=str(n)), again)
        snapshot = self.service.follower.snapshot
        stale = now - snapshot.as_of_us > caller.stale_after_us
        if stale and caller.settings.when_stale == "closed":
            error = SetupError("CB-DL-187", "the snapshot is too old to answer from", given=f"as of {snapshot.as_of}")
            raise RefusedRequest(503, error, ((b"retry-after", b"1"),))
        return _State(snapshot, now, stale)

    def _look(self, caller: Caller, state: _State, kind: str, value: str) -> str:
        """The members of an answer that tell what is listed, as JSON.

        Raises:
            RefusedRequest: the partner may not ask for this kind.
            InputError: not an identifier of this kind.
        """
        if kind not in caller.settings.asks:
            error = RefusedError("CB-DL-181", "not a kind that was agreed on", allowed=", ".join(caller.settings.asks))
            raise RefusedRequest(403, error)
        snapshot, now, stale = state
        key = snapshot.reader.key(kind, value)
        now = now if now > snapshot.floor_us else snapshot.floor_us
        listing = None if stale else snapshot.find(caller.partner_id, kind, key, now)
        self.service.count(caller.name, kind, listed=listing is not None)
        return _NOT_LISTED if listing is None else _told(listing)


class _State(NamedTuple):
    """What one request is answered from; `stale`: it is too old for this partner, who is told nothing."""

    snapshot: Snapshot
    now_us: int
    stale: bool

    @property
    def age(self) -> str:
        """The members of an answer that tell how old it is, as JSON."""
        return f'{_age(self.snapshot, self.now_us)},"stale":{"true" if self.stale else "false"}'


_NOT_LISTED = '"listed":false,"order_ref":null,"until":null,"reason_code":null'


def _told(one: Listing) -> str:
    # Each part is of our own making: no character in it needs to be escaped.
    return f'"listed":true,"order_ref":"{one.order_id}","until":"{one.until}","reason_code":"{one.reason}"'


def _age(snapshot: Snapshot, now_us: int) -> str:
    return f'"as_of":"{snapshot.as_of}","age_ms":{max(0, now_us - snapshot.as_of_us) // 1_000}'


def _failure(error: ChainbreakError) -> bytes:
    return json.dumps({"ok": False, "error": error.as_dict()}).encode()


async def _content(receive: Receive, most: int) -> bytes:
    """The body, cut at `most` bytes."""
    content, more = b"", True
    while more and len(content) < most:
        message = await receive()
        content += message.get("body", b"")
        more = message.get("more_body", False)
    return content[:most]
