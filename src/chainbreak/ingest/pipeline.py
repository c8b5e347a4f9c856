"""One file from its bytes to the lake, a chunk at a time.

The order makes it exact under a kill at any moment, because each step may be done twice: identifiers and texts go to
the vault, rejected rows to quarantine, then one atomic commit puts the chunk's new rows into the lake. Run again, the
same file adds what is missing and nothing else.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.base.errors import InputError
from chainbreak.base.progress import Advance
from chainbreak.identity.numbers import Place
from chainbreak.ingest.chunks import Chunk, Reader
from chainbreak.ingest.dedup import count_conflicts, without_known
from chainbreak.ingest.layout import writer_properties
from chainbreak.ingest.limits import Limits
from chainbreak.ingest.mapping import Mapping, canonical_mapping, write_mapping
from chainbreak.ingest.quarantine import Quarantine, Rejected, row_id
from chainbreak.ingest.readers import open_reader
from chainbreak.ingest.refs import Repeats
from chainbreak.ingest.rows import Rows, finish
from chainbreak.ingest.shape import Shaped, refuse_wrong_column, shape
from chainbreak.ingest.texts import TextMasker
from chainbreak.ingest.tokenising import Tokeniser
from chainbreak.records import Kind
from chainbreak.store.desk.ingests import IngestRun
from chainbreak.store.duck import connect
from chainbreak.store.lake import Lake

if TYPE_CHECKING:
    from chainbreak.identity.keys import Keyring
    from chainbreak.identity.vault import Vault


@dataclass(frozen=True)
class Parts:
    """What ingest works with: the centre's lake, vault, keys, quarantine, place and zone, and bounds on the machine."""

    lake: Lake
    vault: Vault
    keys: Keyring
    quarantine: Quarantine
    place: Place
    zone: str
    scratch: Path
    now_us: int
    memory_limit_mib: int = 1024
    threads: int = 2
    limits: Limits = field(default_factory=Limits)
    tokenisers: dict[bool, Tokeniser] = field(default_factory=dict)
    """By whether the source is opaque; shared by the files of one run, which mostly name the same lines."""

    def duck(self) -> Any:
        """A connection for one thread to the engine of this run."""
        cursor = self._engine.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        return cursor

    @cached_property
    def _engine(self) -> Any:
        # One for all files: to open an engine takes longer than to read a small file.
        engine = connect(self.scratch, self.memory_limit_mib // 2, self.threads)
        # Columns are converted one by one and put side by side again: rows must come back in the order they went in.
        engine.execute("SET GLOBAL preserve_insertion_order = true")
        return engine


def ingest_file(parts: Parts, kind: Kind, path: Path, mapping: Mapping | None, advance: Advance) -> IngestRun:
    """Bring one file in. What is wrong with it is never raised: `error` says it, and what was read before counts."""
    began, run = time.monotonic(), IngestRun(kind.name, path.name[:255])
    try:
        with closing(parts.duck()) as duck:
            wanted = mapping.wanted if mapping else [c.name for c in kind.columns]
            options = {"encoding": mapping.encoding, "delimiter": mapping.delimiter} if mapping else {}
            with open_reader(path, parts.scratch, parts.limits, duck, wanted=wanted, **options) as reader:
                run.bytes, run.digest = path.stat().st_size, _digest(path)
                job = _Job(parts, kind, mapping, reader, path.name, run)
                job.work(advance)
                if reader.fault:
                    raise reader.fault
    except InputError as e:
        run.error = e.sentence()
    run.seconds = time.monotonic() - began
    return run


def ingest_raw(parts: Parts, kind: Kind, rows: list[Rejected], mapping: Mapping) -> tuple[IngestRun, set[str]]:
    """Bring rejected rows of one file back by `mapping`; returns what happened and the ids of rows that are in now."""
    from chainbreak.ingest.chunks import text_table

    fields = [row.fields for row in rows]
    names = sorted(set(chain.from_iterable(fields)) | set(mapping.wanted))
    table = text_table(names, [[row.get(name) for row in fields] for name in names])
    chunk = Chunk(table, pa.array([row.line for row in rows], pa.int64()))
    run = IngestRun(kind.name, rows[0].file, rows[0].digest)
    job = _Job(parts, kind, mapping, None, rows[0].file, run)
    still_bad = job.take(chunk)
    return run, {row.id for row in rows} - {row.id for row in still_bad}


class _Job:
    """The ingest of one file: what stays the same from chunk to chunk, and the counts."""

    def __init__(
        self, parts: Parts, kind: Kind, mapping: Mapping | None, reader: Reader | None, file: str, run: IngestRun
    ) -> None:
        self.parts, self.kind, self.reader, self.file, self.run = parts, kind, reader, file, run
        self._text = write_mapping(mapping) if mapping else ""
        if mapping and reader:
            mapping.check_names(reader.names, file)
        self.mapping = mapping or canonical_mapping(kind, reader.names if reader else [], file)
        place = Place(parts.place.country, parts.place.area_code, self.mapping.opaque)
        self._tokeniser = parts.tokenisers.setdefault(place.opaque, Tokeniser(parts.keys, place, parts.vault))
        self._masker = TextMasker(parts.keys, place, parts.vault)
        # Rows brought back from quarantine are counted among themselves.
        self._repeats = Repeats() if self.mapping.repeats == "keep" else None
        self._reasons: Counter[str] = Counter()

    def work(self, advance: Advance) -> None:
        """Every chunk of the reader: the next one is read and typed while this one is tokenised and written."""
        assert self.reader
        done = 0
        with closing(self.parts.duck()) as duck, ThreadPoolExecutor(1) as ahead:
            shaped_chunks = self._shaped(self.reader.chunks())
            coming = ahead.submit(next, shaped_chunks, None)
            while (found := coming.result()) is not None:
                coming = ahead.submit(next, shaped_chunks, None)
                self._bring_in(*found, duck)
                advance(found[0].bytes_read - done)
                done = found[0].bytes_read

    def take(self, chunk: Chunk) -> list[Rejected]:
        """One chunk that is in memory already; returns what is still rejected, without writing it again."""
        with closing(self.parts.duck()) as duck:
            shaped = shape(chunk, self.mapping, self.parts.zone, duck)
            rows = self._finish(shaped)
            self._append(rows, duck)
            self.run.rows_read = len(chunk.lines)
            return self._rejected(chunk, shaped)

    def _shaped(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Shaped]]:
        # Runs in the other thread, so it has a connection of its own.
        with closing(self.parts.duck()) as duck:
            for chunk in chunks:
                yield chunk, shape(chunk, self.mapping, self.parts.zone, duck)

    def _bring_in(self, chunk: Chunk, shaped: Shaped, duck: Any) -> None:
        self.run.rows_read += len(chunk.lines) + len(chunk.broken)
        refuse_wrong_column(shaped, self.file, self.kind)
        rows = self._finish(shaped)
        rejected = self._rejected(chunk, shaped)
        self.parts.quarantine.add(rejected)
        self._append(rows, duck)
        self._reasons.update(row.code for row in rejected)
        self.run.quarantined += len(rejected)
        self.run.reasons = dict(self._reasons)

    def _finish(self, shaped: Shaped) -> Rows:
        rows = finish(
            self.kind, shaped, self._tokeniser, self._masker, self.parts.keys.ref_key, self.parts.zone, self._repeats
        )
        if rows.originals:
            self.parts.vault.add_texts(list(rows.originals), list(rows.originals.values()))
        self.run.unread_identifiers += rows.unread
        self.run.duplicates += rows.duplicates
        return rows

    def _rejected(self, chunk: Chunk, shaped: Shaped) -> list[Rejected]:
        bad = shaped.faults.bad_rows()
        places = chunk.lines.take(pa.array(bad)).to_pylist()
        faults = [shaped.faults.of(row) for row in bad]
        found = [
            (line, code, column, content)
            for line, (code, column), content in zip(places, faults, chunk.contents(pa.array(bad)), strict=True)
        ]
        found += [(b.line, b.code, "", _as_line(b.content)) for b in chunk.broken]
        digest = self.run.digest
        return [
            Rejected(row_id(digest, self.kind.name, line), self.file, digest, self.kind.name, line, code, column,
                     content, self._text, self.parts.now_us)
            for line, code, column, content in found
        ]  # fmt: skip

    def _append(self, rows: Rows, duck: Any) -> None:
        lake, kind, table = self.parts.lake, self.kind, rows.table
        if not table.num_rows:
            return
        self._note_span(table)
        with lake.writing(kind.name):
            fresh, near = without_known(lake, kind, table, duck)
            self.run.duplicates += table.num_rows - fresh.num_rows
            if not fresh.num_rows:
                return
            self.run.conflicts += count_conflicts(kind, fresh, near, duck)
            note = {"file": self.file, "digest": self.run.digest}
            self.run.lake_version = lake.append(
                kind.name, fresh, kind.partition_by, note=note, properties=writer_properties(kind)
            )
        self.run.accepted += fresh.num_rows

    def _note_span(self, table: pa.Table) -> None:
        if not self.kind.time:
            return
        span = pc.min_max(table[self.kind.time])
        low, high = span["min"].as_py(), span["max"].as_py()
        if low is not None:
            self.run.oldest_us = low if self.run.oldest_us is None else min(low, self.run.oldest_us)
            self.run.newest_us = high if self.run.newest_us is None else max(high, self.run.newest_us)


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _as_line(text: str) -> str:
    import json

    return json.dumps({"_line": text}, ensure_ascii=False)
