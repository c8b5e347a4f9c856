"""One text under reading: its folded forms, which places are taken, and what was found so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from chainbreak.identity.numbers import Place
from chainbreak.text.fold import Folded, fold, plain_digits


class Found(NamedTuple):
    """A mention before its place in the original is known: `start` and `end` are those of the folded text."""

    kind: str
    value: str
    start: int
    end: int
    confidence: float = 0.95
    valid: bool = True
    steps: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


class Page:
    """A text being read.

    `folded` keeps letters as written, `plain` has spelled digits as digits; both have the same length. A place once
    taken is not read again: families that know more go first.
    """

    def __init__(self, text: str, place: Place) -> None:
        self.original = text
        self.place = place
        self.origin: Folded = fold(text)
        self.folded = self.origin.text
        self._taken = bytearray(len(self.folded))

    @cached_property
    def plain(self) -> str:
        """The folded text with spelled and disguised digits as digits."""
        return plain_digits(self.folded)

    def scan(self, trigger: re.Pattern[str], *patterns: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """The first of `patterns` that matches at each free place where `trigger` begins, on digits as digits.

        A trigger is a class of characters, which `re` skips to; a pattern alone would be tried at every character.
        """
        text, taken, last = self.plain, self._taken, 0
        for found in trigger.finditer(text):
            start = found.start()
            if start < last or taken[start]:
                continue
            for pattern in patterns:
                if match := pattern.match(text, start):
                    yield match
                    last = match.end()
                    break

    def free(self, start: int, end: int) -> bool:
        """Whether nothing was taken from start to end."""
        return self._taken.find(1, start, end) < 0

    def take(self, start: int, end: int) -> None:
        """Keep others away from a place."""
        self._taken[start:end] = b"\1" * (end - start)

    def before(self, at: int, reach: int) -> str:
        """Up to `reach` characters in front of a place."""
        return self.plain[max(0, at - reach) : at]

    def surface(self, start: int, end: int) -> str:
        """The original of a span."""
        begin, stop = self.origin.origin(start, end)
        return self.original[begin:stop]


UNSURE = 0.1
"""Confidence of what is masked to be on the safe side, and is no mention."""

Family = Callable[[Page], Iterable[Found]]
"""Finds one family of mentions on a page; yields only free places, which the reader then takes."""

NO_MONEY = r"(?![0-9A-Za-z*]|\.\d| ?(?:元|块|万|千|百|亿|%|人|次|笔|年|号楼|美|个|张|条|名|位|单|多|余|USDT|usdt))"
"""What does not follow a short number or id: then it would be an amount or a count."""

COUNTED = re.compile(
    r"(?:订单|单号|运单|快递单|快件|流水|编号|凭证|案件|警情|合同|保单|发票|代码|工号|邮编|验证码|密码|学号|股票|车牌|"
    r"航班|票号|备案|回单|社保|楼号|门牌|房号|等级|步数)[号码为是:]{0,3}[^0-9\n,;。]{0,4}$"
)
"""What stands before orders, bills and codes, which are no telephones or accounts."""
