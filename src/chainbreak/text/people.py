"""Identity documents, handsets and SIMs: numbers whose form or whose word beside them says what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainbreak.base.errors import InputError
from chainbreak.identity.checks import identity_card_ok, luhn_ok
from chainbreak.identity.normalise import normalise
from chainbreak.records import Identifier
from chainbreak.text.page import COUNTED, Found, Page

_CARD = re.compile(
    r"(?<![0-9A-Za-z])(?P<n>[1-8]\d{5}[ -]?(?:19|20)\d{2}[ -]?(?:0[1-9]|1[0-2])[0-3]\d[ -]?\d{3}[\dXx])(?![0-9A-Za-z])",
    re.ASCII,
)
_CUED = tuple(
    (re.compile(pattern, re.ASCII), kind)
    for pattern, kind in (
        (r"护照(?:号码?)?[^0-9A-Za-z\n]{0,4}(?P<n>[A-Za-z]{1,2}\d{7,8})(?![0-9A-Za-z])", Identifier.PERSON),
        (r"(?:IMEI|imei|Imei|串号|串码)[^0-9A-Za-z\n]{0,6}(?P<n>\d{14,16})(?!\d)", Identifier.IMEI),
        (r"(?:IMSI|imsi)[^0-9A-Za-z\n]{0,6}(?P<n>\d{15})(?!\d)", Identifier.IMSI),
    )
)
_DIGITS = re.compile("[0-9]{6,}", re.ASCII)
PATTERNS = (_CARD, *(pattern for pattern, _ in _CUED))


def people(page: Page) -> Iterator[Found]:
    """Identity cards and passports (person), IMEI, IMSI."""
    for match in page.scan(_DIGITS, _CARD):
        digits = re.sub("[ -]", "", match["n"]).upper()
        valid = identity_card_ok(digits)
        # 18 digits may be a bank card of the same shape, or an order.
        if valid or not (luhn_ok(digits.replace("X", "0")) or COUNTED.search(page.before(match.start(), 14))):
            yield Found("person", digits, *match.span("n"), 0.98 if valid else 0.6, valid)
    for pattern, kind in _CUED:
        for match in pattern.finditer(page.plain):
            try:
                value = normalise(kind, match["n"], page.place).value
            except InputError:
                continue
            yield Found(kind.value, value, *match.span("n"))
