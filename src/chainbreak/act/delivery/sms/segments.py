"""A text as the parts a message centre takes: GSM 7-bit where its alphabet suffices, else UCS-2; long texts are joined
by a header.

| alphabet | one message | each part of a longer one |
|---|---|---|
| GSM 7-bit (3GPP TS 23.038, section 6.2.1), in septets | 160 | 153 |
| UCS-2, in 16-bit units | 70 | 67 |

A character of the extension table costs two septets, one beyond the basic plane two units; neither is ever split.
The header is the 8-bit concatenation of 3GPP TS 23.040, section 9.2.3.24.1. Septets travel one to an octet: the message
centre packs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from chainbreak.base.errors import InputError

GSM7, UCS2 = 0x00, 0x08
"""`data_coding` of SMPP 3.4, section 5.2.19."""
UDHI = 0x40
"""The bit of `esm_class` that says a header stands before the text."""
MAX_PARTS = 255
_ESCAPE = b"\x1b"
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_SEPTETS = {char: bytes([at]) for at, char in enumerate(_BASIC) if char != "\x1b"} | {
    char: _ESCAPE + bytes([code]) for char, code in _EXTENDED.items()
}


@dataclass(frozen=True)
class Coding:
    """One alphabet: its `data_coding`, and octets in one message and in each part of a longer one."""

    data_coding: int
    whole: int
    part: int


_CODINGS = {GSM7: Coding(GSM7, 160, 153), UCS2: Coding(UCS2, 140, 134)}


@dataclass(frozen=True)
class Segment:
    """One part on the wire: user data with its header, `data_coding` and `esm_class`."""

    data: bytes
    data_coding: int
    esm_class: int


def segments(text: str, reference: int) -> list[Segment]:
    """`text` as parts in order; `reference` (taken modulo 256) is the same in every part and joins them.

    >>> [len(s.data) for s in segments("a" * 160, 7)], [len(s.data) for s in segments("a" * 161, 7)]
    ([160], [159, 14])
    >>> [len(s.data) // 2 for s in segments("字" * 70, 7)], [(len(s.data) - 6) // 2 for s in segments("字" * 71, 7)]
    ([70], [67, 4])

    Raises:
        InputError: empty, not encodable, or more than 255 parts (CB-DL-201).
    """
    coding, parts = _cut(text)
    if len(parts) == 1:
        return [Segment(parts[0], coding.data_coding, 0)]
    head = bytes((5, 0, 3, reference % 256, len(parts)))
    return [
        Segment(head + bytes([at]) + part, coding.data_coding, UDHI) for at, part in enumerate(parts, start=1)
    ]  # fmt: skip


@lru_cache(maxsize=256)
def _cut(text: str) -> tuple[Coding, list[bytes]]:
    # Remembered: one text goes to thousands, and each part is asked for by itself.
    coding = _CODINGS[GSM7 if all(char in _SEPTETS for char in text) else UCS2]
    try:
        chars = [_SEPTETS[char] if coding.data_coding == GSM7 else char.encode("utf-16-be") for char in text]
    except UnicodeEncodeError:
        raise InputError("CB-DL-201", "half a character cannot be sent", given="a lone surrogate") from None
    whole = b"".join(chars)
    if not whole:
        raise InputError("CB-DL-201", "an empty text cannot be sent")
    if len(whole) <= coding.whole:
        return coding, [whole]
    parts = list(_filled(chars, coding.part))
    if len(parts) > MAX_PARTS:
        raise InputError("CB-DL-201", "too long for one text", given=f"{len(parts)} parts", allowed=str(MAX_PARTS))
    return coding, parts


def _filled(chars: list[bytes], octets: int) -> Iterator[bytes]:
    part = b""
    for char in chars:
        if len(part) + len(char) > octets:
            yield part
            part = b""
        part += char
    yield part
