"""Numbers of which a text shows only parts: masked (138****8000), endings (尾号8000), or split over a sentence.

A masked number is a pattern and never becomes one number; a split one is joined when the parts make a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainbreak.identity.checks import luhn_ok
from chainbreak.text.accounts import CUE
from chainbreak.text.mention import JOINED, MASKED
from chainbreak.text.page import Found, Page

_MASKED = re.compile(
    r"(?<![0-9A-Za-z*])(?P<n>(?:\+?86[ -]?)?(?P<a>\d{3,12})"
    r"(?P<m>[*xX×●#_某]{2,14}|…{1,4}|\.{3,8})(?P<b>\d{3,6}[Xx]?)?)(?![0-9A-Za-z*])",
    re.ASCII,
)
_SPLIT = re.compile(
    r"(?:[前头](?:面|边|[一二三四五六七八九十\d]{1,2}位)(?:数字?)?|先发了?|开头)(?:是|为|:)?[ “\"]?"
    r"(?P<n>(?P<a>\d{3,12})(?P<gap>(?:[^0-9\n]|\d位){1,20}?)(?P<b>\d{3,16}))(?!\d)",
    re.ASCII,
)
_ENDS = re.compile(
    r"(?P<n>(?<!\d)(?P<a>\d{3,8})(?:开头|打头)[^0-9\n]{0,8}(?P<b>\d{3,8})(?:结尾|收尾)|"
    r"(?<!\d)(?P<c>\d{3,8})(?:开头|打头)[^0-9\n]{0,8}尾号[为是:]{0,2}(?P<d>\d{3,6}))(?!\d)",
    re.ASCII,
)
_TAIL = re.compile(r"尾号[为是:]{0,2}[ (]?(?P<n>\d{4})(?!\d)", re.ASCII)
_HIDES = re.compile(r"[0-9](?:[*×●#_某…xX]|\.{3})", re.ASCII)
_HEAD = re.compile(r"\+?[0-9]+", re.ASCII)
_SPLITS = re.compile("[前头先开]")
PATTERNS = (_MASKED, _SPLIT, _ENDS, _TAIL)

_LINE_HEAD = re.compile(r"1[3-9]\d{1,9}", re.ASCII)
_LINE_CUE = re.compile(r"(?:手机|电话|号码|来电)[^0-9\n,。]{0,4}$")
_LINE_AFTER = re.compile(r"[^0-9\n,。]{0,3}(?:手机|电话|号码|用户|机主|男|女)")
_NO_TAIL = re.compile(r"(?:车牌?|身份证|证件|护照)[^0-9\n]{0,4}$")
_TAIL_WORD = re.compile("[后尾剩末余接再]|又发|结尾|收尾")
_SHORT_TAIL = re.compile("[后末最][一二三四五六4-6]?位|尾|结尾|收尾")


def masked(page: Page) -> Iterator[Found]:
    """Numbers with hidden digits: patterns of kind line or account; masked identity cards are passed over."""
    if not _HIDES.search(page.plain):
        return
    for match in page.scan(_HEAD, _MASKED):
        head, hidden, tail = match["a"], match["m"], match["b"] or ""
        kind = _kind(head, hidden, tail, CUE.search(page.before(match.start(), 24)) is not None)
        if kind:
            value = f"{'+86' if kind == 'line' else ''}{head}****{tail}"
            yield Found(kind, value, *match.span("n"), 0.3, False, (MASKED,))
        elif len(head) >= 4 and hidden[0] in "*×●xX":
            page.take(*match.span("n"))


def _kind(head: str, hidden: str, tail: str, cued: bool) -> str | None:
    dots = hidden[0] in "….#_某"
    exact = len(head) + len(hidden) + len(tail) == 11
    if _LINE_HEAD.fullmatch(head) and (exact or (not dots and len(head) == 3 and len(tail) == 4)):
        return "line" if len(head) <= 7 else None
    if len(head) < 4 or len(tail) < 3 or not tail.isdigit():
        return None
    # An identity card with its birthday hidden has 18 characters, too.
    if len(head) >= 6 and len(head) + len(hidden) + len(tail) == 18 and not head.startswith("62"):
        return None
    return "account" if cued or (head[:2] in ("62", "60") or (head[0] in "345" and not dots)) else None


def split(page: Page) -> Iterator[Found]:
    """Parts that a sentence puts together: a whole number when they make one, else a pattern."""
    for match in page.scan(_SPLITS, _SPLIT):
        gap = match["gap"]
        if _TAIL_WORD.search(gap):
            yield from _joined(match["a"], match["b"], *match.span("n"), bool(_SHORT_TAIL.search(gap)))
    for match in page.scan(_HEAD, _ENDS) if "头" in page.plain else ():
        yield from _joined(match["a"] or match["c"], match["b"] or match["d"], *match.span("n"), True)


def _joined(head: str, tail: str, start: int, end: int, ending: bool) -> Iterator[Found]:
    whole = head + tail
    if re.fullmatch(r"1[3-9]\d{9}", whole, re.ASCII):
        yield Found("line", f"+86{whole}", start, end, 0.5, True, (JOINED,))
    elif 16 <= len(whole) <= 19:
        yield Found("account", whole, start, end, 0.4, luhn_ok(whole), (JOINED,))
    elif ending and len(whole) < 16:
        line = _LINE_HEAD.fullmatch(head) and len(whole) < 11
        kind, value = ("line", f"+86{head}****{tail}") if line else ("account", f"{head}****{tail}")
        if line or len(head) >= 4:
            yield Found(kind, value, start, end, 0.3, False, (JOINED, MASKED))


def tails(page: Page) -> Iterator[Found]:
    """The last four digits alone (尾号8000): a pattern that no other number shares, shown for the reader's sake."""
    for match in _TAIL.finditer(page.plain):
        before = page.before(match.start(), 8)
        if not _NO_TAIL.search(before):
            after = page.plain[match.end() : match.end() + 8]
            kind = "line" if _LINE_CUE.search(before) or _LINE_AFTER.match(after) else "account"
            yield Found(kind, f"****{match['n']}", *match.span("n"), 0.2, False, (MASKED,))
