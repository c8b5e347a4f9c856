"""Bring in a folder as the city or a partner's nightly export lays it out: `<kind>[-NN].<ending>`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.app.ingest_file import Bar, ingest_one, open_parts
from chainbreak.base.errors import InputError
from chainbreak.records import KINDS
from chainbreak.records.actor import Actor
from chainbreak.store.desk.ingests import IngestRun

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

_NAME = re.compile(r"([a-z_]+?)(?:-\d+)?\.(?:csv|tsv|ndjson|jsonl|parquet|xlsx)(?:\.gz)?")


def files_by_kind(folder: Path) -> list[tuple[str, Path]]:
    """Kind and path of each file named after a kind: registers first, events in their kind's order, parts by number."""
    found = [
        (match[1], path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name)) and match[1] in KINDS
    ]
    order = {name: (kind.time is not None, at) for at, (name, kind) in enumerate(KINDS.items())}
    return sorted(found, key=lambda item: (order[item[0]], item[1].name))


def ingest_folder(office: Office, actor: Actor, folder: Path, bar: Bar | None = None) -> Iterator[IngestRun]:
    """Every file of the folder that is named after a kind; others, and folders in it, are left alone.

    Raises:
        InputError: not a folder, or no such file in it (CB-IN-012).
    """
    found = files_by_kind(folder) if folder.is_dir() else []
    if not found:
        raise InputError("CB-IN-012", "no file named after a record kind", given=str(folder),
                         allowed="a folder with <kind>[-NN].<csv|ndjson|parquet|xlsx>[.gz]",
                         next_step="chainbreak ingest KIND FILE… --map MAP.yml")  # fmt: skip
    parts = open_parts(office)
    for kind, path in found:
        yield ingest_one(office, actor, parts, kind, path, None, bar)
