"""Masking free text: each telephone number, card or id becomes its written token, `[line:9f3a…]`; hosts stay in clear.

Built on the extractor, so a number that is spelled out, circled or split by invisible characters is masked as well as
a plain one. It leans to masking: what the extractor is too unsure of to call a mention (a run of 16 digits with a wrong
check digit, an order number of that length) is masked too, since a card in the lake is worse than a masked order.
Numbers that their writer masked (138****8000), endings, and emergency numbers stay. Names of persons are not found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chainbreak.identity.numbers import Place
from chainbreak.identity.tokens import token_of
from chainbreak.records import Identifier
from chainbreak.records.finding import write_token
from chainbreak.text.extract import NUMBERS, read
from chainbreak.text.hosts import emails, host_names
from chainbreak.text.marks import MARK
from chainbreak.text.mention import MASKED
from chainbreak.text.page import Found, Page

if TYPE_CHECKING:
    from chainbreak.identity.keys import Keyring

__all__ = ["MARK", "Mention", "hosts", "mask", "mask_and_name"]

MOST_ROUNDS = 8
"""Times a masked text is read again; one is the rule, and a text made to need more gets no more."""

_HIDDEN = {kind.value: kind for kind in Identifier if kind is not Identifier.IP}


class Mention(NamedTuple):
    """One identifier that was masked: kind, token, canonical value (for the vault)."""

    kind: Identifier
    token: int
    value: str


def mask(text: str, keys: Keyring, place: Place) -> tuple[str, list[Mention]]:
    """The text with each identifier as its mark, and the identifiers in order of appearance (repeats included).

    Masking a masked text changes nothing. Place is where local numbers without an area code belong.

    >>> import tempfile; from pathlib import Path; from chainbreak.identity.keys import Keyring
    >>> masked, found = mask("嫌疑人13800138000让我加微信abc_123", Keyring.create(Path(tempfile.mkdtemp())), Place())
    >>> masked[:9], [(kind.value, value) for kind, _, value in found]
    ('嫌疑人[line:', [('line', '+8613800138000'), ('chat', 'abc_123')])
    """
    masked, mentions, _ = mask_and_name(text, keys, place)
    return masked, mentions


def mask_and_name(text: str, keys: Keyring, place: Place) -> tuple[str, list[Mention], list[str]]:
    """What `mask` returns, and with it what `hosts` does, for the price of one reading."""
    masked, mentions, named = _once(text, keys, place)
    # What a mark replaced may have kept a neighbour from being read: until nothing more is found.
    more = mentions
    for _ in range(MOST_ROUNDS):
        if not more:
            break
        masked, more, _ = _once(masked, keys, place)
        mentions = mentions + more
    return masked, mentions, named


def hosts(text: str) -> list[str]:
    """The host names in `text`, canonical, distinct, in order of appearance.

    >>> hosts("点击www.jd-kf88.com下载，或 https://T.CN/abc")
    ['www.jd-kf88.com', 't.cn']
    """
    page = Page(text, Place())
    read(page, (emails,))
    return list(dict.fromkeys(name for _, _, name in host_names(page)))


def _once(text: str, keys: Keyring, place: Place) -> tuple[str, list[Mention], list[str]]:
    page = Page(text, place)
    names: dict[str, None] = {}

    def in_clear(page: Page) -> tuple[Found, ...]:
        """Take the hosts, and only them: a number in the path of a URL is masked."""
        for start, end, name in host_names(page):
            page.take(start, end)
            names[name] = None
        return ()

    pieces, mentions, end = [], [], 0
    for found in read(page, (emails, in_clear, *NUMBERS)):
        kind = _HIDDEN.get(found.kind)
        if kind is None or MASKED in found.steps:
            continue
        start, stop = page.origin.origin(found.start, found.end)
        token = token_of(keys.token_key(kind), found.value)
        pieces += [text[end:start], f"[{write_token(kind, token)}]"]
        mentions.append(Mention(kind, token, found.value))
        end = stop
    return "".join(pieces) + text[end:], mentions, list(names)
