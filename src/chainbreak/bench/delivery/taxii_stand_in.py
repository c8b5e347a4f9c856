"""A partner's TAXII 2.1 collection in memory, for paths with thousands of orders.

medallion, the reference server, compares every object with every line of its manifest for each question: with 10,000
objects an answer takes half a minute, and what is measured is medallion. Interoperability is tested with it all the
same (`sharing_servers`); this one answers what sharing asks, from a dictionary.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chainbreak.act.delivery.sharing.taxii import MEDIA_TYPE
from chainbreak.bench.delivery.json_server import Asked, serving_json

COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
USER, PASSWORD = "chainbreak", "p" * 40
_SIGNED_IN = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass
class Shared:
    """The one collection: newest version by id, and every version in order."""

    address: str = ""
    newest: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Status and body."""
        if asked.headers.get("authorization") != _SIGNED_IN:
            return 401, {"title": "sign in", "http_status": "401"}
        if asked.path != f"/shared/collections/{COLLECTION}/objects/":
            return 404, {"title": "not here", "http_status": "404"}
        return self._add(asked.body["objects"]) if asked.method == "POST" else self._page(asked)

    def _add(self, objects: list[dict[str, Any]]) -> tuple[int, Any]:
        for one in objects:
            before = self.newest.get(one["id"])
            if before is None or one.get("modified", "") > before.get("modified", ""):
                self.newest[one["id"]] = one
                self.versions.append(one)
        return 202, {"id": COLLECTION, "status": "complete", "total_count": len(objects), "failure_count": 0}

    def _page(self, asked: Asked) -> tuple[int, Any]:
        ids, types = asked.query.get("match[id]", ""), asked.query.get("match[type]", "")
        wanted = (
            [one for name in ids.split(",") if (one := self.newest.get(name))] if ids else list(self.newest.values())
        )
        found = [one for one in wanted if not types or one["type"] in types.split(",")]
        start, limit = int(asked.query.get("next", 0)), int(asked.query.get("limit", 1_000))
        page: dict[str, Any] = {"objects": found[start : start + limit]}
        return 200, page | ({"more": True, "next": str(start + limit)} if start + limit < len(found) else {})


@contextmanager
def taxii_stand_in() -> Iterator[Shared]:
    """A running one; `address` is its API root."""
    state = Shared()
    with serving_json(state.answer, MEDIA_TYPE) as address:
        state.address = f"{address}/shared/"
        yield state
