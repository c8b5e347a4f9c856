"""Telephone numbers: mobile, fixed, 400/800, ports of companies, foreign, and short numbers beside a word for calling.

The plan that a number must fit is `identity.numbers`; here are only the ways to write one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainbreak.base.errors import InputError
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place
from chainbreak.records import Identifier
from chainbreak.text.hotlines import HOTLINES
from chainbreak.text.page import COUNTED, NO_MONEY, UNSURE, Found, Page

_CALL = r"拨打|致电|来电|电话|座机|固话|短信|客服|热线|号码|呼叫|打给|回拨|显示|冒充|打了|收到|接到?|打来|联系"
_CHINA = Place()  # written in a form of the Chinese plan, wherever the centre is
_FORMS = tuple(
    (re.compile(pattern, re.ASCII), place, confidence)
    for pattern, place, confidence in (
        (r"(?<![0-9A-Za-z+])(?P<n>(?:\+|00)[1-9](?:[ \-().]{0,2}\d){6,14})(?!\d)", None, 0.95),
        (r"(?<![0-9])(?P<n>(?:86[ -]{0,2})?1[3-9]\d(?:(?P<s>[ .,、/·-]?)\d{4}(?P=s)| ?- ?\d{4} ?- ?)\d{4})(?!\d)",
         _CHINA, 0.98),
        (r"(?<![0-9])(?P<n>1[3-9]\d\d(?P<s>[ .-])\d{3}(?P=s)\d{4})(?!\d)", _CHINA, 0.95),
        (r"(?<![0-9])(?P<n>1(?P<s>[ .,、-])[3-9](?:(?P=s)\d){9})(?!\d)", _CHINA, 0.9),
        (rf"(?<![0-9])(?P<n>106\d{{5,17}}|14[014]\d{{10}})(?!\d){NO_MONEY}", _CHINA, 0.9),
        (rf"(?<![0-9])(?P<n>[48]00[ -]?\d{{3,4}}[ -]?\d{{3,4}})(?!\d){NO_MONEY}", _CHINA, 0.95),
        (r"(?<![0-9])(?P<n>\(?0\d{2,3}\)?[ -]?[2-9]\d{2,3}[ -]?\d{4})(?!\d)", _CHINA, 0.95),
    )
)  # fmt: skip
_SEPARATORS = frozenset(" .,、-/·)")
_DIGITS = re.compile("[0-9]+", re.ASCII)
_FIVE = re.compile("[0-9]{5,}", re.ASCII)
_CALLED = re.compile(rf"(?:{_CALL})[^0-9\n]{{0,4}}$")
_LISTED = re.compile(rf"(?<![0-9A-Za-z.\-])(?P<n>{'|'.join(HOTLINES)})(?!\d|-\d){NO_MONEY}", re.ASCII)
_CUED = re.compile(rf"(?:{_CALL})[^0-9\n]{{0,8}}(?<![0-9A-Za-z.])(?P<n>\d{{5,8}}){NO_MONEY}", re.ASCII)
_CUED_AFTER = re.compile(
    r"(?<![0-9A-Za-z.])(?P<n>\d{5,8})(?=[^0-9\n]{0,4}(?:打来|打进|打电话|来电|来短信|发来|发短信|客服|热线|的电话|的短信|转警))",
    re.ASCII,
)
PATTERNS = (*(pattern for pattern, _, _ in _FORMS), _LISTED, _CUED, _CUED_AFTER)
"""All patterns of this family, for the tests of how their work grows."""

_MONEY = re.compile(r"(?:金额|转账|汇款|损失|共计|合计|充值|支付|佣金|余额|价)[为是:了]{0,2}$")
_HERE = re.compile(r"[2-9]\d{6,7}", re.ASCII)


def phones(page: Page) -> Iterator[Found]:
    """Telephone numbers in full; emergency numbers (110) are no mentions."""
    last, text = 0, page.plain
    for run in _DIGITS.finditer(text):
        start, end = run.span()
        if start < last or (end - start < 3 and text[end : end + 1] not in _SEPARATORS) or not page.free(start, end):
            continue
        found = _first(page, start - 1) if start and text[start - 1] in "+(" else None
        if found := found or _first(page, start):
            yield found
            last = found.end


def _first(page: Page, start: int) -> Found | None:
    """The number that begins there, by the first form that fits."""
    for pattern, place, confidence in _FORMS:
        match = pattern.match(page.plain, start)
        if match and (found := _line(page, *match.span("n"), place or page.place, confidence)):
            return found
    return None


def short_phones(page: Page) -> Iterator[Found]:
    """Hotlines wherever they stand; other numbers of 5 to 8 digits beside a word for calling."""
    for match in page.scan(_FIVE, _LISTED):
        if not _MONEY.search(page.before(match.start("n"), 8)):
            yield from _some(_line(page, *match.span("n"), _CHINA, 0.95))
    for match in _CUED.finditer(page.plain):
        yield from _some(_line(page, *match.span("n"), page.place, 0.8))
    for match in page.scan(_FIVE, _CUED_AFTER):
        yield from _some(_line(page, *match.span("n"), page.place, 0.8))


def _some(found: Found | None) -> tuple[Found, ...]:
    return (found,) if found else ()


def _line(page: Page, start: int, end: int, place: Place, confidence: float) -> Found | None:
    """The telephone number written there, if it is one and is not counted off as something else."""
    if not page.free(start, end) or COUNTED.search(page.before(start, 14)):
        return None
    written = page.plain[start:end].replace(",", "").replace("、", "")
    try:
        normal = normalise(Identifier.LINE, written, place)
    except InputError:
        return None
    if normal.attributes["class"] == "emergency":
        return None
    if written.startswith("00") and not (_dialled(normal.value) or _CALLED.search(page.before(start, 8))):
        return None
    # Ten digits beside a word may be anything; only service numbers and local ones are short.
    if end - start <= 8 and normal.attributes["class"] not in ("service", "short") and not _HERE.fullmatch(written):
        return None
    if end - start <= 8 and written[0] == "0":
        return None
    if end - start > 5 and normal.attributes["class"] == "short":  # in the plan, but nobody's: masked, no mention
        confidence = UNSURE
    return Found("line", normal.value, start, end, confidence, True, ("separators",) if _parted(written) else ())


def _parted(written: str) -> bool:
    return not written.lstrip("+").isdigit()


def _dialled(value: str) -> bool:
    """Whether a number behind the prefix 00 is in a range in use; else any long number would be one."""
    import phonenumbers

    return (
        not value.startswith("+")
        or value.startswith("+86")
        or phonenumbers.is_valid_number(phonenumbers.parse(value, None))
    )
