"""On what terms something is shared: by whom, how far it may travel, how sure, and what sort of thing it is.

Least disclosure: what leaves is the object, its window, the kind of order, a reference to ask under, and the marking.
No name, no victim, no case, no amount, no evidence: an `Entry` holds none but the amount, and that is not read here.
"""

from __future__ import annotations

import importlib.util
from enum import StrEnum
from typing import TYPE_CHECKING, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from chainbreak.act.orders.ranges import open_digits_of
from chainbreak.base.errors import InputError, SetupError
from chainbreak.identity.checks import iban_ok

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry

_SPACE = UUID("0b0c6c1e-6f0e-5b53-9a3c-3f7f6a3f6a51")
"""Names below it are ours (RFC 9562, version 5)."""
Marking = Literal["clear", "green", "amber", "amber+strict", "red"]
"""FIRST Traffic Light Protocol 2.0."""


class Sort(StrEnum):
    """What sort of thing is shared."""

    LINE = "line"
    RANGE = "range"
    """Numbers that differ in their last digits only, written with a `*` for each."""
    DOMAIN = "domain"
    URL = "url"
    ACCOUNT = "account"
    IBAN = "iban"


class Terms(BaseModel):
    """What every sharing partner's settings say."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    publisher: str = Field(min_length=1, max_length=120)
    """Who shares, as partners know it; ids derive from it, so it never changes."""
    marking: Marking = "amber"
    """How far it may travel (TLP 2.0)."""
    confidence: int = Field(default=80, ge=0, le=100)
    """How sure we say we are, 0..100; every entry is an order that people signed."""
    language: Literal["zh", "en"] = "zh"
    """Of names and remarks."""
    ca: str = ""
    """File with the certificates that the partner's server is checked against; empty: the system's own."""


def sort_of(entry: Entry) -> Sort:
    """The sort of thing an entry is about.

    Raises:
        InputError: neither format can say it, as a chat name (CB-DL-160).
    """
    match entry.kind:
        case "number.block":
            return Sort.RANGE if open_digits_of(entry.value) else Sort.LINE
        case "domain.sinkhole":
            return Sort.DOMAIN
        case "funds.hold":
            return Sort.IBAN if iban_ok(entry.value) else Sort.ACCOUNT
        case "takedown.request" if "://" in entry.value:
            return Sort.URL
        case "takedown.request" if "." in entry.value and "@" not in entry.value:
            return Sort.DOMAIN
    raise InputError("CB-DL-160", "such an object cannot be shared", given=f"{entry.order_id} {entry.kind}",
                     allowed="numbers, domains, addresses, accounts")  # fmt: skip


def must_have(part: str) -> None:
    """Let pass only where `part`, a library of the extra `share`, is installed.

    Raises:
        SetupError: it is not (CB-DL-170).
    """
    if importlib.util.find_spec(part) is None:
        raise SetupError("CB-DL-170", "a part for sharing is not installed", given=part,
                         next_step="pip install 'chainbreak[share]'")  # fmt: skip


def shared_uuid(terms: Terms, partner_id: str, *parts: str) -> str:
    """The UUID of something shared with a partner: the same each time it is built, another for every partner.

    >>> shared_uuid(Terms(publisher="a"), "bank", "O-1") == shared_uuid(Terms(publisher="a"), "bank", "O-1")
    True
    """
    return str(uuid5(_SPACE, "\n".join((terms.publisher, partner_id, *parts))))
