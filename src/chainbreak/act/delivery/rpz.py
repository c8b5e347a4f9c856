"""Response policy zone: a domain is two records, apex and wildcard, `CNAME .` or to a warning page (delivery, 3).

The serial only grows. The end of each entry stands in a comment before it, for a sweeper beside the resolver; TTL and
the zone's expire time are short, for resolvers that lose the primary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from chainbreak.act.delivery.entry import Entry, Mark
from chainbreak.act.orders.rules import Delivery
from chainbreak.base.errors import InputError

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}", re.ASCII)
_MARK = re.compile(r"^; order=(\S+) revision=\d+ value=(\S+) valid_until=(\S+) digest=\S+$")
REFRESH_S, RETRY_S, EXPIRE_S = 60, 30, 86_400
"""A dead primary lets go of everything within a day; our choice."""


def render(entries: Iterable[Entry], serial: int, settings: Delivery) -> bytes:
    """The zone file, sorted by name; equal entries and serial give equal bytes.

    Raises:
        InputError: a value is not a host name (CB-DL-010), or a warning page is not configured (CB-DL-012).
    """
    lines = [
        f"$ORIGIN {settings.zone}.",
        f"$TTL {settings.ttl_s}",
        f"@ SOA localhost. hostmaster.localhost. {serial} {REFRESH_S} {RETRY_S} {EXPIRE_S} {settings.ttl_s}",
        "@ NS localhost.",
    ]
    names: set[str] = set()
    for entry in sorted(entries, key=lambda e: e.sort_key):
        if len(entry.value) > 253 or not _HOST.fullmatch(entry.value):
            raise InputError("CB-DL-010", "not a host name; it cannot stand in a zone", given=entry.order_id)
        lines.append(
            f"; order={entry.order_id} revision={entry.revision} value={entry.value} "
            f"valid_until={entry.valid_until} digest={entry.digest}"
        )
        if entry.value not in names:  # two orders about one name are two marks and one pair of records
            names.add(entry.value)
            leads_to = _target(entry, settings)
            lines += [f"{entry.value} CNAME {leads_to}", f"*.{entry.value} CNAME {leads_to}"]
    return ("\n".join(lines) + "\n").encode("ascii")


def _target(entry: Entry, settings: Delivery) -> str:
    if entry.measure != "warning_page":
        return "."
    if not settings.landing:
        # The mildest rung must not turn into the harshest because a name is missing in the settings.
        raise InputError("CB-DL-012", "there is no warning page to lead to", given=entry.order_id)
    return f"{settings.landing}."


def parse(content: bytes) -> frozenset[Mark]:
    """Marks of the entries that a resolver would apply: those whose two records are really there."""
    lines = content.decode("ascii", "replace").splitlines()
    owners = {line.split(" ", 1)[0] for line in lines if " CNAME " in line and not line.startswith(";")}
    marks = (m for m in map(_MARK.match, lines) if m)
    return frozenset(
        Mark(m[2], m[1], m[3]) for m in marks if m[2] in owners and f"*.{m[2]}" in owners
    )  # fmt: skip
