"""A text as pieces that can be counted: runs of 1 to 4 signs, and runs of 1 to 2 tokens, with where they stand.

Digits all read as 0: a number says who, not what, while its length may say what it is. Signs nobody sees are left out,
wide forms read as narrow ones, capitals as small letters, and any white space is one blank.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W_]+|[^\w\s]")
_MOST_SIGNS = 20_000
"""A text is read so far; the longest report seen has a few thousand signs."""


class Block(NamedTuple):
    """One family of pieces: `low` to `high` neighbouring units, `char` or `token`."""

    unit: str
    low: int
    high: int


class Piece(NamedTuple):
    """One piece where it stands: `start`, `end` are code points of the given text."""

    gram: str
    start: int
    end: int


class Prepared(NamedTuple):
    """The text as it is counted, a sign each, and where each sign stands in the given text."""

    text: str
    at: tuple[int, ...]


def prepared(text: str) -> Prepared:
    """The text in the one form that is counted.

    >>> prepared("转 \\n１２元 A\\u200bpp").text
    '转 00元 app'
    """
    signs: list[str] = []
    at: list[int] = []
    for here, given in enumerate(text[:_MOST_SIGNS]):
        sign = _plain(given)
        if sign and not (sign == " " and (not signs or signs[-1] == " ")):
            signs.append(sign)
            at.append(here)
    return Prepared("".join(signs), tuple(at))


@lru_cache(maxsize=1 << 16)
def _plain(sign: str) -> str:
    if sign.isspace():
        return " "
    if sign.isascii():
        return "0" if sign.isdigit() else sign.lower()
    if unicodedata.category(sign) in ("Cf", "Cc", "Mn"):
        return ""
    narrow = unicodedata.normalize("NFKC", sign).lower()
    narrow = narrow if len(narrow) == 1 else sign
    return "0" if narrow.isdigit() else narrow


def pieces(text: str, block: Block) -> list[Piece]:
    """Every piece of one family, repeats too, in order of start then length.

    >>> [p.gram for p in pieces("刷单", Block("char", 1, 2))]
    ['刷', '刷单', '单']
    >>> pieces("Loan 88 now", Block("token", 1, 2))[1]
    Piece(gram='loan\\x1f00', start=0, end=7)
    """
    ready = prepared(text)
    units = (
        [(i, i + 1) for i in range(len(ready.text))]
        if block.unit == "char"
        else [match.span() for match in _TOKEN.finditer(ready.text)]
    )
    found = []
    for i, (start, _) in enumerate(units):
        for j in range(i + block.low - 1, min(i + block.high, len(units))):
            end = units[j][1]
            gram = (
                ready.text[start:end]
                if block.unit == "char"
                else _JOIN.join(ready.text[a:b] for a, b in units[i : j + 1])
            )
            found.append(Piece(gram, ready.at[start], ready.at[end - 1] + 1))
    return found


_JOIN = "\x1f"


def grams(text: str, block: Block) -> list[str]:
    """The pieces of `pieces` without their places; the quicker way to count."""
    ready = prepared(text).text
    if block.unit == "char":
        return [ready[i : i + n] for n in range(block.low, block.high + 1) for i in range(len(ready) - n + 1)]
    tokens = _TOKEN.findall(ready)
    return [_JOIN.join(tokens[i : i + n]) for n in range(block.low, block.high + 1) for i in range(len(tokens) - n + 1)]
