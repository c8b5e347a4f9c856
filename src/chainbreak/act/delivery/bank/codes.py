"""Reason codes as this centre understands them: meaning, and what a person does next. Our own table, versioned.

Schemas do not check codes (`ZZZZ` validates), so whatever is sent or read is looked up here first.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field

from chainbreak.base.errors import InputError
from chainbreak.base.wording import Lang


class Text(BaseModel):
    """One sentence in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def word(self, lang: Lang) -> str:
        """The sentence in one of them."""
        return self.zh if lang == "zh" else self.en


class Reason(Text):
    """What an answer's code means; `within_min`: minutes in which the next step is due."""

    next: Text
    within_min: int = Field(gt=0)

    def told(self, lang: Lang) -> str:
        """Meaning and next step in one line.

        >>> reason("AM04").told("en")
        'the money is no longer there: trace onward at once and draft holds on the next accounts'
        """
        return f"{self.word(lang)}{'：' if lang == 'zh' else ': '}{self.next.word(lang)}"


class Resolution(Reason):
    """How a recall stands: given back (`full`), refused, or pending ("")."""

    outcome: Literal["full", "rejected", ""]


Row = TypeVar("Row", bound=Text)


class Table(BaseModel):
    """The whole table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    recall: dict[str, Text]
    answers: dict[str, Resolution]
    reasons: dict[str, Reason]


@cache
def table() -> Table:
    """The table of this release."""
    text = resources.files(__package__).joinpath("codes.yaml").read_text(encoding="utf-8")
    return Table.model_validate(yaml.safe_load(text))


def recall_reason(code: str) -> Text:
    """Why a payment may be asked back.

    Raises:
        InputError: not in our table (CB-DL-143).
    """
    return _known(code, table().recall)


def resolution(code: str) -> Resolution:
    """How a recall stands.

    Raises:
        InputError: not in our table (CB-DL-143).
    """
    return _known(code, table().answers)


def reason(code: str) -> Reason:
    """Why a bank refused, or did only a part.

    Raises:
        InputError: not in our table (CB-DL-143).
    """
    return _known(code, table().reasons)


def _known(code: str, rows: dict[str, Row]) -> Row:
    if code not in rows:
        raise InputError("CB-DL-143", "a reason code that is not in our table", given=code[:16],
                         allowed=", ".join(rows))  # fmt: skip
    return rows[code]
