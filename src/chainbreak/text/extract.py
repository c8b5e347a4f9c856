"""What a text mentions, in order of appearance."""

from __future__ import annotations

from chainbreak.identity.masking import _NARROW, _spans
from chainbreak.identity.numbers import Place
from chainbreak.text.mention import Mention


def extract(
    text: str, place: Place | None = None, reported_at_us: int | None = None, zone: str = "Asia/Shanghai"
) -> list[Mention]:
    """The mentions of `text`, sorted by start, none overlapping another."""
    return [
        Mention(kind.value, value, text[start:end], start, end)
        for start, end, kind, value in _spans(text.translate(_NARROW), place or Place())
    ]
