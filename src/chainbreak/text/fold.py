"""Text as it was meant: widths, circles, invisible characters and look-alikes undone; each character knows its origin.

`fold` is NFKC character by character, and more: enclosed digits and letters become plain ones, invisible characters go.
`plain_digits` then writes digits that were spelled out (一三八零…, 幺, 洞, 拐, 壹) or disguised (l38OO13…) as digits.
Both keep a map back to the original, so nothing is ever searched for a second time.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from chainbreak.identity.checks import luhn_ok

_MARKS = "\u0300-\u036f\u20d0-\u20ff\ufe00-\ufe0f\U000e0100-\U000e01ef"  # combining marks, variation selectors
_CLUSTER = re.compile(f"[^{_MARKS}][{_MARKS}]*|[{_MARKS}]+", re.DOTALL)
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # ignorable, yet no format characters
_ONE_TO_ONE = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20, 0xFFE5: 0xA5}
_ONE_TO_ONE |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212), 0x2D)
_FREQUENT = tuple((wide, chr(_ONE_TO_ONE[ord(wide)])) for wide in "，：；（）！？")
_WIDE = re.compile("[\uff01-\uffe5\u3000\u2010-\u2015\u2212]")
_ODD = re.compile("[^\x00-\x7f¥×·\u2010-\u2027\u3000-\u3020\u4e00-\u9fff\uff01-\uff5e\uffe5]")
_KEPT = frozenset("…‥")  # three dots would look like a dot that somebody wrote
_ENCLOSED = "\u2460-\u249b\u24ea-\u24ff\u2776-\u2793"
_BULLET = re.compile(f"[{_ENCLOSED}](?=1[3-9][0-9]{{9}}(?![0-9]))")
"""An enclosed digit before a whole number of 11 plain digits counts items of a list."""

NUMERALS = "零〇一二三四五六七八九幺洞拐勾壹贰叁肆伍陆柒捌玖貳參陸"
_VALUES = dict(zip(NUMERALS, "001234567891079123456789236", strict=True))
# 一 in 一直, 一个 is no digit, also right behind a number.
_SPELLED = re.compile(f"[0-9{NUMERALS}](?:[ .,、-]?(?!一[直个些定次样起下旦])[0-9{NUMERALS}]){{4,40}}")
_HAS_NUMERAL = re.compile(f"[{NUMERALS}]")
_TO_DIGITS = str.maketrans(_VALUES)

LOOKALIKES = {
    **dict.fromkeys("OoQОоΟοՕօ", "0"), **dict.fromkeys("Il|ІіӀΙιⅼ", "1"), "З": "3", "з": "3", "Ч": "4", "б": "6",
}  # fmt: skip
"""Letters taken for digits in a run of digits (Unicode confusables 16, those seen with digits)."""
_DISGUISED = re.compile(
    rf"[0-9{''.join(LOOKALIKES)}](?<![A-Za-z0-9].)[0-9{''.join(LOOKALIKES)}]{{10,18}}"
    rf"(?![A-Za-z0-9{''.join(LOOKALIKES)}])",
    re.ASCII,
)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_TO_DIGIT = str.maketrans(LOOKALIKES)

CONFUSABLES = dict(zip(
    "аеорсухіјѕԁһкмтвнАВЕКМНОРСТХІЈЅαερτυνικοχΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡ",
    "aeopcyxijsdhkmtbhABEKMHOPCTXIJSaeptuvikoxABEZHIKMNOPTYXg", strict=True,
))  # fmt: skip
"""Cyrillic and Greek letters beside the Latin ones they look like (Unicode confusables 16)."""
_TO_LATIN = str.maketrans(CONFUSABLES)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text, and for each of its characters where it begins and ends in the original (None: they are one to one)."""

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original, in code points, that `text[start:end]` came from; the span must not be empty."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """`text` with presentation undone.

    >>> fold("１３８-ⓐ①").text, fold("威❤\\ufe0f信 1\\u200b38").text
    ('138-a1', '威❤信 138')
    >>> fold("1\\u200b38").origin(0, 2)
    (0, 3)
    """
    if not _ODD.search(text):
        if not text.isascii():
            for wide, narrow in _FREQUENT:  # ten times faster than to look up each character
                text = text.replace(wide, narrow)
        return Folded(text.translate(_ONE_TO_ONE) if _WIDE.search(text) else text)
    bullets = {found.start() for found in _BULLET.finditer(text)}
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for found in _CLUSTER.finditer(text):
        start, end = found.span()
        piece = found[0] if start in bullets else _folded(found[0])
        pieces.append(piece)
        starts += [start] * len(piece)
        ends += [end] * len(piece)
    return Folded("".join(pieces), starts, ends)


@lru_cache(maxsize=8192)
def _folded(cluster: str) -> str:
    """A character with its marks, in its plain form; empty when it shows nothing."""
    base = cluster[0]
    if base in _KEPT:
        return base
    if base in _INVISIBLE or unicodedata.category(base) in ("Cf", "Mn", "Me"):
        return ""
    if (one := _ONE_TO_ONE.get(ord(base))) is not None:
        return chr(one)
    if (digit := unicodedata.digit(base, None)) is not None:
        return str(digit)
    if base == "➕":
        return "+"
    if letter := re.fullmatch(r"(?:NEGATIVE )?(?:CIRCLED|SQUARED) LATIN CAPITAL LETTER ([A-Z])", _name(base)):
        return letter[1]
    marks = "".join(mark for mark in cluster[1:] if unicodedata.category(mark) == "Mn" and not "︀" <= mark <= "️")
    return unicodedata.normalize("NFKC", base + marks)


def _name(character: str) -> str:
    return unicodedata.name(character, "")


def plain_digits(text: str) -> str:
    """`text`, already folded, with spelled and disguised digits as digits; as long as it was.

    Numerals count only in runs of five and more, so 三千五 and 二〇二六年 stay. A disguised run counts only when what
    comes out is a mobile number or passes Luhn, since l0O1 may as well be a name.

    >>> plain_digits("打幺三八零零一三八零零零，要三千五"), plain_digits("l38OO138OOO")
    ('打13800138000，要三千五', '13800138000')
    """
    if _HAS_NUMERAL.search(text):
        text = _SPELLED.sub(_spelled, text)
    return _DISGUISED.sub(_undisguised, text)


def _spelled(run: re.Match[str]) -> str:
    # One or two numerals beside many digits belong to the next word.
    return run[0].translate(_TO_DIGITS) if len(_HAS_NUMERAL.findall(run[0])) >= 3 else run[0]


def _undisguised(run: re.Match[str]) -> str:
    written = run[0]
    if written.isdigit() or sum(c in "0123456789" for c in written) < 4:
        return written
    digits = written.translate(_TO_DIGIT)
    return digits if _MOBILE.fullmatch(digits) or (len(digits) >= 16 and luhn_ok(digits)) else written


def skeleton(text: str) -> str:
    """`text` with Cyrillic and Greek letters replaced by the Latin ones they look like; what an imitation imitates.

    >>> skeleton("jd.cоm")
    'jd.com'
    """
    return text if text.isascii() else text.translate(_TO_LATIN)


_STEPS = (
    ("invisible", re.compile("[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
                             "\ufe00-\ufe0f\U000e0000-\U000e01ef]")),
    ("width", re.compile("[\uff0b\uff0d-\uff19\uff20-\uff3a\uff3f\uff41-\uff5a]")),
    ("enclosed", re.compile(f"[{_ENCLOSED}\u20d0-\u20ff\U0001f100-\U0001f1ff]")),
    ("styled", re.compile("[\U0001d400-\U0001d7ff\u00b2\u00b3\u00b9\u2070-\u209c]")),
    ("numerals", _HAS_NUMERAL),
    ("homoglyph", re.compile(f"[{''.join(CONFUSABLES)}]")),
)  # fmt: skip


PATTERNS = (_CLUSTER, _BULLET, _SPELLED, _DISGUISED)
"""Patterns whose work could grow with a text, for the tests of how it does."""


def steps(surface: str) -> tuple[str, ...]:
    """Names of the steps that `surface` needed: invisible, width, enclosed, styled, numerals, homoglyph.

    >>> steps("１３８\\u200b零"), steps("138")
    (('invisible', 'width', 'numerals'), ())
    """
    return () if surface.isascii() else tuple(name for name, pattern in _STEPS if pattern.search(surface))
