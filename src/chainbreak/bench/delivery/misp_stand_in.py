"""What of MISP's REST API sharing speaks with, in memory: Debian has no MISP, so tests and bench stand on this.

It is as strict as the original where that has cost people a withdrawal: a second event of one UUID is refused, an edit
that is not newer is refused, deleted attributes are found only by who asks for them, and a key is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chainbreak.bench.delivery.json_server import Asked, serving_json

_PATH = re.compile(r"/([a-z]+)/([a-zA-Z]+)(?:/([0-9a-f-]{36}))?")
Answer = tuple[int, Any]


@dataclass
class Misp:
    """The state of one MISP. `down`: it answers nothing but 503."""

    key: str = "k" * 40
    address: str = ""
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def answer(self, path: str, key: str, body: Any) -> Answer:
        """Status and body of one POST."""
        self.asked.append(path)
        if self.down:
            return 503, {}
        if key != self.key:
            return 403, {"message": "Authentication failed."}
        found = _PATH.fullmatch(path)
        if not found:
            return 404, {"message": "Not found."}
        verb, uuid = f"{found[1]}_{found[2]}".lower(), found[3]
        return getattr(self, verb)(uuid, body) if hasattr(self, verb) else (404, {"message": "Not found."})

    def events_add(self, _uuid: str | None, body: Any) -> Answer:
        """A new event with its attributes."""
        event = body.get("Event", body)
        if event["uuid"] in self.events:
            return 403, {"errors": "Event already exists, if you would like to edit it, use its url."}
        self.events[event["uuid"]] = {name: value for name, value in event.items() if name != "Attribute"}
        for one in event.get("Attribute", ()):
            self.attributes[one["uuid"]] = {**one, "deleted": False, "Sighting": [], "Event": {"uuid": event["uuid"],
                                            "info": event["info"]}}  # fmt: skip
        return 200, {"Event": event}

    def events_publish(self, uuid: str, _body: Any) -> Answer:
        """Let it travel on."""
        self.published.append(uuid)
        return (200, {"saved": True}) if uuid in self.events else (404, {})

    def attributes_edit(self, uuid: str, body: Any) -> Answer:
        """Change what is not deleted, by something newer."""
        there = self.attributes.get(uuid)
        if there is None or there["deleted"]:
            return 404, {"message": "Invalid attribute."}
        if int(body["timestamp"]) <= int(there["timestamp"]):
            return 403, {"errors": "Attribute could not be saved: not newer than the local copy."}
        self.attributes[uuid] = {**there, **body, "deleted": False}
        return 200, {"Attribute": self.attributes[uuid]}

    def attributes_delete(self, uuid: str, _body: Any) -> Answer:
        """Soft deletion."""
        return self._mark(uuid, deleted=True)

    def attributes_restore(self, uuid: str, _body: Any) -> Answer:
        """Take a soft deletion back."""
        return self._mark(uuid, deleted=False)

    def sightings_add(self, uuid: str, body: Any) -> Answer:
        """Somebody saw it, denies it, or says that it is over."""
        if uuid not in self.attributes:
            return 404, {}
        self.attributes[uuid]["Sighting"].append(body)
        return 200, {"Sighting": body}

    def attributes_restsearch(self, _uuid: str | None, body: Any) -> Answer:
        """Attributes by uuid, type, value, info of their event, time of change."""
        found = [one for one in self.attributes.values() if self._meets(one, body)]
        limit, page = int(body.get("limit", 1_000)), int(body.get("page", 1))
        return 200, {"response": {"Attribute": found[(page - 1) * limit : page * limit]}}

    def _meets(self, one: dict[str, Any], wish: dict[str, Any]) -> bool:
        deleted = {"1": True, "0": False}
        return (
            one["deleted"] in [deleted[str(d)] for d in wish.get("deleted", ["0"])]
            and ("uuid" not in wish or one["uuid"] in wish["uuid"])
            and ("type" not in wish or one["type"] in wish["type"])
            and ("value" not in wish or one["value"] == wish["value"])
            and one["Event"]["info"].startswith(wish.get("eventinfo", "").rstrip("%"))
            and int(one["timestamp"]) >= int(wish.get("timestamp", 0))
        )

    def _mark(self, uuid: str, *, deleted: bool) -> Answer:
        if uuid not in self.attributes:
            return 404, {"message": "Invalid attribute."}
        self.attributes[uuid]["deleted"] = deleted
        return 200, {"message": "saved"}


@contextmanager
def misp_stand_in() -> Iterator[Misp]:
    """A running one, on a free loopback port."""
    state = Misp()

    def answer(asked: Asked) -> tuple[int, Any]:
        return state.answer(asked.path, asked.headers.get("authorization", ""), asked.body)

    with serving_json(answer) as state.address:
        yield state
