"""What a partner fetches from us over TAXII: the collection kept for it, and no other."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.app.bootstrap import Office
    from chainbreak.store.collection import Version, Wish


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
    from chainbreak.app.change_partners import partner_row
    from chainbreak.app.partner_secrets import secret_path
    from chainbreak.base.errors import UsageError

    try:
        row = partner_row(office, name)
    except UsageError:
        return None
    path = secret_path(office, row["partner_id"], "token")
    if row["format"] != "taxii" or not path.is_file():
        return None
    settings = Settings.model_validate(json.loads(row["settings"]))
    if not settings.hosted or not hmac.compare_digest(path.read_bytes().strip(), token.encode()):
        return None
    language = office.centre.settings.language
    collection_id = shared_uuid(settings, name, "collection")
    return Reader(name, row[f"name_{language}"], collection_id, office.centre.out / name / FILE)


def read_shared(office: Office, reader: Reader, wish: Wish) -> list[Version]:
    """Versions of objects in the reader's collection; the log says who reads, once in ten minutes."""
    from chainbreak.app.record_read import record_read
    from chainbreak.records.actor import Actor
    from chainbreak.store.collection import Collection

    partner = Actor(f"partner:{reader.partner_id}", frozenset(), "taxii")
    record_read(office, partner, "share.fetch", f"partner:{reader.partner_id}", often=True)
    return Collection(reader.file).read(wish)
