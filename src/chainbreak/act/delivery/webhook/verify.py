"""Check a request of the centre: whether its body was signed with the agreed key, not long ago. Standard library only.

The header `chainbreak-signature` reads `t=SECONDS,v1=HEX`: HMAC-SHA-256 over the seconds as text, a full stop, and the
raw body. Check before reading the body as JSON, and answer 401 when it is false. A repeat is genuine too: every warning
has an `id`, and one that was taken before is not shown again.
"""

from __future__ import annotations

import hashlib
import hmac
import time

OLDEST_S = 300


def is_genuine(header: str, body: bytes, key: bytes, now_s: float | None = None) -> bool:
    """Whether `header` is a signature under exactly this body, at most five minutes from now."""
    fields = dict(field.partition("=")[::2] for field in header.split(","))
    at, said = fields.get("t", ""), fields.get("v1", "")
    right = hmac.new(key, at.encode() + b"." + body, hashlib.sha256).hexdigest()
    fresh = at.isdecimal() and abs((time.time() if now_s is None else now_s) - int(at)) <= OLDEST_S
    return fresh and hmac.compare_digest(right.encode(), said.encode())
