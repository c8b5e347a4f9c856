"""Sealed files: Parquet segments encrypted and authenticated at rest (Parquet modular encryption, AES-256-GCM).

Each segment has its own key, HMAC-SHA-256(seal key, folder/name), and the same name as additional authenticated data: a
file that was changed, cut, renamed or put in another's place does not open. Footer, schema and statistics are encrypted
too. Segments are written once, whole or not at all, and never changed.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet import encryption

from chainbreak.base.errors import SetupError
from chainbreak.base.files import replace_atomic

ROWS_PER_GROUP = 65_536
"""Rows that are decrypted together: the least work of one look-up."""

_SUFFIX = ".sealed"


def append(folder: Path, name: str, table: pa.Table, key: bytes) -> bool:
    """Write `table` as the segment `name`; False, and nothing is written, when the segment is there already."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = segment_path(folder, name)
    if path.exists():
        return False
    file_key, aad = _file_key(folder, name, key)
    sealed = encryption.create_encryption_properties(file_key, aad_prefix=aad, store_aad_prefix=False)

    def write(temporary: Path) -> None:
        # Values hardly repeat, so dictionaries would only cost; statistics would help nobody who has no key.
        pq.write_table(
            table, temporary, row_group_size=ROWS_PER_GROUP, compression="zstd", compression_level=1,
            use_dictionary=False, write_statistics=False, encryption_properties=sealed,
        )  # fmt: skip

    replace_atomic(path, write, mode=0o600)
    return True


def names(folder: Path) -> list[str]:
    """The segments of `folder`, sorted by name."""
    if not folder.is_dir():
        return []
    return sorted(
        entry.removesuffix(_SUFFIX) for entry in os.listdir(folder) if entry.endswith(_SUFFIX) and entry[0] != "."
    )


def segment_path(folder: Path, name: str) -> Path:
    """Where the segment `name` lies."""
    return folder / f"{name}{_SUFFIX}"


def open_segment(folder: Path, name: str, key: bytes) -> pq.ParquetFile:
    """One segment, opened: row groups of `ROWS_PER_GROUP` rows are decrypted as they are read.

    Raises:
        SetupError: changed, cut, moved, or sealed with another key (CB-ID-022).
        FileNotFoundError: no such segment.
    """
    file_key, aad = _file_key(folder, name, key)
    opened = encryption.create_decryption_properties(file_key, aad_prefix=aad)
    try:
        return pq.ParquetFile(segment_path(folder, name), decryption_properties=opened)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as e:
        raise cannot_open(folder, name) from e


def read_groups(folder: Path, name: str, key: bytes, groups: list[int] | None = None, **columns: Any) -> pa.Table:
    """The rows of one segment, or of some of its row groups; `columns=[…]` as in Parquet.

    Raises:
        SetupError, FileNotFoundError: as `open_segment`.
    """
    segment = open_segment(folder, name, key)
    try:
        return segment.read(**columns) if groups is None else segment.read_row_groups(groups, **columns)
    except (OSError, pa.ArrowException) as e:
        raise cannot_open(folder, name) from e


def read(folder: Path, key: bytes, filter: Any = None) -> pa.Table | None:
    """All rows of all segments, in order of segment name, that pass `filter` (a pyarrow expression); None without any.

    Raises:
        SetupError: a segment cannot be opened (CB-ID-022).
    """
    parts = [read_groups(folder, name, key) for name in names(folder)]
    kept = [part.filter(filter) if filter is not None else part for part in parts]
    return pa.concat_tables(kept, promote_options="default") if kept else None


def remove(folder: Path, name: str) -> None:
    """Delete the segment `name`; nothing happens when it is gone already."""
    segment_path(folder, name).unlink(missing_ok=True)


def _file_key(folder: Path, name: str, key: bytes) -> tuple[bytes, bytes]:
    label = f"{folder.name}/{name}".encode()
    return hmac.digest(key, b"sealed segment\0" + label, "sha256"), label


def cannot_open(folder: Path, name: str) -> SetupError:
    """The error of a segment that is there and does not open, or is missing where it must be."""
    return SetupError("CB-ID-022", "a sealed file cannot be opened", given=f"{folder.name}/{name}")
