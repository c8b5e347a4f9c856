"""The collection that we keep for one partner, which it fetches from our own TAXII server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import parse_moment
from chainbreak.store.collection import Collection, Version, Wish

if TYPE_CHECKING:
    from chainbreak.act.delivery.sharing.stix import Stix
    from chainbreak.base.clock import Clock

FILE = "collection.db"


class Hosted:
    """The collection in a partner's folder, as a `Place`."""

    def __init__(self, folder: Path, form: Stix, clock: Clock) -> None:
        self._collection, self._form, self._clock = Collection(folder / FILE), form, clock

    def latest(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Id -> newest version, also of what has ended by itself."""
        return self._collection.latest(keys)

    def add(self, said: Sequence[dict[str, Any]]) -> tuple[dict[str, str], str]:
        """Add new versions, after what they refer to; nothing is ever refused."""
        self._collection.add([*map(version_of, self._form.context()), *map(version_of, said)], self._clock.now_us())
        return {}, hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def confirm(self, said: Sequence[dict[str, Any]]) -> None:
        """What is in the collection can be fetched."""

    def ours(self) -> Iterable[dict[str, Any]]:
        """Newest versions of all indicators."""
        after = -1
        while page := self._collection.read(Wish(after_us=after, types=("indicator",))):
            yield from (one.body for one in page)
            after = page[-1].added_us

    def close(self) -> None:
        """Nothing is kept open."""


def version_of(said: dict[str, Any]) -> Version:
    """A STIX object as a version; what was taken back has no end of its own: it is shown for good."""
    until = said.get("valid_until") if not said.get("revoked") else None
    changed = parse_moment(said.get("modified") or said["created"], "UTC")
    return Version(said["id"], said["type"], changed, parse_moment(until, "UTC") if until else None, said)
