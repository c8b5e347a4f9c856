"""Where reports come from: a partner's collection, its MISP, its feed, or a file; read in parts, each with a marker.

A marker is the source's own: what is read next begins after it. Each part is small enough to be kept in one step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sharing import misp, taxii
from chainbreak.act.delivery.sharing.misp_in import KINDS, is_misp, read_misp
from chainbreak.act.delivery.sharing.misp_server import PAGE, attributes_of
from chainbreak.act.delivery.sharing.reported import Reading
from chainbreak.act.delivery.sharing.stix_in import read_stix
from chainbreak.base.clock import US_PER_S
from chainbreak.base.errors import InputError, UsageError

if TYPE_CHECKING:
    from chainbreak.act.delivery.point import Setup
    from chainbreak.act.delivery.sharing.web import Web

LARGEST_FILE = 64 << 20
"""Bytes of a file, or of all files of a feed in a folder that is read at once."""
MOST_EVENTS = 5_000
"""Events of a feed read in one go; the next pull goes on from there."""


@dataclass(frozen=True)
class Part:
    """Some of what a source reports, and how far it has been read then ("": it cannot say)."""

    reading: Reading
    marker: str = ""


def read_source(setup: Setup, marker: str) -> Iterator[Part]:
    """What a partner reports since `marker`.

    Raises:
        UsageError: not a partner that anything is shared with (CB-DL-166).
        SetupError: its settings do not say where (CB-DL-161, CB-DL-162).
        PointDownError: not reached; parts yielded before are whole.
    """
    if setup.format == "taxii":
        said = taxii.Settings.model_validate(setup.settings)
        yield from _collection(taxii.collection_of(setup, said, said.inbox or said.collection), marker)
    elif setup.format == "misp":
        settings = misp.Settings.model_validate(setup.settings)
        web = misp.server_of(setup, settings)
        now_us = setup.clock.now_us()
        yield from _feed(web, marker, now_us) if settings.feed else _server(web, marker, now_us)
    else:
        raise UsageError("CB-DL-166", "nothing is shared with this partner", given=f"{setup.partner_id} {setup.format}",
                         allowed="misp, taxii")  # fmt: skip


def read_file(path: Path, now_us: int) -> Reading:
    """What a file reports: a STIX bundle or envelope, MISP events, or a folder that is a MISP feed.

    Raises:
        InputError: none of these (CB-DL-163), or too large (CB-DL-164).
    """
    if path.is_dir():
        return _folder(path, now_us)
    document = _json(path, LARGEST_FILE)
    if isinstance(document, dict) and isinstance(document.get("objects"), list):
        return read_stix(document["objects"])
    if is_misp(document):
        return read_misp(document, now_us)
    raise _unreadable(path)


def _collection(web: Web, marker: str) -> Iterator[Part]:
    params = {"added_after": marker} if marker else {}
    try:
        for page in taxii.pages(web, params):
            added = page.headers.get("x-taxii-date-added-last", "")
            yield Part(read_stix(page.body.get("objects") or ()), added[:64])
    finally:
        web.close()


def _server(web: Web, marker: str, now_us: int) -> Iterator[Part]:
    wish: dict[str, Any] = {"returnFormat": "json", "type": sorted(KINDS), "deleted": ["0", "1"], "limit": PAGE,
                            "includeSightings": 1}  # fmt: skip
    newest = since = int(marker or 0)
    try:
        for page in range(1, MOST_EVENTS):
            found = attributes_of(web.post("attributes/restSearch", wish | {"timestamp": str(since), "page": page}))
            newest = max([newest, *(at for one in found if (at := _stamp(one)) <= now_us // US_PER_S)])
            is_last = len(found) < PAGE
            # Pages are in the order of ids: only after the last one is everything up to `newest` known to be read.
            yield Part(read_misp({"Attribute": found}, now_us), str(newest) if is_last else "")
            if is_last:
                return
    finally:
        web.close()


def _feed(web: Web, marker: str, now_us: int) -> Iterator[Part]:
    try:
        manifest = web.get("manifest.json").body
        if not isinstance(manifest, dict):
            raise PointDownError("no manifest of a feed")
        for stamp, uuid in _changed(manifest, int(marker or 0))[:MOST_EVENTS]:
            reply = web.get(f"{uuid}.json")
            if reply.status != 200:
                raise PointDownError(f"HTTP {reply.status}")
            yield Part(read_misp(reply.body, now_us), str(min(stamp, now_us // US_PER_S)))
    finally:
        web.close()


def _folder(path: Path, now_us: int) -> Reading:
    manifest, all_of, left = _json(path / "manifest.json", LARGEST_FILE), Reading(), LARGEST_FILE
    if not isinstance(manifest, dict):
        raise _unreadable(path)
    for _, uuid in _changed(manifest, -1):
        file = path / f"{uuid}.json"
        reading = read_misp(_json(file, left), now_us)
        left -= file.stat().st_size
        all_of.reported += reading.reported
        all_of.sighted += reading.sighted
        all_of.refused += reading.refused
        all_of.ignored += reading.ignored
    return all_of


def _changed(manifest: dict[str, Any], since: int) -> list[tuple[int, str]]:
    """(time stamp, event) of a feed at or after `since`, in order; an event's name is a file's, so it is a UUID."""
    named = ((_stamp(about), uuid) for uuid, about in manifest.items() if set(uuid) <= set("0123456789abcdef-"))
    return sorted((stamp, uuid) for stamp, uuid in named if stamp >= max(since, 0))


def _stamp(about: Any) -> int:
    """The time stamp of an event or attribute, seconds; -1 where it has none. One to come moves no marker: what is
    changed until then would never be read.
    """
    text = str(about.get("timestamp")) if isinstance(about, dict) else ""
    return int(text) if text.isdecimal() and len(text) <= 12 else -1


def _json(path: Path, most: int) -> Any:
    try:
        if path.stat().st_size > most:
            raise InputError("CB-DL-164", "too much was shared at once", given=path.name, allowed=f"{most} bytes")
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        raise _unreadable(path) from None


def _unreadable(path: Path) -> InputError:
    return InputError("CB-DL-163", "what was shared cannot be read", given=path.name,
                      allowed="a STIX 2.1 bundle, MISP events, a MISP feed folder")  # fmt: skip
