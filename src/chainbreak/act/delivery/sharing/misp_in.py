"""Reading MISP: attributes of events (and of the objects in them) that name numbers, domains, addresses or accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from chainbreak.act.delivery.sharing.reported import (
    ACCOUNT,
    DOMAIN,
    FALSE,
    LARGEST_VALUE,
    LINE,
    OVER,
    SEEN,
    URL,
    Reading,
    Refused,
    Reported,
    Sighted,
)  # fmt: skip
from chainbreak.base.clock import US_PER_S, parse_moment

KINDS = {
    "phone-number": LINE, "domain": DOMAIN, "hostname": DOMAIN, "domain|ip": DOMAIN, "hostname|port": DOMAIN,
    "url": URL, "iban": ACCOUNT, "bank-account-nr": ACCOUNT, "cc-number": ACCOUNT,
}  # fmt: skip
_SAYS = {"0": SEEN, "1": FALSE, "2": OVER}
_YES = (True, 1, "1")
_LATEST_S = 253_402_300_799
"""The last second of the year 9999."""


def read_misp(document: Any, now_us: int) -> Reading:
    """What a MISP document reports: an event, events, or the answer to a search."""
    reading = Reading()
    for said in _attributes(document):
        uuid = said.get("uuid")
        if not isinstance(uuid, str) or not _is_uuid(uuid):
            reading.refused.append(Refused("", "an attribute without an id"))
        elif str(said.get("type")) not in KINDS:
            reading.ignored += 1
        else:
            _attribute(said, now_us, reading)
    return reading


def is_misp(document: Any) -> bool:
    """Whether a JSON document looks like MISP's."""
    return any(True for _ in _events(document)) or bool(list(_attributes(document)))


def _attribute(said: dict[str, Any], now_us: int, reading: Reading) -> None:
    uuid, value = said["uuid"], said.get("value")
    if not isinstance(value, str) or not 0 < len(value) <= LARGEST_VALUE:
        reading.refused.append(Refused(uuid, f"a value that is no text of at most {LARGEST_VALUE} characters"))
        return
    try:
        changed = _moment(said["timestamp"])
        first = parse_moment(said["first_seen"], "UTC") if said.get("first_seen") else changed
        last = parse_moment(said["last_seen"], "UTC") if said.get("last_seen") else changed
        sighted = list(_sighted(uuid, said.get("Sighting") or (), now_us))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        reading.refused.append(Refused(uuid, "a time that cannot be read"))
        return
    # Composite types hold two things; the first is the name. A `last_seen` to come is no sighting but an end, which is
    # how MISP's STIX converter and we ourselves write it.
    until = last if last > now_us else None
    reading.reported.append(Reported(
        uuid, KINDS[said["type"]], value.split("|")[0], changed, first, changed if until else last, until,
        revoked=said.get("deleted") in _YES,
    ))  # fmt: skip
    reading.sighted += sighted


def _sighted(uuid: str, said: Iterable[dict[str, Any]], now_us: int) -> Iterator[Sighted]:
    for at, one in enumerate(said):
        when = _moment(one.get("date_sighting") or now_us // US_PER_S)
        kind = str(one.get("type", "0"))
        if kind in _SAYS:
            name = str(one.get("uuid") or f"{uuid}#{kind}#{when // US_PER_S}#{at}")
            yield Sighted(name[:80], uuid, _SAYS[kind], 1, when)


def _moment(seconds: Any) -> int:
    at_s = int(seconds)
    if not 0 <= at_s <= _LATEST_S:
        raise ValueError("no time")
    return at_s * US_PER_S


def _attributes(document: Any) -> Iterator[dict[str, Any]]:
    for event in _events(document):
        for group in (event, *_listed(event.get("Object"))):
            yield from _listed(group.get("Attribute"))
    match document:
        case {"response": {"Attribute": list(found)}} | {"Attribute": list(found)}:
            yield from _listed(found)


def _listed(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _events(document: Any) -> Iterator[dict[str, Any]]:
    match document:
        case {"Event": dict(event)}:
            yield event
        case {"response": list(several)} | list(several):
            yield from (one["Event"] for one in _listed(several) if isinstance(one.get("Event"), dict))


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
