"""What a partner fetches from us, over TAXII or as a MISP feed: what is kept for it, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.app.bootstrap import Office
    from chainbreak.store.collection import Version, Wish

_FEED_FILE = re.compile(r"manifest\.json|hashes\.csv|[0-9a-f-]{36}\.json")


@dataclass(frozen=True)
class Reader:
    """A partner that has shown its token, and its one collection."""

    partner_id: str
    title: str
    collection_id: str
    file: Path


def sign_in_reader(office: Office, name: str, token: str) -> Reader | None:
    """The partner called `name` if this is its token and we keep a collection for it; else None, whatever was wrong.

    A retired partner still signs in: it must hear of withdrawals.
    """
    from chainbreak.act.delivery.sharing.hosted import FILE
    from chainbreak.act.delivery.sharing.taxii import Settings
    from chainbreak.act.delivery.sharing.terms import shared_uuid

    row = _signed_in(office, name, token, "taxii")
    settings = Settings.model_validate(json.loads(row["settings"])) if row else None
    if row is None or settings is None or not settings.hosted:
        return None
    title = row[f"name_{office.centre.settings.language}"]
    return Reader(name, title, shared_uuid(settings, name, "collection"), office.centre.out / name / FILE)


def read_shared(office: Office, reader: Reader, wish: Wish) -> list[Version]:
    """Versions of objects in the reader's collection; the log says who reads, once in ten minutes."""
    from chainbreak.store.collection import Collection

    _record(office, reader.partner_id)
    return Collection(reader.file).read(wish)


def read_feed(office: Office, name: str, token: str, file: str) -> bytes | None:
    """A file of the feed of the partner called `name`; None when there is none, or this is not its token."""
    from chainbreak.act.delivery.sharing.feed import FOLDER

    if not _FEED_FILE.fullmatch(file) or _signed_in(office, name, token, "misp") is None:
        return None
    _record(office, name)
    try:
        return (office.centre.out / name / FOLDER / file).read_bytes()
    except FileNotFoundError:
        return b"{}" if file == "manifest.json" else None  # nothing has been shared yet


def _signed_in(office: Office, name: str, token: str, format_: str) -> dict[str, Any] | None:
    from chainbreak.app.change_partners import partner_row
    from chainbreak.app.issue_receipt_token import partner_of_token

    try:
        row = partner_row(office, partner_of_token(office, token))
    except (RefusedError, UsageError):
        return None
    return row if (row["partner_id"], row["format"]) == (name, format_) else None


def _record(office: Office, partner_id: str) -> None:
    from chainbreak.app.record_read import record_read
    from chainbreak.records.actor import Actor

    partner = Actor(f"partner:{partner_id}", frozenset(), "api")
    record_read(office, partner, "share.fetch", f"partner:{partner_id}", often=True)
