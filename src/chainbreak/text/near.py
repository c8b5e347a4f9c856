"""Where two numbers meet that are nearly one: patterns with `?` for a digit that is unknown or may be mistyped.

Two values are near when they share a pattern. A full number gives one pattern for each digit that could be wrong, and
the patterns under which officers hide numbers; a masked one gives the latter only, so two masked numbers also meet.
`????` stands for any count of hidden digits. At most 24 patterns a value.
"""

from __future__ import annotations

import re

HIDDEN = "????"
_LINE = re.compile(r"(\+86)?(1[3-9]\d{9})", re.ASCII)
_CARD = re.compile(r"\d{12,19}", re.ASCII)
_MASKED = re.compile(r"((?:\+86)?\d*)\*{4}(\d*)", re.ASCII)
_SHOWN = {"line": ((3, 4), (7, 0)), "account": ((4, 4), (6, 4))}
"""Leading and trailing digits that are left when a number is hidden: the usual ways, by kind."""


def near_values(kind: str, value: str) -> list[str]:
    """The patterns of a canonical value, sorted; none for kinds without digits, short numbers and bare endings.

    >>> near_values("line", "+86138****8000"), near_values("line", "+8613800138000")[:3]
    (['+86138????8000'], ['+861380013800?', '+86138001380?0', '+8613800138?00'])
    >>> near_values("account", "621234****5678"), near_values("line", "CN:95588")
    (['621234????5678', '6212????5678'], [])
    """
    if kind not in _SHOWN:
        return []
    if hidden := _MASKED.fullmatch(value):
        code = "+86" if hidden[1].startswith("+86") else ""
        return sorted({_hide(code, hidden[1].removeprefix(code), hidden[2], *shown) for shown in _SHOWN[kind]} - {""})
    code, digits = _parts(kind, value)
    one_off = {f"{code}{digits[:at]}?{digits[at + 1 :]}" for at in range(1, len(digits))}
    return sorted(one_off | ({_hide(code, digits, digits, *shown) for shown in _SHOWN[kind]} if digits else set()))


def _parts(kind: str, value: str) -> tuple[str, str]:
    if kind == "line":
        mobile = _LINE.fullmatch(value)
        return (mobile[1] or "", mobile[2]) if mobile else ("", "")
    return "", value if _CARD.fullmatch(value) else ""


def _hide(code: str, head: str, tail: str, first: int, last: int) -> str:
    """The pattern that shows `first` digits of head and `last` of tail; empty when they are not all known."""
    if len(head) < first or len(tail) < last:
        return ""
    return f"{code}{head[:first]}{HIDDEN}{tail[len(tail) - last :]}"
