"""Reading STIX 2.1: indicators whose pattern names numbers, domains, addresses or accounts; sightings; opinions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chainbreak.act.delivery.sharing.reported import (
    ACCOUNT,
    DOMAIN,
    FALSE,
    LARGEST_VALUE,
    LINE,
    SEEN,
    URL,
    Reading,
    Refused,
    Reported,
    Sighted,
)  # fmt: skip
from chainbreak.act.delivery.sharing.terms import must_have
from chainbreak.base.clock import parse_moment, to_us

KINDS = {
    "domain-name:value": DOMAIN, "url:value": URL, "x-phone-number:value": LINE, "phone-number:value": LINE,
    "x-bank-account:value": ACCOUNT, "x-bank-account:iban": ACCOUNT, "bank-account:iban": ACCOUNT,
}  # fmt: skip
"""Of the two without `x-`, the names that MISP's converter and others give them."""
LATEST_US = 253_402_300_799_000_000
"""The last second of the year 9999."""
LARGEST_PATTERN = 4_000
"""Characters; one that lists more is refused before its grammar is looked at."""
_ONE = r"([a-z0-9-]+:[a-z0-9_.'-]+)\s*=\s*'((?:[^'\\]|\\.)*)'"
_COMPARISON = re.compile(_ONE)
_ANY = re.sub(r"\((?!\?)", "(?:", _ONE)
_WHOLE = re.compile(rf"\s*\[\s*{_ANY}(?:\s+OR\s+{_ANY})*\s*\](?:\s+OR\s+\[\s*{_ANY}(?:\s+OR\s+{_ANY})*\s*\])*\s*")
"""Equalities joined by OR, and nothing else: then each of them is reported by itself."""


def read_stix(objects: Iterable[Any]) -> Reading:
    """What these objects report.

    Raises:
        SetupError: the library that reads them is not installed (CB-DL-170).
    """
    must_have("stix2")
    reading = Reading()
    for said in objects:
        if not isinstance(said, dict) or not isinstance(said.get("id"), str) or len(said["id"]) > 80:
            reading.refused.append(Refused("", "an object without an id"))
            continue
        match said.get("type"):
            case "indicator":
                known = len(reading.reported)
                _indicator(said, reading)
                if said.get("revoked") is True and len(reading.reported) == known:
                    reading.withdrawn[said["id"]] = _changed(said)
            case "sighting" | "opinion":
                _said_about(said, reading)
            case _:
                reading.ignored += 1
    return reading


def _indicator(said: dict[str, Any], reading: Reading) -> None:
    if len(str(said.get("pattern", ""))) > LARGEST_PATTERN:
        reading.refused.append(Refused(said["id"], f"a pattern of more than {LARGEST_PATTERN} characters"))
        return
    made = _parsed(said, reading)
    if made is None:
        return
    named = [(KINDS[path], value) for path, value in _COMPARISON.findall(made.pattern) if path in KINDS]
    if made.pattern_type != "stix" or not named:
        reading.ignored += 1
        return
    if not _WHOLE.fullmatch(made.pattern):
        reading.refused.append(Refused(said["id"], "a pattern that says more than what equals what"))
        return
    until = made.get("valid_until")
    for at, (kind, quoted) in enumerate(named, 1):
        value = re.sub(r"\\(.)", r"\1", quoted)
        shared_id = said["id"] if at == 1 else f"{said['id']}#{at}"
        if len(value) > LARGEST_VALUE or len(shared_id) > 80:
            reading.refused.append(Refused(shared_id[:80], f"more than {LARGEST_VALUE} characters"))
            continue
        reading.reported.append(Reported(
            shared_id, kind, value, to_us(made.modified), to_us(made.valid_from),
            max(to_us(made.valid_from), to_us(made.modified)), to_us(until) if until else None,
            made.get("confidence"), bool(made.get("revoked")),
        ))  # fmt: skip


def _changed(said: dict[str, Any]) -> int:
    try:
        return parse_moment(said["modified"], "UTC")
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        return LATEST_US  # a withdrawal is believed also without its date


def _said_about(said: dict[str, Any], reading: Reading) -> None:
    made = _parsed(said, reading)
    if made is None or made.get("revoked"):
        return
    if made.type == "sighting":
        at_us = to_us(made.get("last_seen") or made.get("first_seen") or made.modified)
        about, says, count = [made.sighting_of_ref], SEEN, int(made.get("count", 1))
    else:
        at_us = to_us(made.modified)
        about, says, count = list(made.object_refs), FALSE, 1
        if made.opinion not in ("disagree", "strongly-disagree"):
            reading.ignored += 1
            return
    reading.sighted += [
        Sighted(f"{said['id']}#{n}"[:80] if n else said["id"], of, says, count, at_us)
        for n, of in enumerate(about) if of.startswith("indicator--") and count
    ]  # fmt: skip


def _parsed(said: dict[str, Any], reading: Reading) -> Any:
    """The object as the library reads it, or None and a reason: its own message would quote values."""
    import stix2
    from stix2.exceptions import STIXError

    try:
        return stix2.parse(said, allow_custom=True, version="2.1")
    except (STIXError, ValueError, TypeError, KeyError, AttributeError) as e:
        reading.refused.append(Refused(said["id"], f"no valid {said['type']}: {type(e).__name__}"))
        return None
