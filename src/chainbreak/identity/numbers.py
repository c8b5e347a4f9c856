"""Telephone numbers: the Chinese number plan as a table of rules, `phonenumbers` for the rest of the world.

Canonical form: E.164 (`+8613800138000`), also for 400/800 numbers and 13-digit machine numbers. What cannot be dialled
from abroad has no E.164 form and is written with its country: `CN:110`, `CN:95588`, `CN:106912345678`. Values of an
anonymised export are kept apart from real numbers: `opaque:8800`.

The rules are read by Python's `re` here and by RE2 in `batch.py`, so both paths share one plan. Ranges follow the
numbering plan of the ministry (电信网编号计划, 2017 edition with later assignments); a range that moves is a change of
one line, and changes classes only, never tokens.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from chainbreak.base.errors import InputError


@dataclass(frozen=True)
class Place:
    """Where a source stands: its country (ISO 3166), the area code, without 0, of local numbers written without one,
    and whether its identifiers are anonymised (`opaque`), so that nothing may be read into them.
    """

    country: str = "CN"
    area_code: str = ""
    opaque: bool = False


@dataclass(frozen=True)
class Rule:
    """One range of the plan: a whole-string pattern whose group `n` is the number, its class, its canonical prefix."""

    pattern: str
    range_class: str
    prefix: str


_CODE = r"(?:\+86|0086|86)?"  # country code, as exports write it
_LONG_CODE = r"(?:\+86|0086)?"  # before a short number a bare 86 would be ambiguous
CHINA = (
    # Virtual operators: 162, 165, 167, 170, 171. Machine ranges: 140, 141, 144, 146, 148, 149, and 13-digit numbers.
    Rule(rf"{_CODE}(?P<n>1(?:6[257]|7[01])\d{{8}})", "virtual", "+86"),
    Rule(rf"{_CODE}(?P<n>14[014689]\d{{8}}|14[014]\d{{10}}|1064[6-9]\d{{8}})", "iot", "+86"),
    Rule(rf"{_CODE}(?P<n>1[3-9]\d{{9}})", "mobile", "+86"),
    Rule(rf"{_CODE}(?P<n>[48]00\d{{7}})", "service", "+86"),
    # SMS ports of companies; before landlines, because 106… without a leading 0 is not Beijing.
    Rule(rf"{_LONG_CODE}(?P<n>106\d{{5,17}})", "service", "CN:"),
    # Area codes: two digits in the ten largest cities, else three; a subscriber number never begins with 0 or 1.
    Rule(rf"{_CODE}0?(?P<n>(?:10|2[0-57-9])[2-9]\d{{7}}|[3-9]\d{{2}}[2-9]\d{{6,7}})", "landline", "+86"),
    Rule(rf"{_LONG_CODE}(?P<n>110|112|119|120|122|12345)", "emergency", "CN:"),
    Rule(rf"{_LONG_CODE}(?P<n>9[56]\d{{3,6}})", "service", "CN:"),
    Rule(rf"{_LONG_CODE}(?P<n>1\d{{2,7}})", "short", "CN:"),
)
_LOCAL = re.compile(r"[2-9]\d{6,7}")  # a landline without its area code
_COMPILED = [(re.compile(rule.pattern, re.ASCII), rule) for rule in CHINA]

SEPARATORS = r"[\s\-()]"
FLOAT = r"(\d{1,20})\.0{1,6}"
_DROPPED = re.compile(r"[\s\-().·‐‑–—/]")  # dashes as word processors write them
_FLOAT = re.compile(FLOAT, re.ASCII)
_SCIENTIFIC = re.compile(r"(\d(?:\.\d{1,19})?)e\+?(\d{1,2})", re.ASCII)
BLANKS = frozenset({"", "nan", "null", "none", "n/a", "na", "-", "\\n", "(null)", "unknown", "anonymous"})
MAX_CHARS = 128


def tidy(raw: str) -> str:
    """`raw` without the marks of keyboards and spreadsheets: full-width forms, outer spaces and quotes, exact floats.

    >>> tidy(" １３８００１３８０００ "), tidy("213555123.0"), tidy("1.3800138e10"), tidy("'95588")
    ('13800138000', '213555123', '13800138000', '95588')

    Raises:
        InputError: too long (CB-ID-010), or a float that has lost digits (CB-ID-012).
    """
    if len(raw) > MAX_CHARS:
        raise InputError(
            "CB-ID-010", "not an identifier", given=f"{len(raw)} characters", allowed=f"at most {MAX_CHARS}"
        )
    text = (raw if raw.isascii() else unicodedata.normalize("NFKC", raw)).strip(" \t\r\n\v\f'\"`")
    if whole := _FLOAT.fullmatch(text):
        return whole[1]
    if parts := _SCIENTIFIC.fullmatch(text.lower()):
        mantissa, exponent = parts[1], int(parts[2])
        # 1.3800138e10 may be exact (trailing zeros are not printed) but 2.13e+11 stands for a billion numbers: six
        # significant digits is what a spreadsheet shows at least, and fewer than that are not an identifier.
        if len(mantissa.replace(".", "")) <= 6 or exponent < len(mantissa) - 2:
            raise InputError("CB-ID-012", "digits were lost in a spreadsheet", allowed="the number as text")
        return str(int(Decimal(mantissa).scaleb(exponent)))
    return text


def is_blank(raw: str) -> bool:
    """Whether `raw` says that there is no value.

    >>> is_blank(" NaN "), is_blank("0")
    (True, False)
    """
    return raw.strip().lower() in BLANKS


def number_form(raw: str, place: Place) -> tuple[str, str, str]:
    """Canonical form, class and country (ISO 3166) of a telephone number written in `place`.

    >>> number_form("0086 138-0013-8000", Place())
    ('+8613800138000', 'mobile', 'CN')
    >>> number_form("88123456", Place(area_code="571"))
    ('+8657188123456', 'landline', 'CN')
    >>> number_form("110", Place()), number_form("+44 20 7946 0958", Place())
    (('CN:110', 'emergency', 'CN'), ('+442079460958', 'foreign', 'GB'))

    Raises:
        InputError: no number of any plan (CB-ID-010), a local number and no area code (CB-ID-011), digits lost
            (CB-ID-012).
    """
    text = _DROPPED.sub("", tidy(raw)).removeprefix("tel:")
    if place.country == "CN":
        for pattern, rule in _COMPILED:
            if found := pattern.fullmatch(text):
                return rule.prefix + found["n"], rule.range_class, "CN"
        if _LOCAL.fullmatch(text):
            if not place.area_code:
                raise InputError(
                    "CB-ID-011", "a local number without an area code", allowed="area_code in settings.toml"
                )
            return f"+86{place.area_code}{text}", "landline", "CN"
    return _world_form(text, place)


def _world_form(text: str, place: Place) -> tuple[str, str, str]:
    import phonenumbers

    if not re.fullmatch(r"\+?\d{3,20}", text, re.ASCII):
        raise InputError("CB-ID-010", "not a telephone number", allowed="digits of a number plan")
    if len(text) <= 6 and text[0] != "+":
        return f"{place.country}:{text}", "short", place.country
    # 00 is the international prefix nearly everywhere; `phonenumbers` knows the others of `place`.
    dialled = "+" + text[2:] if text.startswith("00") else text
    try:
        number = phonenumbers.parse(dialled, place.country)
    except phonenumbers.NumberParseException:
        raise InputError("CB-ID-010", "not a telephone number", allowed="a number of a known country") from None
    # China's own plan is the table above; what it does not hold is no Chinese number.
    if not phonenumbers.is_possible_number(number) or (number.country_code == 86 and place.country == "CN"):
        raise InputError("CB-ID-010", "not a telephone number", allowed="a length that its country uses")
    # A possible number that is in no range yet belongs to the first country of its code.
    country = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
    form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if country != place.country:
        return form, "foreign", country
    return form, _world_classes().get(phonenumbers.number_type(number), "landline"), country


@cache
def _world_classes() -> dict[Any, str]:
    from phonenumbers import PhoneNumberType as T

    service = dict.fromkeys((T.TOLL_FREE, T.PREMIUM_RATE, T.SHARED_COST, T.UAN, T.VOICEMAIL), "service")
    return service | {T.MOBILE: "mobile", T.FIXED_LINE_OR_MOBILE: "mobile", T.PAGER: "mobile", T.VOIP: "virtual"}


def as_given(value: str) -> str:
    """A canonical value as its partner calls it: service numbers as dialled, anonymised ids as the source wrote them.

    >>> as_given("CN:95588"), as_given("opaque:8800"), as_given("+8613800138000")
    ('95588', '8800', '+8613800138000')
    """
    mark, _, rest = value.partition(":")
    return rest if rest and (mark == "opaque" or (len(mark) == 2 and mark.isupper())) else value
