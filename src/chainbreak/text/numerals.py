"""Numbers in words and in mixed writing: 两万三, 3万5千, 十二, 1.2w; what a last digit without a unit means."""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS = dict(
    zip("零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸幺", map(int, "0012234567891234567892361"), strict=True)
)
UNITS = {
    "十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000, "k": 1_000, "K": 1_000,
    "万": 10_000, "萬": 10_000, "w": 10_000, "W": 10_000, "亿": 100_000_000, "億": 100_000_000,
}  # fmt: skip
WORDS = "".join(DIGITS) + "十拾百佰千仟万萬亿億"
_PART = re.compile(rf"(\d+(?:\.\d+)?)|([{''.join(DIGITS)}])|([{''.join(UNITS)}])", re.ASCII)


def value_of(written: str) -> Decimal | None:
    """The number written in digits, words or both; None when it is no number.

    A last digit without a unit counts in tenths of the unit before it: 3万5 = 35,000, 一百二 = 120; after a zero in
    ones: 一百零二 = 102. Digits in words without any unit are read one by one.

    >>> [str(value_of(n)) for n in ("两万三", "3万5千", "十二", "一万零五十", "1.2w", "二零二六", "3万5000", "两亿")]
    ['23000', '35000', '12', '10050', '12000.0', '2026', '35000', '200000000']
    """
    if written.isdecimal():
        return Decimal(written)
    text = written.replace(",", "").replace(" ", "").replace("个", "")
    parts = _PART.findall(text)
    if not parts or sum(len(a + b + c) for a, b, c in parts) != len(text):
        return None
    if not any(unit for _, _, unit in parts):
        return Decimal("".join(number or str(DIGITS[word]) for number, word, _ in parts)) if _whole(parts) else None
    return _with_units(parts)


def _whole(parts: list[tuple[str, str, str]]) -> bool:
    return len(parts) == 1 or all("." not in number for number, _, _ in parts)


def _with_units(parts: list[tuple[str, str, str]]) -> Decimal:
    total = section = Decimal(0)  # what is behind the last 万 or 亿, and what is before the next
    number: Decimal | None = None
    last_unit, after_zero, in_words = 1, False, True
    for figure, word, unit in parts:
        if unit:
            size = UNITS[unit]
            if size >= 10_000:
                below = total % size if size > 10_000 else Decimal(0)  # 三万亿: the 万 belongs to the 亿
                section = (below + section + (number or Decimal(0))) or Decimal(1)
                total, section = total - below + section * size, Decimal(0)
            else:
                section += (Decimal(1) if number is None else number) * size
            number, last_unit, after_zero = None, size, False
        else:
            after_zero |= word in ("零", "〇") and word != ""
            number = Decimal(figure) if figure else Decimal(DIGITS[word])
            in_words = len(figure) <= 1
    if number is not None:
        short = in_words and last_unit >= 100 and not after_zero and 0 < number < 10
        section += number * (last_unit // 10 if short else 1)
    return total + section


def step_of(number: Decimal) -> Decimal:
    """The place of the last digit that is not zero: how far 余 and 多 may reach.

    >>> [int(step_of(Decimal(n))) for n in ("31000", "200000", "35000")]
    [1000, 100000, 1000]
    """
    digits = number.normalize().as_tuple()
    return Decimal(1).scaleb(int(digits.exponent))
