"""Choosing a reader: by the file's ending, checked against its first bytes."""

from __future__ import annotations

import contextlib
import csv
import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainbreak.base.errors import InputError, did_you_mean
from chainbreak.ingest.chunks import Reader
from chainbreak.ingest.columnar import ParquetReader, WorkbookReader
from chainbreak.ingest.delimited import DelimitedReader
from chainbreak.ingest.limits import MIB, Limits
from chainbreak.ingest.ndjson import JsonLinesReader

ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet",
    ".xlsx": "xlsx",
}  # fmt: skip
_SIGNS = {b"PAR1": "parquet", b"PK\x03\x04": "xlsx"}
_NOT_OURS = {b"%PDF": "PDF", b"\xd0\xcf\x11\xe0": "an old XLS or other OLE file", b"SQLi": "SQLite", b"Rar!": "RAR",
             b"7z\xbc\xaf": "7-Zip", b"BZh9": "bzip2", b"\xfd7zX": "xz", b"\x28\xb5\x2f\xfd": "Zstandard"}  # fmt: skip


def form_of(path: Path) -> str:
    """`csv`, `ndjson`, `parquet` or `xlsx`, from the name without a final `.gz`.

    >>> form_of(Path("calls-01.CSV.gz"))
    'csv'

    Raises:
        InputError: an ending we do not read (CB-IN-008).
    """
    name = path.name.lower().removesuffix(".gz")
    ending = Path(name).suffix
    if ending not in ENDINGS:
        raise InputError(
            "CB-IN-008", "the file's ending is none we read", given=path.name,
            allowed=f"{', '.join(ENDINGS)}, each also .gz; {did_you_mean(ending, ENDINGS)}",
            next_step="rename it to what it holds",
        )  # fmt: skip
    return ENDINGS[ending]


@contextmanager
def open_reader(
    path: Path, scratch: Path, limits: Limits, duck: Any, *, encoding: str | None = None, delimiter: str | None = None,
    wanted: list[str] | None = None,
) -> Iterator[Reader]:  # fmt: skip
    """A reader of the records in `path`; `duck` is a connection for the readers that parse with it.

    Raises:
        InputError: missing (CB-IN-001), empty (CB-IN-002), cut short at once (CB-IN-003), unknown encoding (004), a
            bomb (005), a name twice (006), not what its ending says (007), unknown ending (008), a directory (009).
    """
    form = form_of(_existing(path))
    csv.field_size_limit(4 * limits.line)  # the library's own bound is below ours
    with contextlib.ExitStack() as stack:
        if form in ("parquet", "xlsx") and _is_gzip(path):
            path = stack.enter_context(_unpacked(path, scratch, limits))
        _check_sign(path, form)
        match form:
            case "parquet":
                yield ParquetReader(path, limits)
            case "xlsx":
                yield WorkbookReader(path, limits)
            case "ndjson":
                yield JsonLinesReader(path, limits, encoding, duck, wanted or [])
            case _:
                tab = "\t" if path.name.lower().removesuffix(".gz").endswith(".tsv") else None
                yield DelimitedReader(path, limits, encoding, delimiter or tab)


def _existing(path: Path) -> Path:
    if path.is_dir():
        raise InputError("CB-IN-009", "this is a directory", given=str(path), allowed="files",
                         next_step=f"chainbreak ingest auto {path}")  # fmt: skip
    if not path.is_file():
        near = did_you_mean(path.name, [p.name for p in path.parent.iterdir()][:1_000]) if path.parent.is_dir() else ""
        raise InputError("CB-IN-001", "no such file", given=str(path), allowed=near, next_step="check the path")
    if not path.stat().st_size:
        raise InputError("CB-IN-002", "the file is empty", given=path.name, next_step="ask the sender for it again")
    return path


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(2) == b"\x1f\x8b"


def _check_sign(path: Path, form: str) -> None:
    with path.open("rb") as handle:
        sign = handle.read(4)
    said = _SIGNS.get(sign) or _NOT_OURS.get(sign)
    if (said and said != form) or (form in _SIGNS.values() and said != form):
        raise InputError(
            "CB-IN-007", "the file is not what its ending says", given=f"{path.name}: {said or 'something else'}",
            allowed=form, next_step="name the file by what it is, or fetch it again",
        )  # fmt: skip


@contextmanager
def _unpacked(path: Path, scratch: Path, limits: Limits) -> Iterator[Path]:
    """The contents of a .gz in a scratch file, for formats that need to seek."""
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="gz-", dir=scratch))
    target, allowed = folder / path.name.removesuffix(".gz"), min(limits.total, path.stat().st_size * limits.ratio)
    try:
        with gzip.open(path) as source, target.open("wb") as out:
            while data := source.read(8 * MIB):
                out.write(data)
                if out.tell() > max(allowed, limits.ratio_from):
                    raise InputError("CB-IN-005", "the file expands beyond the limit", given=path.name,
                                     allowed=f"{allowed:,} bytes", next_step="check what was packed")  # fmt: skip
        yield target
    except (EOFError, zlib.error, gzip.BadGzipFile) as e:
        raise InputError("CB-IN-003", "the compressed file is cut short or damaged", given=f"{path.name}: {e}",
                         next_step="fetch the file again; nothing of it was read") from None  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)
