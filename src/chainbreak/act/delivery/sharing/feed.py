"""A MISP feed in a folder: `manifest.json`, `hashes.csv` and one file an event, for any MISP to pull.

What was taken back stays in the feed as deleted, with its sighting: a MISP that pulled it before hears of it only so.
A file counts only when the manifest names it at the same time stamp; the manifest is written last.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.sharing.misp_form import event_uuid
from chainbreak.base.files import write_atomic

if TYPE_CHECKING:
    from chainbreak.act.delivery.sharing.misp_form import Misp

FOLDER, MANIFEST, HASHES = "feed", "manifest.json", "hashes.csv"
_MODE = 0o640


class Feed:
    """The feed below a partner's folder, as a `Place`."""

    def __init__(self, folder: Path, form: Misp) -> None:
        self.folder, self._form = folder / FOLDER, form

    def latest(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """UUID -> attribute, also deleted ones."""
        manifest = self._manifest()
        read = (self._attribute(event_uuid(key), manifest) for key in keys)
        return {said["uuid"]: said for said in read if said}

    def add(self, said: Sequence[dict[str, Any]]) -> tuple[dict[str, str], str]:
        """Write the events of new versions, then the hashes and the manifest; nothing is ever refused."""
        self.folder.mkdir(parents=True, exist_ok=True)
        manifest, hashes = self._manifest(), self._hashes()
        for one in said:
            event = self._form.event(one)
            body = event.to_feed(with_meta=True)["Event"]
            manifest |= body.pop("_manifest")
            hashes.pop(event.uuid, None)
            if not self._form.is_over(one):
                hashes[event.uuid] = body["_hashes"]
            del body["_hashes"]
            # pymisp leaves sightings out of a feed; a MISP that pulls it reads them, and learns why it is over.
            body["Attribute"][0] |= {name: one[name] for name in ("Sighting",) if name in one}
            self._put_event(event.uuid, json.dumps({"Event": body}, ensure_ascii=False))
        self._put(HASHES, "".join(f"{hash},{uuid}\n" for uuid, some in sorted(hashes.items()) for hash in some))
        text = json.dumps(manifest, ensure_ascii=False, sort_keys=True)
        self._put(MANIFEST, text)
        return {}, hashlib.sha256(text.encode()).hexdigest()

    def confirm(self, said: Sequence[dict[str, Any]]) -> None:
        """What the manifest names can be fetched."""

    def ours(self) -> Iterable[dict[str, Any]]:
        """Every attribute in the feed."""
        manifest = self._manifest()
        return [said for uuid in manifest if (said := self._attribute(uuid, manifest))]

    def close(self) -> None:
        """Nothing is kept open."""

    def _put_event(self, uuid: str, text: str) -> None:
        """In one step, but not waiting for the disk: what a power cut takes is not read back, and is written again."""
        made = self.folder / f".{uuid}.tmp"
        made.write_text(text, encoding="utf-8")
        made.chmod(_MODE)
        made.replace(self.folder / f"{uuid}.json")

    def _put(self, name: str, text: str) -> None:
        write_atomic(self.folder / name, text.encode(), mode=_MODE)

    def _manifest(self) -> dict[str, Any]:
        try:
            read = json.loads((self.folder / MANIFEST).read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return read if isinstance(read, dict) else {}

    def _hashes(self) -> dict[str, list[str]]:
        try:
            text = (self.folder / HASHES).read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        found: dict[str, list[str]] = {}
        for row in csv.reader(io.StringIO(text)):
            found.setdefault(row[-1], []).append(row[0])
        return found

    def _attribute(self, uuid: str, manifest: dict[str, Any]) -> dict[str, Any] | None:
        try:
            event = json.loads((self.folder / f"{uuid}.json").read_bytes())["Event"]
            is_listed = str(manifest[uuid]["timestamp"]) == str(event["timestamp"])
            return dict(event["Attribute"][0]) if is_listed else None
        except (FileNotFoundError, ValueError, KeyError, IndexError, TypeError):
            return None
