"""Formats that partners take orders in, and the room that speaks each.

A room offers `Settings` (a pydantic model), `NEEDS` (names of the secrets it reads) and `open_point(setup)`; one whose
servers need configuration offers `config(…)` too; `NEEDS_OVER_TLS` names those of its secrets that only an address over
https needs. Rooms are imported when first used.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from chainbreak.act.delivery.point import Point, Setup

ANY = None
NONE = frozenset[str]()
_HERE = "chainbreak.act.delivery"
FORMATS: dict[str, tuple[str, frozenset[str] | None]] = {
    "rpz": (f"{_HERE}.folder", frozenset({"domain.sinkhole"})),
    "numbers": (f"{_HERE}.folder", frozenset({"number.block"})),
    "holds": (f"{_HERE}.folder", frozenset({"funds.hold"})),
    "requests": (f"{_HERE}.folder", ANY),
    "dns": (f"{_HERE}.dns", frozenset({"domain.sinkhole"})),
    "sip": (f"{_HERE}.sip", frozenset({"number.block"})),
    "bank": (f"{_HERE}.bank", frozenset({"funds.hold"})),
    "misp": (f"{_HERE}.sharing.misp", frozenset({"domain.sinkhole", "number.block", "funds.hold", "takedown.request"})),
    "taxii": (f"{_HERE}.sharing.taxii", frozenset({"domain.sinkhole", "number.block", "funds.hold",
                                                    "takedown.request"})),
    "lookup": (f"{_HERE}.lookup", frozenset({"domain.sinkhole", "number.block", "funds.hold"})),
    "dnsbl": (f"{_HERE}.lookup.dnsbl", frozenset({"domain.sinkhole", "number.block"})),
    "sms": (f"{_HERE}.sms", NONE),
    "push": (f"{_HERE}.webhook", NONE),
    "bankdesk": (f"{_HERE}.webhook.bankdesk", NONE),
}  # fmt: skip
"""Format -> its room, and the kinds of order it can say; `ANY`: every kind, `NONE`: none, so nothing is compared."""
IN_FOLDERS = frozenset({"rpz", "numbers", "holds", "requests"})
"""Formats that are files under out/."""
_WEB = ("https", "http")
SCHEMES: dict[str, tuple[str, ...]] = {
    "dns": ("dns",), "dnsbl": ("dns",), "sip": _WEB, "bank": _WEB, "misp": _WEB, "taxii": _WEB, "lookup": _WEB,
    "sms": ("smpp", "smpps"), "push": _WEB, "bankdesk": _WEB,
}  # fmt: skip
"""How the address of a partner of each format begins; whether http will do there is for its room to say."""


SAY_RANGES = frozenset({"sip", "numbers", "requests"})
"""Formats that can say a range of numbers; others keep single values, or only their digests."""


def can_say_ranges(format_: str) -> bool:
    """Whether a format can say an order about a range of numbers.

    >>> can_say_ranges("sip"), can_say_ranges("lookup")
    (True, False)
    """
    return format_ in SAY_RANGES


def can_say(format_: str, kind: str) -> bool:
    """Whether a format can say an order of this kind.

    >>> can_say("dns", "domain.sinkhole"), can_say("dns", "funds.hold"), can_say("requests", "lead.site")
    (True, False, True)
    """
    kinds = FORMATS[format_][1]
    return kinds is None or kind in kinds


def carries_orders(format_: str) -> bool:
    """Whether partners of a format hold orders at all.

    >>> carries_orders("requests"), carries_orders("sms")
    (True, False)
    """
    return FORMATS[format_][1] != NONE


def room_of(format_: str) -> ModuleType:
    """The module that speaks a format.

    Raises:
        UsageError: no such format (CB-US-001).
    """
    if format_ not in FORMATS:
        raise UsageError("CB-US-001", "no such format", given=format_, allowed=did_you_mean(format_, FORMATS))
    return importlib.import_module(FORMATS[format_][0])


def open_point(format_: str, setup: Setup) -> Point:
    """The enforcement point of a partner.

    Raises:
        SetupError: a secret or an optional part is missing.
    """
    room: Any = room_of(format_)
    point: Point = room.open_point(setup)
    return point
