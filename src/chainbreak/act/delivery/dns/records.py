"""Names and records: how an order looks in the policy zones, and its mark beside them.

In `hot` or `cold` a name is two records, apex and wildcard, `CNAME .` (the name does not exist) or to the warning page.
In `marks` it is one text record of three strings: order, end in UTC µs, and where the two records lead. A name that was
let go while it stood in `cold` leads to `rpz-passthru.` in `hot` and in its mark, until the next move.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainbreak.act.delivery.entry import Mark
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry

NOWHERE = "."
PASSTHRU = "rpz-passthru."
"""The name resolves as if no zone named it."""
MOVED = re.compile(r"moved-\d+\.example")
"""A name made up for one move from `hot` to `cold`; under `.example`, which nobody can own (RFC 2606)."""
WARNING_PAGE = "warning_page"
MESSAGE_BYTES = 60_000
"""A DNS message over TCP holds 65,535 bytes; the rest is for the question, the key and the signature."""
REFRESH_S = 5
"""How often a resolver asks by itself: after a restart, or when a notification was lost, it is no further behind."""
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}", re.ASCII)


@dataclass(frozen=True)
class Bar:
    """One name barred: where it leads, by which order, until when (UTC µs)."""

    value: str
    leads_to: str
    order_id: str
    ends_at_us: int

    @property
    def mark(self) -> Mark:
        """What the desk compares."""
        return Mark(self.value, self.order_id, rfc3339(self.ends_at_us))

    @property
    def strings(self) -> tuple[str, str, str]:
        """The three strings of its mark."""
        return self.order_id, str(self.ends_at_us), self.leads_to

    @staticmethod
    def read(value: str, strings: Iterable[str]) -> Bar | None:
        """The inverse; None when somebody else wrote the record.

        >>> Bar.read("a.example", ("O-1", "1795132800000000", ".")).mark.valid_until
        '2026-11-20T00:00:00Z'
        >>> Bar.read("a.example", ("v=spf1 -all",)) is None
        True
        """
        match tuple(strings):
            case (order_id, ends, leads_to) if ends.isascii() and ends.isdigit() and len(ends) < 20:
                return Bar(value, leads_to, order_id, int(ends))
        return None


def bar_of(entry: Entry, landing: str, zone: str) -> Bar:
    """What an entry becomes in `zone`.

    Raises:
        InputError: not a host name (CB-DL-010), no warning page to lead to (CB-DL-012), or too long for the zone
            (CB-DL-105).
    """
    if not _HOST.fullmatch(entry.value):
        raise InputError("CB-DL-010", "not a host name; it cannot stand in a zone", given=entry.order_id)
    if len(entry.value) + len(zone) + 5 > 255:  # `*.`, the dots, the root: RFC 1035, 255 octets
        raise InputError("CB-DL-105", "the name is too long to stand in this zone", given=entry.order_id)
    if entry.measure != WARNING_PAGE:
        leads_to = NOWHERE
    elif landing:
        leads_to = f"{landing}."
    else:
        # The mildest rung must not turn into the harshest because a name is missing in the settings.
        raise InputError("CB-DL-012", "there is no warning page to lead to", given=entry.order_id)
    return Bar(entry.value, leads_to, entry.order_id, entry.ends_at_us)


def owners(value: str) -> tuple[str, str]:
    """The two owners of a name in a policy zone.

    >>> owners("a.example")
    ('a.example', '*.a.example')
    """
    return value, f"*.{value}"


def parts(bars: Iterable[Bar]) -> Iterator[list[Bar]]:
    """Bars in groups whose records fit one message, in the order given."""
    group: list[Bar] = []
    size = 0
    for bar in bars:
        # Two CNAMEs or one TXT: owner and target, and 10 bytes of type, class, time and length; the zone's name is
        # compressed to two. An update of a text record carries a deletion too.
        needs = 2 * (len(bar.value) + len(bar.leads_to) + len(bar.order_id) + 40)
        if group and size + needs > MESSAGE_BYTES:
            yield group
            group, size = [], 0
        group.append(bar)
        size += needs
    if group:
        yield group


def zone_file(zone: str, lines: Iterable[str], serial: int, ttl_s: int) -> Iterator[str]:
    """A zone file, line by line. A resolver that hears nothing for a day lets go of all."""
    yield f"$ORIGIN {zone}.\n$TTL {ttl_s}\n"
    yield f"@ SOA localhost. hostmaster.localhost. {serial} {REFRESH_S} {REFRESH_S} 86400 {ttl_s}\n@ NS localhost.\n"
    yield from lines


def policy_lines(bars: Iterable[Bar]) -> Iterator[str]:
    """Lines of a policy zone."""
    for bar in bars:
        yield f"{bar.value} CNAME {bar.leads_to}\n*.{bar.value} CNAME {bar.leads_to}\n"


def mark_lines(bars: Iterable[Bar]) -> Iterator[str]:
    """Lines of the zone of marks."""
    for bar in bars:
        yield f'{bar.value} TXT "{bar.order_id}" "{bar.ends_at_us}" "{bar.leads_to}"\n'
