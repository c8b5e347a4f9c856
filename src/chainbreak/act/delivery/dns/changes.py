"""What an update message says: names barred, marked, cleared. Each fills a message; nothing is sent here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.TXT

from chainbreak.act.delivery.dns.records import owners

if TYPE_CHECKING:
    from dns.rdata import Rdata
    from dns.update import UpdateMessage

    from chainbreak.act.delivery.dns.records import Bar

Fill = Callable[["UpdateMessage"], None]


def cname(target: str) -> Rdata:
    """A record that leads to `target`."""
    made: Rdata = dns.rdtypes.ANY.CNAME.CNAME(  # type: ignore[no-untyped-call]
        dns.rdataclass.IN, dns.rdatatype.CNAME, dns.name.from_text(target)
    )
    return made


def text(*strings: str) -> Rdata:
    """A text record."""
    made: Rdata = dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, strings)
    return made


def all_of(*fills: Fill) -> Fill:
    """Several changes of one zone in one message."""

    def fill(message: UpdateMessage) -> None:
        for each in fills:
            each(message)

    return fill


def barring(bars: Sequence[Bar], ttl_s: int) -> Fill:
    """Add the two records of each name; a CNAME takes the place of another (RFC 2136, 3.4.2.2)."""

    def fill(message: UpdateMessage) -> None:
        for bar in bars:
            target = cname(bar.leads_to)
            for owner in owners(bar.value):
                message.add(owner, ttl_s, target)

    return fill


def clearing(bars: Sequence[Bar]) -> Fill:
    """Remove the two records of each name."""

    def fill(message: UpdateMessage) -> None:
        for bar in bars:
            for owner in owners(bar.value):
                message.delete(owner, "CNAME")

    return fill


def marking(bars: Sequence[Bar], ttl_s: int) -> Fill:
    """Write the mark of each name, in the place of an older one."""

    def fill(message: UpdateMessage) -> None:
        for bar in bars:
            message.replace(bar.value, ttl_s, text(*bar.strings))

    return fill


def unmarking(bars: Sequence[Bar]) -> Fill:
    """Remove the mark of each name."""

    def fill(message: UpdateMessage) -> None:
        for bar in bars:
            message.delete(bar.value, "TXT")

    return fill
