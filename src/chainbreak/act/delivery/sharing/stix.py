"""STIX 2.1: one indicator an order and partner, with its window, marking and confidence; ended by `revoked`.

An object keeps its id as long as it lives: UUIDv5 of publisher, partner and order, so a repeat is the same object. STIX
forbids to revive what was revoked, so an order that must be held again after that is the next *round*, with an id of
its own. Telephone numbers and accounts have no object in STIX; patterns name `x-phone-number` and `x-bank-account`, and
the extension definitions of both are published beside them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.entry import Mark
from chainbreak.act.delivery.sharing.reported import FALSE
from chainbreak.act.delivery.sharing.terms import Sort, Terms, shared_uuid, sort_of
from chainbreak.act.orders.ranges import OPEN
from chainbreak.base.clock import from_us, parse_moment, rfc3339
from chainbreak.base.wording import word

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry
    from chainbreak.act.delivery.sharing.reported import Told

PATHS = {
    Sort.LINE: "x-phone-number:value", Sort.RANGE: "x-phone-number:value", Sort.DOMAIN: "domain-name:value",
    Sort.URL: "url:value", Sort.ACCOUNT: "x-bank-account:value", Sort.IBAN: "x-bank-account:iban",
}  # fmt: skip
PATTERN = re.compile(r"\[[a-z-]+:[a-z_]+ (=|LIKE) '((?:[^'\\]|\\.)*)'\]")
"""The one form that we write."""
REFERENCE = "chainbreak"
FALSE_POSITIVE = "false-positive"
_MADE = "2026-01-01T00:00:00.000Z"
# https://github.com/oasis-open/cti-stix-common-objects: TLP 2.0 as OASIS defined it for STIX 2.1.
_TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_TLP_MADE = "2022-10-01T00:00:00.000Z"
_TLP = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}


class Stix:
    """What is written for one partner, on its terms."""

    revives = False

    def __init__(self, terms: Terms, partner_id: str, *, definitions: bool = True) -> None:
        self.terms, self.partner_id, self._definitions = terms, partner_id, definitions
        self.publisher = f"identity--{shared_uuid(terms, '', 'publisher')}"

    def key(self, order_id: str, round: int) -> str:
        """The id of the indicator of an order, in its `round` of being shared."""
        return f"indicator--{shared_uuid(self.terms, self.partner_id, order_id, str(round))}"

    def key_of(self, said: dict[str, Any]) -> str:
        """The id that a version lies under."""
        return str(said["id"])

    def must_say(self, entry: Entry) -> None:
        """Let only what STIX can say pass.

        Raises:
            InputError: it cannot (CB-DL-160).
        """
        sort_of(entry)

    def write(self, entry: Entry, round: int, before: dict[str, Any] | None, now_us: int) -> dict[str, Any]:
        """The indicator of an entry; a version newer than `before` where there is one.

        Raises:
            InputError: STIX cannot say it (CB-DL-160).
        """
        from stix2.v21 import Indicator

        sort, terms = sort_of(entry), self.terms
        created = _millis(entry.starts_at_us)
        made = Indicator(
            id=self.key(entry.order_id, round), created_by_ref=self.publisher, created=created,
            modified=self._after(before, now_us) if before else created,
            name=word(f"share.name.{sort}", terms.language),
            description=word("share.about", terms.language, kind=entry.kind),
            indicator_types=["malicious-activity"], labels=[entry.kind, entry.measure],
            pattern=pattern(sort, entry.value), pattern_type="stix", pattern_version="2.1",
            valid_from=entry.valid_from, valid_until=entry.valid_until, confidence=terms.confidence,
            object_marking_refs=[_TLP[terms.marking]],
            external_references=[{"source_name": REFERENCE, "external_id": entry.order_id}],
        )  # fmt: skip
        said: dict[str, Any] = json.loads(made.serialize())
        return said

    def end(self, before: dict[str, Any], wrong: bool, now_us: int) -> dict[str, Any]:
        """The version that takes `before` back; `wrong`: it should never have been said."""
        labels = [*before.get("labels", ()), *([FALSE_POSITIVE] if wrong else ())]
        return {**before, "labels": labels, "modified": self._after(before, now_us), "revoked": True}

    def is_over(self, said: dict[str, Any]) -> bool:
        """Whether it was taken back."""
        return bool(said.get("revoked"))

    def says(self, said: dict[str, Any], entry: Entry) -> bool:
        """Whether `said` is what the entry wants said."""
        return self.mark_of(said) == entry.mark and said.get("labels") == [entry.kind, entry.measure]

    def mark_of(self, said: dict[str, Any]) -> Mark | None:
        """The mark of one of our indicators; None of anything else."""
        match said:
            case {
                "type": "indicator", "created_by_ref": self.publisher, "pattern": str(text), "valid_until": str(until),
                "external_references": [{"source_name": "chainbreak", "external_id": str(order_id)}, *_],
            } if found := PATTERN.fullmatch(text):  # fmt: skip
                value = _unquoted(found[2])
                value = value.replace("_", OPEN) if found[1] == "LIKE" else value
                return Mark(value, order_id, rfc3339(parse_moment(until, "UTC")))
        return None

    def context(self) -> list[dict[str, Any]]:
        """What indicators refer to: the publisher, the marking, the two extensions; published with the first."""
        made = {"spec_version": "2.1", "created": _MADE, "modified": _MADE}
        publisher = {"type": "identity", **made, "id": self.publisher, "name": self.terms.publisher,
                     "description": "anti-fraud centre", "identity_class": "organization"}  # fmt: skip
        marking = {
            "type": "marking-definition", "spec_version": "2.1", "id": _TLP[self.terms.marking], "created": _TLP_MADE,
            "name": f"TLP:{self.terms.marking.upper()}",
            "extensions": {
                _TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": self.terms.marking}
            },
        }  # fmt: skip
        extensions = [
            {
                "type": "extension-definition", **made, "created_by_ref": self.publisher, "name": name,
                "id": f"extension-definition--{shared_uuid(self.terms, '', name)}", "description": about,
                "schema": about, "version": "1.0.0", "extension_types": ["new-sco"],
            }
            for name, about in (
                ("x-phone-number", "value: a telephone number, E.164, or a short number as dialled"),
                ("x-bank-account", "value: an account or card number; iban: an IBAN without spaces"),
            )
        ]  # fmt: skip
        return [publisher, marking, *(extensions if self._definitions else ())]

    def sighting(self, told: Told, now_us: int) -> dict[str, Any]:
        """That our own records met somebody's indicator, or, as an opinion, that it is wrong."""
        from stix2.v21 import Opinion, Sighting

        common = {"created_by_ref": self.publisher, "created": _millis(now_us), "modified": _millis(now_us),
                  "object_marking_refs": [_TLP[self.terms.marking]]}  # fmt: skip
        name = shared_uuid(self.terms, self.partner_id, told.shared_id, str(told.last_us), told.says)
        if told.says == FALSE:
            made = Opinion(id=f"opinion--{name}", opinion="strongly-disagree", object_refs=[told.shared_id], **common)
        else:
            made = Sighting(
                id=f"sighting--{name}", sighting_of_ref=told.shared_id, count=told.count,
                first_seen=rfc3339(told.first_us), last_seen=rfc3339(told.last_us), **common,
            )  # fmt: skip
        said: dict[str, Any] = json.loads(made.serialize())
        return said

    @staticmethod
    def _after(before: dict[str, Any], now_us: int) -> str:
        return _millis(max(now_us, parse_moment(before["modified"], "UTC") + 1_000))


def pattern(sort: Sort, value: str) -> str:
    r"""The STIX pattern that meets `value` and nothing else.

    >>> pattern(Sort.LINE, "+8613800138000"), pattern(Sort.URL, "http://x.example/o'b")
    ("[x-phone-number:value = '+8613800138000']", "[url:value = 'http://x.example/o\\'b']")
    >>> pattern(Sort.RANGE, "+861390013****")
    "[x-phone-number:value LIKE '+861390013____']"
    """
    if sort is Sort.RANGE:
        return f"[{PATHS[sort]} LIKE '{value.replace(OPEN, '_')}']"
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{PATHS[sort]} = '{quoted}']"


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _millis(at_us: int) -> str:
    """`created` and `modified` have exactly three digits after the second (STIX 2.1, 3.2)."""
    return from_us(at_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
