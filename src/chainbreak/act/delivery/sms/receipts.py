"""What a message centre says became of a text: delivery receipts and answers to queries, in one form.

Receipts follow SMPP 3.4, appendix B; where the optional parameters stand too, they win, because centres write the text
in ways of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

IS_RECEIPT, TYPE_MASK = 0x04, 0x3C
"""`esm_class`: the bits of the message's type, and what they say of a delivery receipt (section 5.2.12)."""
STATES = {
    "DELIVRD": "delivered", "EXPIRED": "expired", "DELETED": "failed", "UNDELIV": "failed", "REJECTD": "failed",
    "UNKNOWN": "unknown", "ENROUTE": "submitted", "ACCEPTD": "submitted",
}  # fmt: skip
"""What each `stat` of a receipt makes of a part."""
_NUMBERED = ("", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD")
"""`message_state` by number (section 5.2.28)."""
_FIELD = re.compile(rb"\b(id|stat|err):\s*(\S{1,64})", re.IGNORECASE)
_OWN_WORDS = re.compile(rb"\btext:", re.IGNORECASE)
"""After this a receipt repeats the beginning of our own text, which may look like anything."""


@dataclass(frozen=True)
class Receipt:
    """One receipt: the centre's id of the message, its `stat`, the network's error; whom the message went to (digits,
    as the centre writes them) and our own reference, where the centre gives it back.
    """

    message_id: str
    stat: str
    err: str = ""
    number: str = ""
    reference: int | None = None


def receipt_of(pdu: Any) -> Receipt | None:
    """The receipt that a `deliver_sm` carries; None when it is something else, or names no message or no known state.

    `pdu`: as smpplib parses it.
    """
    if (pdu.esm_class or 0) & TYPE_MASK != IS_RECEIPT:
        return None
    head = _OWN_WORDS.split(pdu.short_message or b"", maxsplit=1)[0]
    said = {key.lower(): value for key, value in _FIELD.findall(head)}
    message_id = text_of(getattr(pdu, "receipted_message_id", None) or said.get(b"id"))
    stat = stat_of(getattr(pdu, "message_state", None)) or text_of(said.get(b"stat")).upper()
    if not message_id or stat not in STATES:
        return None
    reference = getattr(pdu, "user_message_reference", None)
    return Receipt(message_id, stat, text_of(said.get(b"err"))[:8], text_of(pdu.source_addr), reference)


def stat_of(state: int | None) -> str:
    """The `stat` of a `message_state`; "" for none, or an unknown one.

    >>> stat_of(2), stat_of(None), stat_of(99)
    ('DELIVRD', '', '')
    """
    return _NUMBERED[state] if state and state < len(_NUMBERED) else ""


def text_of(raw: bytes | None) -> str:
    """What a field of the centre's says, at most 64 characters; without zero bytes, which PostgreSQL does not keep.

    >>> text_of(b"a\\0b\\0"), text_of(None)
    ('ab', '')
    """
    return (raw or b"").replace(b"\0", b"").decode("ascii", "replace")[:64]
