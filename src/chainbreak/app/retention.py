"""Retention classes: what is kept how long. A centre sets its own days in `retention.toml` (class = days).

The defaults are placeholders for counsel to confirm, chosen short (minimisation, spec/orders.md section 8); the log's
entries themselves are kept for good, and only their payloads may go.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

LONGEST_DAYS = 36_500


class Store(StrEnum):
    """Where the rows of a class lie, which decides how they are destroyed."""

    QUARANTINE = "quarantine"
    TEXTS = "texts"
    PAYLOADS = "payloads"
    LAKE = "lake"


@dataclass(frozen=True)
class Retention:
    """One class: `days` are kept, counted back from now."""

    name: str
    store: Store
    days: int
    what: str


CLASSES = (
    Retention("quarantine", Store.QUARANTINE, 30, "originals of rejected rows"),
    Retention(
        "text", Store.TEXTS, 90, "original texts of messages and reports, words of statements; masked copies stay"
    ),
    Retention("reveal", Store.PAYLOADS, 365, "payloads of reveals in the log; the entries stay"),
    Retention("lookup", Store.LAKE, 90, "domain look-ups"),
    Retention("call", Store.LAKE, 180, "call records"),
    Retention("hotlist", Store.LAKE, 180, "hits of hot lists"),
    Retention("message", Store.LAKE, 180, "messages, masked"),
    Retention("registration", Store.LAKE, 365, "platform registrations"),
    Retention("transfer", Store.LAKE, 1_825, "transfers"),
)
"""Texts come before the lake kinds whose rows name them."""


def retention_classes(office: Office) -> list[Retention]:
    """The classes with this centre's days.

    Raises:
        SetupError: retention.toml names an unknown class or no number of days (CB-PU-001).
    """
    path = office.centre.root / "retention.toml"
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SetupError("CB-PU-001", "retention.toml cannot be read", next_step=f"correct {path.name}") from None
    names = {c.name for c in CLASSES}
    for name, days in given.items():
        if name not in names or type(days) is not int or not 1 <= days <= LONGEST_DAYS:
            raise SetupError(
                "CB-PU-001", "retention.toml is wrong", given=f"{name} = {days}",
                allowed=f"days 1..{LONGEST_DAYS} for {', '.join(sorted(names))}",
            )  # fmt: skip
    return [replace(c, days=given.get(c.name, c.days)) for c in CLASSES]
