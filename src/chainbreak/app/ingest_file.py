"""Bring files of one record kind into the lake; each file's outcome is a row on the desk and a leaf in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.audit.log import Entry, append
from chainbreak.base.errors import InputError
from chainbreak.base.progress import Advance, silent
from chainbreak.records import kind_named
from chainbreak.records.actor import Actor
from chainbreak.store.desk.ingests import IngestRun, save_run

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.ingest.mapping import Mapping
    from chainbreak.ingest.pipeline import Parts

Bar = Callable[[str, float | None], AbstractContextManager[Advance]]
"""Shows how far one file is: title and size in bytes."""


def ingest_files(
    office: Office, actor: Actor, kind: str, files: Sequence[Path], mapping: str | None = None, bar: Bar | None = None
) -> Iterator[IngestRun]:
    """Each file in turn, one outcome a file; a bad file never stops the others. `mapping`: a file, or a shipped name.

    Raises:
        UsageError: no such kind (CB-US-001) or mapping (CB-IN-020).
        InputError: the mapping cannot be read (CB-IN-021, CB-IN-022) or is for another kind (CB-IN-023).
    """
    from chainbreak.ingest.mapping import load_mapping

    record_kind, loaded = kind_named(kind), load_mapping(mapping) if mapping else None
    if loaded and loaded.kind != kind:
        raise InputError("CB-IN-023", "the mapping is for another kind", given=loaded.kind, allowed=kind,
                         next_step=f"chainbreak ingest {loaded.kind} …")  # fmt: skip
    parts = open_parts(office)
    for path in files:
        yield ingest_one(office, actor, parts, record_kind.name, path, loaded, bar)


def ingest_one(
    office: Office, actor: Actor, parts: Parts, kind: str, path: Path, mapping: Mapping | None, bar: Bar | None = None
) -> IngestRun:
    """One file, and its row and leaf in one transaction."""
    from chainbreak.ingest.compaction import compact_if_it_pays
    from chainbreak.ingest.pipeline import ingest_file

    with office.keys.in_use():
        if bar:
            size = path.stat().st_size if path.is_file() else None
            with bar(path.name, size) as advance:
                run = ingest_file(parts, kind_named(kind), path, mapping, advance)
        else:
            run = ingest_file(parts, kind_named(kind), path, mapping, silent)
    note_run(office, actor, run)
    if run.accepted:
        compact_if_it_pays(parts.lake, kind_named(kind))
    return run


def note_run(office: Office, actor: Actor, run: IngestRun) -> None:
    """Put a run on the desk together with its leaf."""
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        save_run(conn, run, now, actor.name)
        append(conn, Entry.by(actor, now, "ingest.file", f"file:{run.digest[:16] or run.file}", payload=asdict(run)))


def open_parts(office: Office) -> Parts:
    """The parts of the centre that ingest works with."""
    from chainbreak.identity.numbers import Place
    from chainbreak.ingest.pipeline import Parts
    from chainbreak.ingest.quarantine import Quarantine

    centre, settings = office.centre, office.centre.settings
    return Parts(
        lake=office.lake, vault=office.vault, keys=office.keys,
        quarantine=Quarantine(centre.quarantine, office.keys.seal_key),
        place=Place(settings.country, settings.area_code), zone=settings.zone, scratch=centre.scratch,
        now_us=office.clock.now_us(), memory_limit_mib=settings.memory_limit_mib, threads=settings.threads,
    )  # fmt: skip
