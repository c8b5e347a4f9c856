"""What is done at the door, by type of fraud: questions that are answered yes, no or not asked, in both languages.

The items are about the fraud and about what was done against it, never about the household. They stand in
`checklists.yaml`; a change there raises the list's version, which each result carries.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field

ANSWERS = ("yes", "no", "unasked")


class Item(BaseModel):
    """One question; `name` is what results keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z_]{2,24}$")
    zh: str
    en: str


class Checklist(BaseModel):
    """The items of one type of fraud, those that every type has first. `named`: type and version, for results."""

    model_config = ConfigDict(frozen=True)

    named: str
    items: list[Item]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    every: list[Item] = Field(min_length=1)
    of: dict[str, list[Item]]


@cache
def checklists() -> dict[str, Checklist]:
    """Every checklist by type of fraud; "" is the one of a type that has none of its own, or is not known."""
    raw = resources.files(__package__).joinpath("checklists.yaml").read_text(encoding="utf-8")
    file = _File.model_validate(yaml.safe_load(raw))
    found = {"": Checklist(named=f"every@{file.version}", items=file.every)}
    for fraud, items in file.of.items():
        found[fraud] = Checklist(named=f"{fraud}@{file.version}", items=[*file.every, *items])
    return found


def checklist_of(fraud: str) -> Checklist:
    """The checklist of a type of fraud.

    >>> checklist_of("police").named, checklist_of("unheard of").named
    ('police@1', 'every@1')
    """
    known = checklists()
    return known.get(fraud, known[""])
