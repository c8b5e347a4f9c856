"""Exclusion lists: emergency lines, hospitals, banks, government, well-known domains.

Entries are public numbers and names in clear. A number without `+` is a short or service number of the centre's country
(`110`, `955…`); with `+` it is E.164. A domain entry covers all names below it, and also meets an order about a name
above it, because blocking that would block the entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sqlalchemy import Connection

LISTED_KINDS = frozenset({"line", "account", "domain", "url"})
"""Kinds of object that lists exist for; a SIM, a handset or a cell has none."""


@dataclass(frozen=True)
class Exclusion:
    """One entry: `kind` line, account or domain; `how` exact, prefix or suffix."""

    kind: str
    how: str
    value: str

    @property
    def name(self) -> str:
        """How an order names the entry that it sets aside."""
        return f"{self.kind}:{self.how}:{self.value}"

    def meets(self, kind: str, value: str) -> bool:
        """Whether an order about `value` (canonical form, in clear) would touch this entry.

        >>> Exclusion("line", "prefix", "955").meets("line", "CN:95588")
        True
        >>> Exclusion("line", "prefix", "955").meets("line", "+869551234567")  # a landline of area 0955
        False
        >>> shop = Exclusion("domain", "suffix", "pay.shop.cn")
        >>> shop.meets("domain", "a.pay.shop.cn"), shop.meets("domain", "shop.cn"), shop.meets("domain", "xpay.shop.cn")
        (True, True, False)
        """
        if kind == "url":
            kind, value = "domain", (urlsplit(value).hostname or "").lower()
        if kind != self.kind:
            return False
        if kind == "domain":
            return value == self.value or value.endswith(f".{self.value}") or self.value.endswith(f".{value}")
        dialled = value if self.value.startswith("+") or kind == "account" else value.partition(":")[2]
        return dialled.startswith(self.value) if self.how == "prefix" else dialled == self.value


def hits(conn: Connection, kind: str, value: str) -> tuple[str, ...]:
    """Names of the entries that an order about `value` would touch, sorted."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_orders import exclusion as e

    entries = (Exclusion(*row) for row in conn.execute(select(e.c.kind, e.c.how, e.c.value)))
    return tuple(sorted(entry.name for entry in entries if entry.meets(kind, value)))
