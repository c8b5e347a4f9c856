"""Masking free text: each telephone number, card or id becomes its written token, `[line:9f3a…]`; hosts stay in clear.

Made for narratives and messages as officers and phones write them: glued to Chinese text, with spaces, dashes,
full-width digits. It leans to masking: a run of 16 to 19 digits is taken for an account even when its check digit is
wrong, since victims mistype and an unmasked card in the lake is worse than a masked order number. Short numbers (95588)
need a word such as 拨打 or 来电 beside them, since most five-digit numbers are amounts. Emergency numbers stay clear.

Every pattern is bounded, so work grows linearly with the text, however hostile (tested); look-arounds are ASCII,
since `\\b` does not part digits from Chinese letters. Names of persons are not found here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from chainbreak.base.errors import InputError
from chainbreak.identity.checks import iban_ok, luhn_ok
from chainbreak.identity.domains import host_form
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place
from chainbreak.identity.tokens import token_of
from chainbreak.records import Identifier
from chainbreak.records.finding import write_token

if TYPE_CHECKING:
    from chainbreak.identity.keys import Keyring


class Mention(NamedTuple):
    """One identifier that was masked: kind, token, canonical value (for the vault)."""

    kind: Identifier
    token: int
    value: str


Found = tuple[Identifier, str] | None
"""What a match turned out to be: kind and canonical value; None when it is no identifier after all."""

# One character for one, so that offsets stay those of the original.
_NARROW = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: " ", 0x2010: "-", 0x2011: "-", 0x2013: "-", 0x2014: "-"}
_KINDS = "|".join(kind.value for kind in Identifier)
MARK = re.compile(rf"\[(?P<n>(?P<kind>{_KINDS}):[0-9a-f]{{16}})\]", re.ASCII)
"""A masked identifier in text; group `n` is the written token."""

_HOST = r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,23}(?![A-Za-z0-9_-])"
_EMAIL = re.compile(rf"(?<![A-Za-z0-9._%+-])(?P<n>[A-Za-z0-9._%+-]{{1,64}}@{_HOST})", re.ASCII)
_CLEAR = re.compile(rf"(?<![A-Za-z0-9_.@-])(?P<n>{_HOST})", re.ASCII)
_NEXT = r"[号码群账户为是叫加人微信服务 :,(\"'“‘【\[@]{0,6}"  # what stands between a cue word and the id


def mask(text: str, keys: Keyring, place: Place) -> tuple[str, list[Mention]]:
    """The text with each identifier as its mark, and the identifiers in order of appearance (repeats included).

    Masking a masked text changes nothing. Place is where local numbers without an area code belong.

    >>> import tempfile; from pathlib import Path; from chainbreak.identity.keys import Keyring
    >>> masked, found = mask("嫌疑人13800138000让我加微信abc_123", Keyring.create(Path(tempfile.mkdtemp())), Place())
    >>> masked[:9], [(kind.value, value) for kind, _, value in found]
    ('嫌疑人[line:', [('line', '+8613800138000'), ('chat', 'abc_123')])
    """
    pieces, mentions, end = [], [], 0
    for start, stop, kind, value in _spans(text.translate(_NARROW), place):
        token = token_of(keys.token_key(kind), value)
        pieces += [text[end:start], f"[{write_token(kind, token)}]"]
        mentions.append(Mention(kind, token, value))
        end = stop
    return "".join(pieces) + text[end:], mentions


def hosts(text: str) -> list[str]:
    """The host names in `text`, canonical, distinct, in order of appearance.

    >>> hosts("点击www.jd-kf88.com下载，或 https://T.CN/abc")
    ['www.jd-kf88.com', 't.cn']
    """
    found: dict[str, None] = {}
    for match in _CLEAR.finditer(_EMAIL.sub(" ", text.translate(_NARROW))):
        try:
            found[host_form(match["n"])] = None
        except InputError:
            continue
    return list(found)


def _spans(text: str, place: Place) -> list[tuple[int, int, Identifier, str]]:
    """Start, end, kind and value of each identifier, in order, without overlap: earlier forms go before later ones."""
    taken = bytearray(len(text))
    spans = []
    for pattern, read in FORMS:
        for match in pattern.finditer(text):
            start, stop = match.span("n")
            if any(taken[start:stop]):
                continue
            try:
                found = read(match, place) if read else None
            except InputError:
                continue
            if found:
                spans.append((start, stop, *found))
            if found or not read:
                taken[start:stop] = b"\1" * (stop - start)
    return sorted(spans)


def _as(kind: Identifier) -> Callable[[re.Match[str], Place], Found]:
    return lambda match, place: (kind, normalise(kind, match["n"], place).value)


def _line(match: re.Match[str], place: Place) -> Found:
    normal = normalise(Identifier.LINE, match["n"], place)
    return None if normal.attributes["class"] == "emergency" else (Identifier.LINE, normal.value)


def _china_line(match: re.Match[str], _place: Place) -> Found:
    return _line(match, Place())  # written in a form of the Chinese plan, wherever the centre is


def _iban(match: re.Match[str], place: Place) -> Found:
    written = "".join(match["n"].split())
    return _as(Identifier.ACCOUNT)(match, place) if iban_ok(written) else None


def _digit_run(match: re.Match[str], _place: Place) -> Found:
    digits = re.sub(r"[ -]", "", match["n"])
    # 12 to 15 digits may be an order number or a time stamp: only a right check digit or a word makes them an account.
    if len(digits) >= 16 or match["cue"] or luhn_ok(digits):
        return Identifier.ACCOUNT, digits
    return None


def _chat(match: re.Match[str], _place: Place) -> Found:
    if re.fullmatch(r"1[3-9]\d{9}", match["n"], re.ASCII):
        return _china_line(match, Place())  # "微信同号": the id is a telephone number
    return Identifier.CHAT, match["n"].lower()


_UNITS = r"(?![0-9A-Za-z*]|\.\d|[ ]?(?:元|块|万|千|百|亿|%|人|次|笔|年|号楼|美|USDT|usdt))"
_CALL = r"拨打|致电|来电|电话|座机|固话|短信|客服|热线|号码|呼叫|打给|回拨|显示|冒充"
_CARD = r"卡号?|账号|帐号|账户|帐户|户头|card|account|acct"

Reader = Callable[[re.Match[str], Place], Found] | None

FORMS: tuple[tuple[re.Pattern[str], Reader], ...] = ((MARK, None), (_EMAIL, _as(Identifier.CHAT)), (_CLEAR, None), *(
    (re.compile(pattern, re.ASCII), read)
    for pattern, read in (
        (r"(?<![0-9A-Za-z])(?P<n>[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d{4}[\dXx])(?![0-9A-Za-z])",
         _as(Identifier.PERSON)),
        (r"(?<![A-Za-z0-9])(?P<n>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])", _iban),
        (r"(?:IMEI|imei|Imei|串号|串码)[^0-9A-Za-z\n]{0,6}(?P<n>\d{14,16})(?!\d)", _as(Identifier.IMEI)),
        (rf"(?:微信|薇信|威信|微 信|[Vv]信|[加+][微薇Vv]|(?<![A-Za-z0-9])(?:[Vv][Xx]|[Ww][Xx]|[Ww]e[Cc]hat)){_NEXT}"
         r"(?P<n>[A-Za-z][A-Za-z0-9_-]{5,19}|\d{5,12})(?![A-Za-z0-9_-])", _chat),
        (rf"(?:(?<![A-Za-z0-9])(?:QQ|qq|Qq)|扣扣|企鹅|Q群|加[Qq]){_NEXT}(?P<n>\d{{5,12}})(?!\d)", _chat),
        (rf"(?:飞机|电报|(?<![A-Za-z0-9])(?:[Tt]elegram|TG|tg)){_NEXT}"
         r"(?P<n>[A-Za-z][A-Za-z0-9_]{3,31})(?![A-Za-z0-9_])", _chat),
        (r"(?<![0-9A-Za-z+])(?P<n>(?:\+|00)[1-9](?:[ -]?\d){6,14})(?!\d)", _line),
        (r"(?<![0-9])(?P<n>(?:86[ -]?)?1[3-9]\d[ .-]?\d{4}[ .-]?\d{4})(?!\d)", _china_line),
        (r"(?<![0-9])(?P<n>106\d{5,17}|14[014]\d{10})(?!\d)", _china_line),
        (r"(?<![0-9])(?P<n>[48]00[ -]?\d{3,4}[ -]?\d{3,4})(?!\d)", _china_line),
        (r"(?<![0-9])(?P<n>\(?0\d{2,3}\)?[ -]?[2-9]\d{2,3}[ -]?\d{4})(?!\d)", _china_line),
        (rf"(?P<cue>(?:{_CARD})[^0-9A-Za-z\n]{{0,6}})?(?<![0-9])(?P<n>\d(?:[ -]?\d){{11,18}})(?!\d)", _digit_run),
        (rf"(?:{_CALL})[^0-9\n]{{0,8}}(?<![0-9A-Za-z.])(?P<n>\d{{5,8}}){_UNITS}", _line),
        (r"(?<![0-9A-Za-z.])(?P<n>\d{5,8})(?=[^0-9\n]{0,4}(?:打来|打电话|来电|来短信|发来|发短信|客服|热线|的电话|的短信))",
         _line),
    )
))  # fmt: skip
"""Every form in order of precedence: its pattern, whose group `n` is the identifier; what reads it (None: it stays)."""
