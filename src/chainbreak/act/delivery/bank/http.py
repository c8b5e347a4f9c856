"""A bank's gateway over HTTP: every message signed, with its key, so that a repeat is known for what it is.

`POST /holds` takes hold messages, `POST /recalls` camt.056; `GET /status/KEY` and `GET /holds` where the bank offers
them. What was neither taken nor refused in our form counts as not reached, and is said again.
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import httpx

from chainbreak.act.delivery.bank.files import drop_in
from chainbreak.act.delivery.bank.messages import LONGEST, Message, Receipt, Status, Statuses, as_json, parse_json
from chainbreak.act.delivery.bank.way import NotTakenError
from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import InputError, SetupError
from chainbreak.base.hosts import is_private

if TYPE_CHECKING:
    from chainbreak.act.delivery.bank.settings import Settings
    from chainbreak.act.delivery.point import Setup

SEAL, KEY = "chainbreak-seal", "idempotency-key"
LATER = frozenset({401, 403, 404, 405, 408, 425, 429})
"""Refusals that say nothing about the message: a credential, a wrong address, too much at once."""
LARGEST_LIST = 16 * 1024 * 1024
"""Bytes of a list of all holds: some 60,000."""
MOST_S = 60.0
"""Seconds an answer may take to come in: each byte in time is not enough, withdrawals wait behind it."""


class HttpWay:
    """See `chainbreak.act.delivery.bank.way.Way`."""

    def __init__(self, setup: Setup, settings: Settings) -> None:
        parts = urlsplit(setup.address)
        if not is_private(setup.address):
            raise SetupError("CB-DL-146", "a bank is reached over https", given=parts.scheme or "no scheme",
                             allowed="https://…, or http:// on this machine")  # fmt: skip
        self._base, self._offers = setup.address.rstrip("/"), settings.statuses
        self._signer, self._clock, self._incoming = setup.signer, setup.clock, setup.folder / "incoming"
        timeout = httpx.Timeout(settings.answer_s, connect=settings.connect_s)
        # What comes back is bounded as it comes, so nothing may be packed.
        headers = {"accept-encoding": "identity"}
        self._client = httpx.Client(timeout=timeout, headers=headers, follow_redirects=False, trust_env=False)

    def hand_over(self, message: Message) -> bytes | None:
        """Post a hold message; its receipt, None when it comes later."""
        status, content = self._post("/holds", message.key, message.revision, as_json(message), "application/json")
        if status >= 400 and not _is_receipt(content):
            raise InputError("CB-DL-148", "the bank's gateway refuses the message", given=f"HTTP {status}")
        return content or None

    def recall(self, key: str, document: bytes) -> None:
        """Post a camt.056; a camt.029 that comes back at once waits among the answers."""
        status, content = self._post("/recalls", key, 1, document, "application/xml")
        if status >= 400:
            raise InputError("CB-DL-148", "the bank's gateway refuses the recall", given=f"HTTP {status}")
        if content:
            drop_in(self._incoming, f"{key}.xml", content)

    def status(self, key: str) -> bytes | None:
        """What the bank says of one order."""
        return self._get(f"/status/{quote(key)}", LONGEST) if self._offers else None

    def holds(self) -> list[Status] | None:
        """All that the bank says it holds; None once any answer at all shows that it is there."""
        if not self._offers:
            self._reach()
            return None
        try:
            return list(parse_json(self._get("/holds", LARGEST_LIST), Statuses, LARGEST_LIST).holds)
        except InputError as error:
            raise PointDownError(error.sentence()) from None

    def close(self) -> None:
        """Give back connections."""
        self._client.close()

    def _reach(self) -> None:
        try:
            self._client.head(self._base)
        except httpx.HTTPError as error:
            raise _not_reached(error) from None

    def _post(self, path: str, key: str, revision: int, content: bytes, kind: str) -> tuple[int, bytes]:
        seal = self._signer.seal(key, content, revision, rfc3339(self._clock.now_us()))
        headers = {"content-type": kind, KEY: key, SEAL: base64.b64encode(seal).decode()}
        return self._ask("POST", path, LONGEST, content, headers)

    def _get(self, path: str, most: int) -> bytes:
        status, content = self._ask("GET", path, most)
        if status != httpx.codes.OK:
            raise PointDownError(f"the bank's gateway answers HTTP {status}")
        return content

    def _ask(
        self, method: str, path: str, most: int, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        try:
            with self._client.stream(method, self._base + path, content=content, headers=headers) as answer:
                status, body = answer.status_code, _bounded(answer, most)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _not_reached(error) from None
        except httpx.HTTPError as error:
            raise NotTakenError(f"the bank's gateway did not answer: {type(error).__name__}") from None
        if not (200 <= status < 300 or 400 <= status < 500) or status in LATER:
            raise NotTakenError(f"the bank's gateway answers HTTP {status}")
        return status, body


def _not_reached(error: httpx.HTTPError) -> PointDownError:
    return PointDownError(f"the bank's gateway was not reached: {type(error).__name__}")


def _bounded(answer: httpx.Response, most: int) -> bytes:
    body, until = bytearray(), time.monotonic() + MOST_S
    for part in answer.iter_raw():
        body += part
        if time.monotonic() > until:
            raise httpx.ReadTimeout("too slow")
        if len(body) > most:
            # One byte more than a reader takes: it refuses the answer and says why.
            return bytes(body[: most + 1])
    return bytes(body)


def _is_receipt(content: bytes) -> bool:
    try:
        parse_json(content, Receipt)
    except InputError:
        return False
    return True
