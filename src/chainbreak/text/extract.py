"""What a text mentions, each thing with its place in the text as it was written.

Families go in order of how sure they are, and what one took the next cannot have: marks of masking, mail and hosts,
documents, named accounts, chat ids beside their words, telephones, accounts, parts of numbers, short numbers, times,
apps, amounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chainbreak.identity.numbers import Place
from chainbreak.text.accounts import accounts, named_accounts
from chainbreak.text.amounts import amounts
from chainbreak.text.apps import apps
from chainbreak.text.chats import chats
from chainbreak.text.fold import steps
from chainbreak.text.hosts import emails, hosts
from chainbreak.text.marks import MARK
from chainbreak.text.mention import Mention
from chainbreak.text.page import Family, Found, Page
from chainbreak.text.partial import masked, split, tails
from chainbreak.text.people import people
from chainbreak.text.phones import phones, short_phones
from chainbreak.text.roles import roles
from chainbreak.text.times import times

VERSION = "extract@1"
"""What reads mentions; changes whenever a text would be read otherwise. Kept beside whatever was read by it."""
FLOOR = 0.2
"""Confidence below which a find is no mention; masking hides it nevertheless."""

_HERE = Place()
NUMBERS: tuple[Family, ...] = (
    people, named_accounts, split, chats, phones, masked, accounts, tails, short_phones
)  # fmt: skip
"""The families of identifiers, after hosts and before the rest."""


def extract(
    text: str, place: Place = _HERE, reported_at_us: int | None = None, zone: str = "Asia/Shanghai", marks: bool = False
) -> list[Mention]:
    """The mentions of `text`, sorted by start, none overlapping another.

    `place` is where local numbers belong; relative times hang on `reported_at_us` (µs UTC) in `zone`. With `marks`, the
    marks of a masked text are mentions as well: `value` is the written token, the step is `token`.

    >>> [(m.kind, m.value, m.surface) for m in extract("加薇❤：abc_123，网址jd-kf88点com，损失3万5")]
    [('chat', 'abc_123', 'abc_123'), ('domain', 'jd-kf88.com', 'jd-kf88点com'), ('amount', '3500000', '3万5')]
    """
    page = Page(text, place)
    quantities: tuple[Family, ...] = (partial(times, reported_at_us=reported_at_us, zone=zone), apps, amounts)
    found = [f for f in read(page, (emails, hosts, *NUMBERS, *quantities)) if f.confidence >= FLOOR]
    if marks:
        found = sorted([*found, *_marks(page)], key=lambda f: f.start)
    return [_mention(page, one, role) for one, role in zip(found, roles(page, found), strict=True)]


def read(page: Page, families: tuple[Family, ...]) -> list[Found]:
    """What the families find on a page, sorted by start; marks of masking are left alone."""
    for mark in MARK.finditer(page.folded):
        page.take(*mark.span())
    return sorted((found for family in families for found in _taking(page, family)), key=lambda f: f.start)


def _marks(page: Page) -> Iterator[Found]:
    for mark in MARK.finditer(page.folded):
        yield Found(mark["kind"], mark["n"], *mark.span(), 1.0, True, ("token",))


def _taking(page: Page, family: Family) -> Iterator[Found]:
    for found in family(page):
        if page.free(found.start, found.end):
            page.take(found.start, found.end)
            yield found


def _mention(page: Page, found: Found, role: str) -> Mention:
    start, end = page.origin.origin(found.start, found.end)
    surface = page.original[start:end]
    how = (*steps(surface), *found.steps)
    if not how and found.kind not in ("amount", "time") and page.plain[found.start : found.end] != surface:
        how = ("homoglyph",)
    return Mention(
        found.kind, found.value, surface, start, end, how, found.valid, role, found.confidence, found.low, found.high
    )  # fmt: skip
