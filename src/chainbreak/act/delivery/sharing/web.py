"""Speaking JSON with a partner's server: bounded in time and size, no redirects, certificates checked.

taxii2-client and PyMISP's own client wait for ever and read answers of any size; a partner's server is not ours, so
requests go through here. What is raised names a status, never an address's path or a body: both may hold identifiers.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import time
from dataclasses import dataclass
from typing import Any

import httpx

from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import SetupError
from chainbreak.base.hosts import is_private

LARGEST_ANSWER = 32 << 20
"""Bytes; a page of 1,000 objects is below 2 MiB."""
MOST_S = 60.0
"""Seconds an answer may take to come in."""
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
"""Seconds a partner may stay silent."""


@dataclass(frozen=True)
class Reply:
    """What was answered: the status, the JSON body (None when it is none), headers, SHA-256 of the raw body in hex."""

    status: int
    body: Any
    headers: httpx.Headers
    digest: str


class Web:
    """One partner's server at `address`."""

    def __init__(
        self, address: str, headers: dict[str, str], *, login: tuple[str, str] | None = None, ca: str = "",
        most: int = LARGEST_ANSWER,
    ) -> None:  # fmt: skip
        self.address, self._most = address.rstrip("/"), most
        try:
            check = ssl.create_default_context(cafile=ca or None)
            usable = is_private(self.address)
        except (OSError, ValueError) as e:
            raise SetupError("CB-DL-162", "the partner's address or certificates cannot be used",
                             given=type(e).__name__, allowed="https://HOST/PATH, a PEM file") from None  # fmt: skip
        if not usable:  # our key and what we know would travel in the open
            raise SetupError("CB-DL-162", "the partner's address cannot be used",
                             given=self.address.partition(":")[0] or "nothing",
                             allowed="https://HOST/PATH, or http:// on this machine")  # fmt: skip
        self._client = httpx.Client(headers=headers, auth=login, verify=check, timeout=TIMEOUT, trust_env=False)

    def get(self, path: str, params: dict[str, str] | None = None) -> Reply:
        """GET `path` below the address.

        Raises:
            PointDownError: not reached, too slow, too large, or a status that asks to come back (401, 408, 429, 5xx).
        """
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: Any, content_type: str = "application/json") -> Reply:
        """POST `body` as JSON.

        Raises:
            PointDownError: as `get`.
        """
        content = json.dumps(body, ensure_ascii=False).encode()
        return self._ask("POST", path, content=content, headers={"content-type": content_type})

    def send(self, path: str, content: bytes, headers: dict[str, str]) -> Reply:
        """POST `content` as it is, for who signs it.

        Raises:
            PointDownError: as `get`.
        """
        return self._ask("POST", path, content=content, headers=headers)

    def close(self) -> None:
        """Give back connections."""
        self._client.close()

    def _ask(self, method: str, path: str, **how: Any) -> Reply:
        try:
            with self._client.stream(method, f"{self.address}/{path}", **how) as answer:
                raw, until = bytearray(), time.monotonic() + MOST_S
                for some in answer.iter_bytes():
                    raw += some
                    if time.monotonic() > until:
                        raise PointDownError(f"an answer of more than {MOST_S:.0f} s")
                    if len(raw) > self._most:
                        raise PointDownError(f"an answer of more than {self._most} bytes")
        except httpx.HTTPError as e:
            raise PointDownError(type(e).__name__) from None
        # A refused key is a person's to mend: the message waits, and the partner shows as down until then. 403 is left
        # to the caller: MISP says so to a wrong key and to a wrong attribute alike.
        if answer.status_code in (401, 408, 429) or answer.status_code >= 500:
            raise PointDownError(f"HTTP {answer.status_code}")
        try:
            body = json.loads(raw) if raw else None
        except (ValueError, RecursionError):
            body = None
        return Reply(answer.status_code, body, answer.headers, hashlib.sha256(raw).hexdigest())
