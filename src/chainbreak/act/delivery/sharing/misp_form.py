"""MISP: one event an order and partner, with one attribute; ended by a sighting, `to_ids` off, and a soft deletion.

An event of its own for each order keeps MISP's rule of no two like attributes in an event out of the way, and makes a
change travel alone: who pulls a feed fetches what changed. `first_seen` and `last_seen` carry the window, as MISP's own
STIX converter (misp-stix) maps `valid_from` and `valid_until`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from pydantic import Field

from chainbreak.act.delivery.entry import Mark
from chainbreak.act.delivery.sharing.terms import Sort, Terms, shared_uuid, sort_of
from chainbreak.base.clock import US_PER_S, from_us, parse_moment, rfc3339
from chainbreak.base.errors import InputError
from chainbreak.base.wording import word

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry

TYPES = {
    Sort.LINE: "phone-number", Sort.DOMAIN: "domain", Sort.URL: "url", Sort.ACCOUNT: "bank-account-nr",
    Sort.IBAN: "iban",
}  # fmt: skip
_CATEGORIES = {"domain": "Network activity", "url": "Network activity"}
_REFERENCE = re.compile(r" ref=(\S{1,24})$")
SEEN, FALSE_POSITIVE, EXPIRATION = "0", "1", "2"
"""Types of sighting (MISP core format, 2.7)."""
_COMPLETED, _UNDEFINED = "2", "4"
_INHERIT = 5


class MispSettings(Terms):
    """What a MISP partner may set; its address is the server, `https://HOST`, or a feed's folder."""

    feed: bool = False
    """We write a feed folder for the partner to pull, and pull its feed; else its server's REST API is used."""
    distribution: int = Field(default=1, ge=0, le=3)
    """How far the partner's MISP may pass it on: 0 our organisation, 1 community, 2 connected communities, 3 all."""
    publish: bool = True
    """Publish events, so that those who synchronise with the server get them, and their withdrawal."""


class Misp:
    """What is written for one partner, on its terms."""

    revives = True

    def __init__(self, settings: MispSettings, partner_id: str) -> None:
        self.settings, self.partner_id = settings, partner_id

    def key(self, order_id: str, round: int) -> str:
        """The UUID of an order's attribute; MISP lets what was deleted come back, so there is one round."""
        return shared_uuid(self.settings, self.partner_id, order_id)

    def key_of(self, said: dict[str, Any]) -> str:
        """The UUID that a version lies under."""
        return str(said["uuid"])

    def must_say(self, entry: Entry) -> None:
        """Let only what MISP can say pass.

        Raises:
            InputError: it cannot, as a range of numbers (CB-DL-160).
        """
        if sort_of(entry) not in TYPES:
            raise InputError("CB-DL-160", "such an object cannot be shared", given=f"{entry.order_id} {entry.kind}",
                             allowed="single numbers, domains, addresses, accounts")  # fmt: skip

    def write(self, entry: Entry, round: int, before: dict[str, Any] | None, now_us: int) -> dict[str, Any]:
        """The attribute of an entry, newer than `before`.

        Raises:
            InputError: MISP cannot say it (CB-DL-160).
        """
        from pymisp import MISPAttribute

        self.must_say(entry)
        kind = TYPES[sort_of(entry)]
        made = MISPAttribute()
        made.from_dict(
            uuid=self.key(entry.order_id, round), type=kind, value=entry.value, to_ids=True,
            category=_CATEGORIES.get(kind, "Financial fraud"), comment=self._comment(entry), distribution=_INHERIT,
            first_seen=entry.valid_from, last_seen=entry.valid_until, timestamp=_later(before, now_us), deleted=False,
        )  # fmt: skip
        said: dict[str, Any] = json.loads(made.to_json())
        return said | {"deleted": False}

    def end(self, before: dict[str, Any], wrong: bool, now_us: int) -> dict[str, Any]:
        """The version that takes `before` back, with the sighting that says why."""
        sighting = {"type": FALSE_POSITIVE if wrong else EXPIRATION, "date_sighting": str(now_us // US_PER_S),
                    "source": self.settings.publisher}  # fmt: skip
        over = {"to_ids": False, "deleted": True, "timestamp": _later(before, now_us), "Sighting": [sighting]}
        return before | over

    def is_over(self, said: dict[str, Any]) -> bool:
        """Whether it was taken back; servers write truth in three ways."""
        return said.get("deleted") in (True, 1, "1")

    def says(self, said: dict[str, Any], entry: Entry) -> bool:
        """Whether `said` is what the entry wants said."""
        on = said.get("to_ids") in (True, 1, "1")
        return on and said.get("comment") == self._comment(entry) and self.mark_of(said) == entry.mark

    def mark_of(self, said: dict[str, Any]) -> Mark | None:
        """The mark of one of our attributes; None of anything else."""
        match said:
            case {"uuid": str(uuid), "value": str(value), "comment": str(comment), "last_seen": str(until)} if (
                ref := _REFERENCE.search(comment)
            ) and uuid == self.key(ref[1], 0):
                return Mark(value, ref[1], rfc3339(parse_moment(until, "UTC")))
        return None

    def event(self, said: dict[str, Any]) -> Any:
        """The event (a `pymisp.MISPEvent`) around an attribute; published, marked, by us."""
        from pymisp import MISPEvent, MISPOrganisation

        settings, began = self.settings, from_us(parse_moment(said["first_seen"], "UTC"))
        made, publisher = MISPEvent(), MISPOrganisation()
        publisher.from_dict(name=settings.publisher, uuid=shared_uuid(settings, "", "organisation"))
        info = word(f"share.event.{said['type']}", settings.language, publisher=settings.publisher)
        made.from_dict(
            uuid=event_uuid(said["uuid"]), info=info, date=f"{began:%Y-%m-%d}", analysis=_COMPLETED,
            threat_level_id=_UNDEFINED, distribution=settings.distribution, published=settings.publish,
            timestamp=said["timestamp"], publish_timestamp=said["timestamp"], Attribute=[said],
        )  # fmt: skip
        made.Orgc = publisher
        made.add_tag(f"tlp:{settings.marking}")
        return made

    def _comment(self, entry: Entry) -> str:
        name = word(f"share.name.{sort_of(entry)}", self.settings.language)
        return f"{name} {entry.kind} {entry.measure} ref={entry.order_id}"


def event_uuid(attribute_uuid: str) -> str:
    """The UUID of the event that holds nothing but this attribute."""
    return str(uuid5(UUID(attribute_uuid), "event"))


def _later(before: dict[str, Any] | None, now_us: int) -> str:
    """Seconds since 1970, later than those of `before`: MISP takes no edit that is not newer."""
    return str(max(now_us // US_PER_S, int(before["timestamp"]) + 1 if before else 0))
