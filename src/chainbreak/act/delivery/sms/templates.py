"""Approved texts and the only way to fill them: no web link, no amount, no number but the published short code.

Fraudsters copy what a centre writes, so a text must never hold what they would change. Two fences: the words of a
template hold no digit and nothing that looks like a link (`faults`, run over all of them by a test and over the one in
use each time), and every place is filled by a value of its type, checked against that type's pattern. What is filled is
allowed by its pattern, not searched for forbidden things.
"""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from chainbreak.base.clock import from_us
from chainbreak.base.errors import InputError, UsageError, did_you_mean
from chainbreak.base.wording import LANGS, Lang

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACES = {
    "name": re.compile(r"[^\W\d_](?:[^\W\d_]|[ ·（）()-]){0,39}"),
    "day": re.compile(r"(?:1[0-2]|[1-9])(?:月(?:3[01]|[12]\d|[1-9])日|/(?:3[01]|[12]\d|[1-9]))"),
    "code": re.compile(r"[A-Z2-9]{4}(?:-[A-Z2-9]{4}){2}"),
    "hotline": re.compile(r"\d{3,8}"),
}
"""Type of a place -> what may stand there, whole: the centre's name in letters, a day of the year, a receipt code
(act/orders/drafting.py), the published short code (which `Published` fixes)."""
_FIGURE = re.compile(r"\d|[〇零一二三四五六七八九幺两]{2,}")
_LINK = re.compile(r"://|www|[a-z0-9]\.[a-z]|[/@#]", re.IGNORECASE)
_MONEY = re.compile(r"[¥￥$€元]|yuan|rmb|cny", re.IGNORECASE)


class Template(BaseModel):
    """One approved text. `valid_h`: hours from its due time after which it is not sent any more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: str = Field(pattern=r"^[a-z]{1,16}$")
    valid_h: int = Field(ge=1, le=720)
    places: dict[str, str]
    zh: str
    en: str


@dataclass(frozen=True)
class Published:
    """What a centre publishes about itself: its name, its short code, its zone."""

    centre: str
    hotline: str
    zone: str


@cache
def templates() -> dict[str, Template]:
    """Every approved text by name."""
    raw = resources.files(__package__).joinpath("templates.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Template]).validate_python(yaml.safe_load(raw))


def template(name: str) -> Template:
    """The approved text `name`.

    Raises:
        UsageError: there is none (CB-DL-204).
    """
    if name not in templates():
        raise UsageError("CB-DL-204", "no such approved text", given=name, allowed=did_you_mean(name, templates()))
    return templates()[name]


def faults(approved: Template) -> list[str]:
    """What bars a template from use; empty for a good one."""
    found = []
    for lang in LANGS:
        pieces = list(string.Formatter().parse(getattr(approved, lang)))
        words = unicodedata.normalize("NFKC", " ".join(piece for piece, *_ in pieces))
        if _FIGURE.search(words):
            found.append(f"{lang}: a digit")
        if _LINK.search(words):
            found.append(f"{lang}: what looks like a link")
        if _MONEY.search(words):
            found.append(f"{lang}: an amount")
        if {name for _, name, *_ in pieces if name is not None} != set(approved.places):
            found.append(f"{lang}: its places are not those listed")
        if any(spec or conversion for _, _, spec, conversion in pieces):
            found.append(f"{lang}: a place with a format")
    return found + [f"no such type: {of}" for of in sorted(set(approved.places.values()) - set(PLACES))]


def fill(approved: Template, lang: Lang, published: Published, values: Mapping[str, str | int]) -> str:
    """The text with its places filled: `centre` and `hotline` from what is published, days from UTC µs, codes as given.

    Raises:
        InputError: the template is not fit for use, or a value does not fit its place (CB-DL-205); the message names
            the place, never the value.
    """
    if wrong := faults(approved):
        raise InputError("CB-DL-205", "not fit for sending", given="; ".join(wrong))
    given = {**values, "centre": published.centre, "hotline": published.hotline}
    filled = {}
    for place, of in approved.places.items():
        value = given.get(place, "")
        text = _day(value, lang, published.zone) if isinstance(value, int) else value
        # Figures written small, ¹ or ₂, count as letters to a pattern.
        if not PLACES[of].fullmatch(text) or (of == "name" and any(char.isdigit() for char in text)):
            raise InputError("CB-DL-205", "not fit for sending", given=f"the value of {place}", allowed=of)
        filled[place] = text
    return str(getattr(approved, lang)).format(**filled)


def _day(at_us: int, lang: Lang, zone: str) -> str:
    day = from_us(at_us, zone)
    return f"{day.month}月{day.day}日" if lang == "zh" else f"{day.month}/{day.day}"
