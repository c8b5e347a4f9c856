"""Speaking to a receiver: bodies signed, answers bounded and read as what they must be, never as more."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sharing.web import Web
from chainbreak.base.clock import US_PER_S, rfc3339

if TYPE_CHECKING:
    from chainbreak.base.clock import Clock

SIGNATURE = "chainbreak-signature"
VERSION = 1
LARGEST_ANSWER = 1 << 20
"""Bytes: a thousand results are below 200 KiB."""

NOTHING = hashlib.sha256().hexdigest()
"""The digest of an empty answer."""
CANNOT_BE_SAID = frozenset({400, 413, 422})
"""Answers about what was said; any other refusal is about us, or about now."""


class NotTakenError(PointDownError):
    """The receiver is there, and refuses this batch as a whole: one of it may be at fault, or its length."""


State = Literal["taken", "delivered", "read", "refused", "later"]


class Result(BaseModel):
    """What a receiver says of one warning."""

    id: Annotated[str, Field(max_length=64)]
    state: State
    reason: Annotated[str, Field(max_length=200)] = ""


class _Results(BaseModel):
    results: list[Result] = []


class Webhook:
    """One receiver at `address`.

    Raises:
        SetupError: an address or certificates that cannot be used (CB-DL-162).
    """

    def __init__(self, address: str, key: str, clock: Clock, ca: Path | None = None) -> None:
        self._web = Web(address, {"content-type": "application/json", "accept-encoding": "identity"},
                        ca=str(ca or ""), most=LARGEST_ANSWER)  # fmt: skip
        self._key, self._clock = key.encode(), clock

    def hand_over(self, items: Sequence[Mapping[str, Any]]) -> list[Result]:
        """Hand over warnings, each with its `id`, by which a repeat is known; what was said of them. A receiver that
        takes all without a word says `taken` of each.

        Raises:
            PointDownError: not reached, or an answer that says nothing about the warnings: hand over again.
            NotTakenError: the batch as a whole is refused.
        """
        said = self._ask("warnings", {"sent_at": rfc3339(self._clock.now_us()), "warnings": list(items)})
        named = {result.id: result for result in said}
        return [named.get(item["id"]) or Result(id=item["id"], state="taken") for item in items]

    def status(self, ids: Sequence[str]) -> list[Result]:
        """What became of warnings that were handed over before.

        Raises:
            PointDownError: as `hand_over`.
        """
        return self._ask("status", {"ids": list(ids)})

    def close(self) -> None:
        """Give back connections."""
        self._web.close()

    def _ask(self, path: str, content: Mapping[str, Any]) -> list[Result]:
        body = json.dumps({"version": VERSION, **content}, ensure_ascii=False).encode()
        reply = self._web.send(path, body, {SIGNATURE: signature(self._key, self._clock.now_us() // US_PER_S, body)})
        if reply.status in CANNOT_BE_SAID:
            raise NotTakenError(f"HTTP {reply.status}")
        if not 200 <= reply.status < 300:
            raise PointDownError(f"HTTP {reply.status}")
        if reply.digest == NOTHING:
            return []
        try:
            return _Results.model_validate(reply.body).results
        except ValidationError:
            raise PointDownError("an answer that is not one") from None


def signature(key: bytes, at_s: int, body: bytes) -> str:
    """The header that `verify.py` checks.

    >>> signature(b"key", 1, b"{}")
    't=1,v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224'
    """
    return f"t={at_s},v1={hmac.new(key, b'%d.' % at_s + body, hashlib.sha256).hexdigest()}"
