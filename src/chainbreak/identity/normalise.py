"""One written form per identifier, and the attributes features may know of it; computed before a token replaces it.

| kind | canonical form | attributes | refused |
|---|---|---|---|
| line | E.164, or `CN:` + digits (see `numbers`) | class, country | in no number plan |
| imsi | 15 digits | plmn: first 5, also where the network code has 3 digits | other lengths, first digit 0, 1 or 8 |
| imei | 14 digits: without check digit or software version | tac: first 8 | wrong Luhn digit, unless 0 |
| account | upper case; cards, IBANs without separators | bin: first 6 of a card that passes Luhn | over 64 long |
| person, chat, device | trimmed, one case | – | over 128 characters |
| ip | RFC 5952 | – | no address |

An anonymised source (`Place.opaque`) gives `opaque:` + its own id for line, imsi and imei: nothing is read into it.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from chainbreak.base.errors import InputError
from chainbreak.identity.checks import iban_ok, luhn_ok
from chainbreak.identity.numbers import SEPARATORS, Place, is_blank, number_form, tidy
from chainbreak.records import Identifier

ATTRIBUTES: dict[Identifier, tuple[str, ...]] = {
    Identifier.LINE: ("class", "country"), Identifier.IMSI: ("plmn",), Identifier.IMEI: ("tac",),
    Identifier.ACCOUNT: ("bin",),
}  # fmt: skip
"""Suffixes of the derived columns of each kind, as in `records.kind.derived_columns`."""

OPAQUE_KINDS = frozenset({Identifier.LINE, Identifier.IMSI, Identifier.IMEI})
_SEPARATORS = re.compile(SEPARATORS)
_CARD = re.compile(r"\d{12,19}", re.ASCII)
IMSI_PATTERN = r"[2-79]\d{14}"
"""Mobile country codes begin with 2..7, or 9 for international networks (ITU-T E.212)."""


@dataclass(frozen=True)
class Normal:
    """One identifier in canonical form. `attributes` by suffix; `checked` says whether its check digits are right, None
    where it has none: a wrong card number is kept (victims mistype), but is no card to features.
    """

    value: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    checked: bool | None = None


def normalise(kind: Identifier, raw: str, place: Place) -> Normal:
    """The canonical form of `raw`, an identifier of `kind` from a source in `place`.

    >>> normalise(Identifier.LINE, "+86 138 0013 8000", Place())
    Normal(value='+8613800138000', attributes={'class': 'mobile', 'country': 'CN'}, checked=None)
    >>> normalise(Identifier.ACCOUNT, "4111 1111 1111 1111", Place()).attributes
    {'bin': '411111'}

    Raises:
        InputError: not an identifier of that kind (CB-ID-010 to CB-ID-013); the message never holds the value.
    """
    if is_blank(raw):
        raise InputError("CB-ID-010", f"not an identifier of kind {kind}", given="nothing")
    if place.opaque and kind in OPAQUE_KINDS:
        return _opaque(kind, raw)
    return _FORMS[kind](raw, place)


def _opaque(kind: Identifier, raw: str) -> Normal:
    attributes: dict[str, str | None] = dict.fromkeys(ATTRIBUTES[kind])
    if kind is Identifier.LINE:
        attributes["class"] = "unknown"
    return Normal(f"opaque:{_name(tidy(raw), str).value}", attributes)


def _line(raw: str, place: Place) -> Normal:
    value, range_class, country = number_form(raw, place)
    return Normal(value, {"class": range_class, "country": country})


def _imsi(raw: str, _place: Place) -> Normal:
    value = _SEPARATORS.sub("", tidy(raw))
    if not re.fullmatch(IMSI_PATTERN, value, re.ASCII):
        raise InputError("CB-ID-010", "not an IMSI", given=f"{len(value)} characters", allowed="15 digits")
    return Normal(value, {"plmn": value[:5]})


def _imei(raw: str, _place: Place) -> Normal:
    digits = _SEPARATORS.sub("", tidy(raw))
    if not re.fullmatch(r"\d{14,16}", digits, re.ASCII) or not digits.strip("0"):
        raise InputError("CB-ID-010", "not an IMEI", given=f"{len(digits)} characters", allowed="14 to 16 digits")
    checked = luhn_ok(digits) if len(digits) == 15 else None
    # TS 23.003 6.2.1: the check digit is not transmitted; networks send 0 in its place.
    if checked is False and digits[14] != "0":
        raise InputError("CB-ID-013", "the check digit of an IMEI is wrong", allowed="the Luhn digit, or 0")
    return Normal(digits[:14], {"tac": digits[:8]}, checked)


def _account(raw: str, _place: Place) -> Normal:
    written = "".join(tidy(raw).split()).upper()
    bare = _SEPARATORS.sub("", written)
    # Dashes are layout in a card or an IBAN, and part of the name in any other account id.
    value = bare if _CARD.fullmatch(bare) or iban_ok(bare) else written
    if not 1 <= len(value) <= 64 or not value.isprintable():
        raise InputError("CB-ID-010", "not an account", given=f"{len(value)} characters", allowed="1 to 64, printable")
    if _CARD.fullmatch(value):
        right = luhn_ok(value)
        return Normal(value, {"bin": value[:6] if right else None}, right)
    return Normal(value, {"bin": None}, iban_ok(value))


def _name(raw: str, change_case: Callable[[str], str]) -> Normal:
    value = change_case(" ".join(unicodedata.normalize("NFKC", raw).split()))
    if not 1 <= len(value) <= 128 or not value.isprintable():
        raise InputError("CB-ID-010", "not an id", given=f"{len(value)} characters", allowed="1 to 128, printable")
    return Normal(value)


def _person(raw: str, _place: Place) -> Normal:
    return _name(raw, str.upper)  # an identity card's last character may be x or X


def _chat(raw: str, _place: Place) -> Normal:
    return _name(raw.strip().removeprefix("@"), str.lower)


def _device(raw: str, _place: Place) -> Normal:
    return _name(raw, str.lower)


def _ip(raw: str, _place: Place) -> Normal:
    try:
        address = ipaddress.ip_address(raw.strip())
    except ValueError:
        raise InputError("CB-ID-010", "not an IP address", allowed="IPv4 or IPv6") from None
    mapped = getattr(address, "ipv4_mapped", None)  # ::ffff:1.2.3.4 is the same subscriber as 1.2.3.4
    return Normal(str(mapped or address))


_FORMS: dict[Identifier, Callable[[str, Place], Normal]] = {
    Identifier.LINE: _line, Identifier.IMSI: _imsi, Identifier.IMEI: _imei, Identifier.ACCOUNT: _account,
    Identifier.PERSON: _person, Identifier.CHAT: _chat, Identifier.DEVICE: _device, Identifier.IP: _ip,
}  # fmt: skip
