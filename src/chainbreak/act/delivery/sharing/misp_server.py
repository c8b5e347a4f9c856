"""A partner's MISP, spoken to over its REST API, as a `Place`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sharing.misp_form import TYPES, event_uuid

if TYPE_CHECKING:
    from chainbreak.act.delivery.sharing.misp_form import Misp
    from chainbreak.act.delivery.sharing.web import Reply, Web

_AT_ONCE = 200
PAGE = 1_000
_MOST_PAGES = 1_000
_BOTH = ["0", "1"]
"""`deleted`: those that are not, and those that are."""
Step = tuple[str, Any]
"""A path and the body that is posted to it."""
_NOT_SENT = ("Sighting", "Event", "event_id", "id", "object_id")


class MispServer:
    """One MISP. Changes go to attributes one by one: an edit of a whole event is refused within the same second."""

    def __init__(self, web: Web, form: Misp) -> None:
        self._web, self._form = web, form
        self._there: dict[str, dict[str, Any]] = {}

    def latest(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """UUID -> attribute, also deleted ones."""
        found: dict[str, dict[str, Any]] = {}
        for at in range(0, len(keys), _AT_ONCE):
            wish = {"uuid": list(keys[at : at + _AT_ONCE]), "deleted": _BOTH, "limit": PAGE, "page": 1}
            found |= {one["uuid"]: one for one in self._search(wish)}
        self._there = found
        return found

    def add(self, said: Sequence[dict[str, Any]]) -> tuple[dict[str, str], str]:
        """Add, change, or take back attributes, and publish their events so that the change travels on."""
        refused: dict[str, str] = {}
        digest = ""
        for one in said:
            uuid = one["uuid"]
            for path, body in self._steps(one):
                reply = self._web.post(path, body)
                digest = reply.digest
                if reply.status >= 400:
                    refused[uuid] = f"HTTP {reply.status}"
                    break
        return refused, digest

    def confirm(self, said: Sequence[dict[str, Any]]) -> None:
        """Publish again: whether a crash came between the change and its publication cannot be read back."""
        for one in said if self._form.settings.publish else ():
            self._web.post(f"events/publish/{event_uuid(one['uuid'])}", {})

    def ours(self) -> Iterable[dict[str, Any]]:
        """Attributes that carry our reference and are not deleted."""
        found = []
        for page in range(1, _MOST_PAGES):
            some = self._search(
                {
                    "type": sorted(TYPES.values()),
                    "eventinfo": f"{self._form.settings.publisher}%",
                    "limit": PAGE,
                    "page": page,
                }
            )
            found += [one for one in some if self._form.mark_of(one)]
            if len(some) < PAGE:
                break
        return found

    def close(self) -> None:
        """Give back connections."""
        self._web.close()

    def _steps(self, one: dict[str, Any]) -> list[Step]:
        uuid, before = one["uuid"], self._there.get(one["uuid"])
        publish: list[Step] = [(f"events/publish/{event_uuid(uuid)}", {})] if self._form.settings.publish else []
        if before is None:
            event = json.loads(self._form.event(one).to_json())
            return [("events/add", event), *publish]
        body = {name: value for name, value in one.items() if name not in _NOT_SENT}
        edit = (f"attributes/edit/{uuid}", body)
        if self._form.is_over(one):
            sighting = (f"sightings/add/{uuid}", one["Sighting"][0])
            return [edit, sighting, (f"attributes/delete/{uuid}", {}), *publish]
        restore: list[Step] = [(f"attributes/restore/{uuid}", {})] if self._form.is_over(before) else []
        return [*restore, edit, *publish]

    def _search(self, wish: dict[str, Any]) -> list[dict[str, Any]]:
        reply = self._web.post("attributes/restSearch", {"returnFormat": "json", **wish})
        return attributes_of(reply)


def attributes_of(reply: Reply) -> list[dict[str, Any]]:
    """The attributes of an answer to a search.

    Raises:
        PointDownError: what answers is no MISP.
    """
    match reply.body:
        case {"response": {"Attribute": list(found)}} if reply.status == 200:
            return [one for one in found if isinstance(one, dict) and "uuid" in one]
        case {"response": []} if reply.status == 200:
            return []
    raise PointDownError(f"no MISP answer: HTTP {reply.status}")
