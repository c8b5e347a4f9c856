"""Reading what a partner sends, which may be anything: every refusal has a stable code and quotes nothing."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from chainbreak.act.delivery.lookup.reading import KINDS
from chainbreak.base.errors import ChainbreakError, InputError

Headers = tuple[tuple[bytes, bytes], ...]

MOST_AT_ONCE = 100
LONGEST_QUERY = 1_024
"""Bytes; a domain has at most 253 characters, and in its ASCII form none that must be escaped."""
_PLAIN = re.compile(rb"kind=(phone|domain|account)&value=(?:(%2[Bb])|)([A-Za-z0-9.+-]{1,253})")
"""What nearly every question looks like: nothing in it needs unescaping but a leading plus sign."""
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class RefusedRequest(Exception):
    """A request that is not answered: HTTP status, what the asker is told, and headers."""

    def __init__(self, status: int, error: ChainbreakError, headers: Headers = ()) -> None:
        self.status, self.error, self.headers = status, error, headers
        super().__init__(error.code)


def _unreadable(
    why: str, allowed: str = "kind=phone|domain|account&value=…, each once, percent-encoded UTF-8"
) -> RefusedRequest:
    return RefusedRequest(400, InputError("CB-DL-182", "the question cannot be read", given=why, allowed=allowed))


def question(query: bytes) -> tuple[str, str]:
    """Kind and value of a query string. A plus sign is a plus sign: numbers are written with it.

    >>> question(b"kind=phone&value=%2B8613800138000"), question(b"value=%E4%BE%8B.cn&kind=domain")
    (('phone', '+8613800138000'), ('domain', '例.cn'))

    Raises:
        RefusedRequest: it is anything else (400, CB-DL-182).
    """
    if plain := _PLAIN.fullmatch(query):
        kind, plus, rest = plain.groups()
        return kind.decode(), f"+{rest.decode()}" if plus else rest.decode()
    if len(query) > LONGEST_QUERY:
        raise _unreadable("too long")
    said: dict[bytes, bytes] = {}
    for part in query.split(b"&"):
        name, equals, text = part.partition(b"=")
        if not equals or name in said or name not in (b"kind", b"value"):
            raise _unreadable("a parameter that is repeated, unknown or without a value")
        said[name] = text
    if len(said) < 2:
        raise _unreadable("a parameter is missing")
    kind = said[b"kind"].decode("latin-1")
    if kind not in KINDS:
        raise _unreadable("unknown kind")
    return kind, _unescaped(said[b"value"])


def _unescaped(text: bytes) -> str:
    if b"%" in text:
        if _BROKEN_ESCAPE.search(text):
            raise _unreadable("a broken percent-escape")
        text = unquote_to_bytes(text)
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise _unreadable("not UTF-8") from None


def questions(body: bytes) -> list[tuple[str, str]]:
    """Kinds and values of a batch.

    Raises:
        RefusedRequest: it is anything else (400, CB-DL-182).
    """
    shape = f'{{"checks": [{{"kind": …, "value": …}}, …]}}, 1 to {MOST_AT_ONCE}'
    try:
        checks = json.loads(body, object_pairs_hook=_once)["checks"]
        asked = [(check["kind"], check["value"]) for check in checks if len(check) == 2]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _unreadable("not the JSON of a batch", shape) from None
    if not isinstance(checks, list) or len(asked) < len(checks) or not 1 <= len(asked) <= MOST_AT_ONCE:
        raise _unreadable("not a batch of the right size", shape)
    if not all(kind in KINDS and isinstance(value, str) and len(value) <= LONGEST_QUERY for kind, value in asked):
        raise _unreadable("unknown kind, or a value that is no text", shape)
    return asked


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name said twice")
    return dict(pairs)
