"""Check digits: Luhn, ISO 7064 mod 97-10 (IBAN), and mod 11-2 (identity cards of GB 11643)."""

from __future__ import annotations

import re
from typing import Any

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_IDENTITY_CARD = re.compile(r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", re.ASCII)


def luhn_ok(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1 annex B).

    >>> luhn_ok("4111111111111111"), luhn_ok("4111111111111112")
    (True, False)
    """
    own, doubled = digits[::-1][::2], digits[::-1][1::2]
    return (sum(map(int, own)) + sum(_DOUBLED[int(d)] for d in doubled)) % 10 == 0


def luhn_ok_all(digits: Any) -> Any:
    """`luhn_ok` of many: uint8 array of shape (n, k) holding the digits of n numbers of k digits; n booleans."""
    import numpy as np

    doubled = np.array(_DOUBLED, dtype=np.uint8)
    total = digits[:, ::-1][:, ::2].sum(axis=1, dtype=np.int64)
    return (total + doubled[digits[:, ::-1][:, 1::2]].sum(axis=1, dtype=np.int64)) % 10 == 0


def iban_ok(text: str) -> bool | None:
    """Whether an IBAN's check digits are right (ISO 13616); None when the text has not the form of one.

    >>> iban_ok("GB82WEST12345698765432"), iban_ok("GB82WEST12345698765433"), iban_ok("C1001")
    (True, False, None)
    """
    if not _IBAN.fullmatch(text):
        return None
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def identity_card_ok(text: str) -> bool:
    """Whether `text` is an 18-character identity-card number: form, date, and check character (GB 11643-1999).

    >>> identity_card_ok("11010519491231002X"), identity_card_ok("110105194912310021")
    (True, False)
    """
    if not _IDENTITY_CARD.fullmatch(text):
        return False
    return "10X98765432"[sum(int(d) * w for d, w in zip(text[:17], _ID_WEIGHTS, strict=True)) % 11] == text[17]
