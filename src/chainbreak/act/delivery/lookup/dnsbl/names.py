"""Names and records of the zone.

| Object | Name below the zone | as |
|---|---|---|
| `+8613800138000` | `0.0.0.8.3.1.0.0.8.3.1.6.8.tel` | digits reversed, as in ENUM (RFC 6116, 3.2) |
| `95588` | `8.8.5.5.9.short` | the same, for numbers that only their own country can dial |
| `evil.example` | `evil.example.dom` and `*.evil.example.dom` | the name and all below it |

A listed name has `A 127.0.0.N` (`CODES`) and `TXT "order" "end, RFC 3339" "kind.rung"`; one that is not listed does not
exist. A client compares the end itself: a server cut off from the primary goes on answering for a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainbreak.act.delivery.entry import Mark
from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry

TEL, SHORT, DOMAIN, AGE = "tel", "short", "dom", "age"
CODES = {
    "number.block": {"": 10, "label": 11, "reverify": 12, "divert": 13, "restrict_outgoing": 14, "block": 15},
    "domain.sinkhole": {"": 20, "warning_page": 21, "host_sinkhole": 22, "domain_sinkhole": 23},
}
"""Kind of order -> rung -> last byte of the address; "": a rung of the centre's own, told by the text."""
TEST_CODE = 2
TESTS = ("2.0.0.127", "test", f"test.{DOMAIN}", f"0.0.0.0.0.0.0.9.9.9.{TEL}")
"""Always listed, so that a client can tell a list that is empty from one that is gone (RFC 5782, 5). `+999` is a
country code that nobody has (ITU-T E.164, annex). Never listed: `1.0.0.127`, `invalid`, `invalid.dom`."""
_DIGITS = re.compile(r"\d{3,20}", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}", re.ASCII)


@dataclass(frozen=True)
class Told:
    """One object as the zone tells it: by which order, until when (RFC 3339), why, and the last byte of its address."""

    value: str
    order_id: str
    until: str
    reason: str
    code: int

    @property
    def mark(self) -> Mark:
        """What the desk compares."""
        return Mark(self.value, self.order_id, self.until)

    @property
    def strings(self) -> tuple[str, str, str]:
        """The three strings of its text."""
        return self.order_id, self.until, self.reason


def told_of(entry: Entry, zone: str) -> Told:
    """What an entry becomes in `zone`.

    Raises:
        InputError: neither a number nor a domain that can stand there (CB-DL-193).
    """
    owners(entry.value, entry.order_id)
    if entry.kind not in CODES or len(entry.value) * 2 + len(zone) + 10 > 255:
        raise InputError("CB-DL-193", "it cannot stand in a zone of look-ups", given=entry.order_id)
    rungs = CODES[entry.kind]
    reason = f"{entry.kind}.{entry.measure}"
    return Told(entry.value, entry.order_id, entry.valid_until, reason, rungs.get(entry.measure, rungs[""]))


def owners(value: str, order_id: str = "") -> tuple[str, ...]:
    """The names of a value below the zone.

    >>> owners("+8613800138000"), owners("95588"), owners("evil.example")
    (('0.0.0.8.3.1.0.0.8.3.1.6.8.tel',), ('8.8.5.5.9.short',), ('evil.example.dom', '*.evil.example.dom'))

    Raises:
        InputError: neither a number nor a domain (CB-DL-193).
    """
    digits = value.removeprefix("+")
    if _DIGITS.fullmatch(digits):
        return (f"{'.'.join(reversed(digits))}.{TEL if value.startswith('+') else SHORT}",)
    if _HOST.fullmatch(value):
        return f"{value}.{DOMAIN}", f"*.{value}.{DOMAIN}"
    raise InputError("CB-DL-193", "it cannot stand in a zone of look-ups", given=order_id)


def value_of(owner: str) -> str | None:
    """The inverse, of the first owner; None for the wildcard and for what is no object's.

    >>> value_of("8.8.5.5.9.short"), value_of("evil.example.dom"), value_of("*.evil.example.dom"), value_of("age")
    ('95588', 'evil.example', None, None)
    """
    name, _, tree = owner.rpartition(".")
    if owner in TESTS or owner.startswith("*"):
        return None
    if tree == DOMAIN:
        return name
    if tree in (TEL, SHORT):
        return ("+" if tree == TEL else "") + "".join(reversed(name.split(".")))
    return None


def test_lines() -> Iterator[str]:
    """Lines of a zone file that are always there."""
    for name in TESTS:
        yield f'{name} A 127.0.0.{TEST_CODE}\n{name} TXT "always listed: RFC 5782, 5"\n'


def told_lines(told: Iterable[Told]) -> Iterator[str]:
    """Lines of a zone file, for a primary that starts with what is in force."""
    for one in told:
        text = " ".join(f'"{part}"' for part in one.strings)
        for owner in owners(one.value):
            yield f"{owner} A 127.0.0.{one.code}\n{owner} TXT {text}\n"
