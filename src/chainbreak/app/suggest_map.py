"""Mappings of partners' files: propose one, check one against a file, list those that come with the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainbreak.ingest.chunks import Reader
    from chainbreak.ingest.mapping import Mapping

_MEMORY_MIB, _THREADS, _SAMPLE = 256, 1, 2_000


def suggest_map(file: Path, kind: str | None = None) -> str:
    """A commented YAML mapping for `file`; needs no centre.

    Raises:
        InputError: the file cannot be read. UsageError: no such kind.
    """
    from chainbreak.ingest.suggest import suggest

    with _opened(file) as (reader, duck):
        return suggest(reader, file.name, kind, duck)


def check_map(mapping: str, file: Path, zone: str = "UTC") -> dict[str, Any]:
    """What a mapping makes of the file's first rows, identifiers aside: rows, good, and faulty rows by column and code.

    Raises:
        UsageError, InputError: the mapping or the file cannot be used; the message says where.
    """
    from chainbreak.ingest.mapping import load_mapping
    from chainbreak.ingest.shape import shape

    loaded = load_mapping(mapping)
    with _opened(file, loaded) as (reader, duck):
        loaded.check_names(reader.names, file.name)
        chunk = next(reader.chunks())
        faults = shape(chunk, loaded, zone, duck).faults
    counts: dict[str, int] = {}
    for row in faults.bad_rows():
        code, column = faults.of(row)
        counts[f"{column} {code}"] = counts.get(f"{column} {code}", 0) + 1
    bad = len(faults.bad_rows())
    return {"file": file.name, "kind": loaded.kind, "rows": len(chunk.lines), "good": len(chunk.lines) - bad,
            "broken_lines": len(chunk.broken), "faults": counts}  # fmt: skip


def list_maps() -> list[dict[str, str]]:
    """One dictionary a shipped mapping: name, kind, what it is for."""
    from chainbreak.ingest.mapping import read_mapping, shipped_mappings

    return [
        {"name": name, "kind": read_mapping(text, name).kind, "for": text.splitlines()[0].lstrip("# ")}
        for name, text in shipped_mappings().items()
    ]


@contextmanager
def _opened(file: Path, mapping: Mapping | None = None) -> Iterator[tuple[Reader, Any]]:
    from chainbreak.ingest.limits import MIB, Limits
    from chainbreak.ingest.readers import open_reader
    from chainbreak.store.duck import connect

    options = {"encoding": mapping.encoding, "delimiter": mapping.delimiter} if mapping else {}
    with TemporaryDirectory(prefix="chainbreak-") as folder:
        scratch = Path(folder)
        with closing(connect(scratch, _MEMORY_MIB, _THREADS)) as duck:
            duck.execute("SET preserve_insertion_order = true")
            limits = Limits(block=4 * MIB, batch_rows=_SAMPLE)
            wanted = mapping.wanted if mapping else []
            with open_reader(file, scratch, limits, duck, wanted=wanted, **options) as reader:
                yield reader, duck
