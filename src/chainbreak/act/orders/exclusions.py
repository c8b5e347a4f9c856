"""Exclusion lists: emergency lines, hospitals, banks, government, well-known domains.

Entries are public numbers and names in clear. A number without `+` is a short or service number of the centre's country
(`110`, `955…`); with `+` it is E.164. A domain entry covers all names below it, and also meets an order about a name
above it, because blocking that would block the entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from chainbreak.act.orders.ranges import OPEN
from chainbreak.base.errors import InputError
from chainbreak.identity.domains import host_form, is_public_suffix

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
        >>> bank = Exclusion("line", "exact", "+8657187780042")
        >>> [bank.meets("line", about) for about in ("+865718778****", "+865718778004*", "+8657187****")]
        [True, True, False]
        >>> shop = Exclusion("domain", "suffix", "pay.shop.cn")
        >>> shop.meets("domain", "a.pay.shop.cn"), shop.meets("domain", "shop.cn"), shop.meets("domain", "xpay.shop.cn")
        (True, True, False)
        """
        if kind != self.kind:
            return False
        if kind == "domain":
            return value == self.value or value.endswith(f".{self.value}") or self.value.endswith(f".{value}")
        dialled = value if self.value.startswith("+") or kind == "account" else value.partition(":")[2]
        stem = dialled.rstrip(OPEN)
        if stem != dialled and len(self.value) > len(stem):
            # The entry lies inside the range; an exact one only if it is as long as the numbers there.
            fits = len(self.value) <= len(dialled) if self.how == "prefix" else len(self.value) == len(dialled)
            return fits and self.value.startswith(stem)
        return dialled.startswith(self.value) if self.how == "prefix" else dialled == self.value


def hits(conn: Connection, kind: str, value: str) -> tuple[str, ...]:
    """Names of the entries that an order about `value` would touch, sorted.

    A public suffix is an entry of itself: whoever blocks `com.cn` blocks everybody below it.

    Raises:
        InputError: an address without a readable host (CB-ID-010); what cannot be checked is not touched.
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_orders import exclusion as e

    if kind in ("domain", "url"):
        value = host_of(value)
    listed = "domain" if kind == "url" else kind
    rows = conn.execute(select(e.c.kind, e.c.how, e.c.value).where(e.c.retired_at_us.is_(None)))
    found = [entry for entry in (Exclusion(*row) for row in rows) if entry.meets(listed, value)]
    if kind == "domain" and is_public_suffix(value):
        found.append(Exclusion("domain", "public", value))
    return tuple(sorted(entry.name for entry in found))


def reasons(conn: Connection, names: Iterable[str]) -> dict[str, str]:
    """Entry -> why it is listed, as whoever listed it wrote; a public suffix needs no saying.

    The order of `names` is kept.
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_orders import exclusion as e

    wanted = list(names)
    rows = conn.execute(select(e.c.kind, e.c.how, e.c.value, e.c.reason)) if wanted else ()
    known = {Exclusion(*entry).name: reason for *entry, reason in rows}
    return {name: known.get(name, "") for name in wanted}


def host_of(written: str) -> str:
    """The host of a name or an address, as a browser would go to it, in the one form that entries are written in.

    >>> host_of("WWW.Gov.CN."), host_of("https://a@gov%2Ecn:8443/x")
    ('www.gov.cn', 'gov.cn')

    Raises:
        InputError: there is no readable host (CB-ID-010).
    """
    # Browsers take a backslash for a slash.
    address = written.replace("\\", "/")
    try:
        host = unquote((urlsplit(address).hostname if "://" in address else address) or "").lower()
    except ValueError:
        raise InputError(
            "CB-ID-010", "an address without a readable host", given=f"{len(written)} characters"
        ) from None
    try:
        return str(ip_address(host))
    except ValueError:
        return host_form(host)
