"""A shelf: token -> value, sealed, for any number of readers and writers at once.

Segments are sorted by token. Beside each lies an index (`.npy`, shape (2, n): tokens, checks) that is memory-mapped:
what is known already is found without opening anything. Tokens and checks tell nothing without the key, and the lake
holds the tokens anyway; values are only in the sealed file. A segment counts once its index exists; the index is
written after the segment and removed before it, so a kill leaves at worst an orphan, which the next writer sweeps up.

Small segments are merged eight at a time (as in a log-structured merge tree), up to 32 MiB, which bounds memory.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chainbreak.base.errors import InputError
from chainbreak.base.files import replace_atomic
from chainbreak.identity import sealed

Ints = npt.NDArray[np.int64]

_MERGE_AT = 8  # segments of one size class
_MERGE_BYTES = 32 << 20  # a segment this large is left alone


class Shelf:
    """One folder of sealed (token, check, value) rows, one row a token."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder, self._key = folder, key
        self._indexes: dict[str, Any] = {}

    def __len__(self) -> int:
        self._refresh()
        return sum(index.shape[1] for index in self._indexes.values())

    def add(self, tokens: Ints, checks: Ints, values: Any) -> int:
        """Add what is not there yet, return how many rows that was; the three run in parallel, `values` in Arrow.

        Raises:
            InputError: a token stands for another value already (CB-ID-020); nothing was added.
        """
        distinct, rows = np.unique(tokens, return_index=True)
        if len(rows) < len(tokens) and not np.array_equal(checks, checks[rows][np.searchsorted(distinct, tokens)]):
            raise _collision(self.folder)
        # First without the lock: in every chunk after the first, most or all is known.
        rows = rows[~self._known(distinct, checks[rows])]
        if not len(rows):
            return 0
        seen = set(self._indexes)
        with self._writing():
            if self._indexes.keys() != seen:  # another writer was here meanwhile
                rows = rows[~self._known(tokens[rows], checks[rows])]
            if len(rows):
                picked = pa.table({"token": tokens[rows], "check": checks[rows], "value": values.take(pa.array(rows))})
                self._write(picked)
                self._merge()
        return len(rows)

    def remove(self, tokens: Ints) -> int:
        """Destroy the rows of `tokens` by rewriting the segments that hold them; returns how many rows that was."""
        gone = 0
        with self._writing():
            for name, index in list(self._indexes.items()):
                kept = ~np.isin(index[0], tokens)
                if kept.all():
                    continue
                gone += int((~kept).sum())
                if kept.any():
                    rows = sealed.read_groups(self.folder, name, self._key)
                    self._write(rows.filter(pa.array(kept)).combine_chunks())
                (self.folder / f"{name}.npy").unlink()
                sealed.remove(self.folder, name)
            self._refresh()
        return gone

    def find(self, tokens: Ints) -> dict[int, str]:
        """Token -> value of those that are here; only the row groups that hold them are decrypted.

        Raises:
            SetupError: a segment is missing or does not open (CB-ID-022).
        """
        while True:
            self._refresh()
            try:
                return self._find(np.unique(tokens))
            except FileNotFoundError:
                # A merge took a segment away meanwhile; its index is gone too, and the next round reads the merged one.
                if not self._vanished():
                    raise sealed.cannot_open(self.folder, "a segment named by its index") from None

    def known(self, tokens: Ints) -> npt.NDArray[np.bool_]:
        """Which of `tokens` are here."""
        return self._known(tokens, None)

    def segments(self) -> Iterator[pa.Table]:
        """Everything, a segment at a time: token, check, value; while nobody adds, since a merge removes segments."""
        self._refresh()
        for name in sorted(self._indexes):
            yield sealed.read_groups(self.folder, name, self._key)

    def _find(self, tokens: Ints) -> dict[int, str]:
        found: dict[int, str] = {}
        for name, index in self._indexes.items():
            at, hit = _positions(index[0], tokens)
            positions = at[hit]
            if not len(positions):
                continue
            groups = np.unique(positions // sealed.ROWS_PER_GROUP)
            rows = sealed.read_groups(self.folder, name, self._key, groups.tolist(), columns=["token", "value"])
            offset, _ = _positions(rows["token"].to_numpy(), tokens[hit])
            found |= dict(zip(tokens[hit].tolist(), rows["value"].take(pa.array(offset)).to_pylist(), strict=True))
        return found

    def _known(self, tokens: Ints, checks: Ints | None) -> npt.NDArray[np.bool_]:
        self._refresh()
        known = np.zeros(len(tokens), dtype=bool)
        for index in self._indexes.values():
            at, hit = _positions(index[0], tokens)
            if checks is not None and not np.array_equal(index[1][at[hit]], checks[hit]):
                raise _collision(self.folder)
            known |= hit
        return known

    def _vanished(self) -> bool:
        return any(not (self.folder / f"{name}.npy").exists() for name in self._indexes)

    def _refresh(self) -> None:
        entries = os.listdir(self.folder) if self.folder.is_dir() else []
        here = {entry.removesuffix(".npy") for entry in entries if entry.endswith(".npy")}
        for name in sorted(here - self._indexes.keys()):
            try:
                self._indexes[name] = np.load(self.folder / f"{name}.npy", mmap_mode="r")
            except FileNotFoundError:
                return self._refresh()
        for name in self._indexes.keys() - here:
            del self._indexes[name]

    def _write(self, rows: pa.Table) -> str:
        """Write rows (sorted by token, distinct) as a new segment, then its index, which makes it count."""
        index = np.stack([rows["token"].to_numpy(), rows["check"].to_numpy()])
        last = max((int(name[:8]) for name in self._indexes), default=0)
        name = f"{last + 1:08d}-{hashlib.sha256(index.tobytes()).hexdigest()[:16]}"
        sealed.append(self.folder, name, rows, self._key)

        def write(temporary: Path) -> None:
            with temporary.open("wb") as handle:
                np.save(handle, index)

        replace_atomic(self.folder / f"{name}.npy", write, mode=0o600)
        self._refresh()
        return name

    def _merge(self) -> None:
        classes: dict[int, list[str]] = {}
        for name in self._indexes:
            size = sealed.segment_path(self.folder, name).stat().st_size
            if size < _MERGE_BYTES:
                classes.setdefault((size >> 14).bit_length() // 3, []).append(name)
        for group in classes.values():
            if len(group) < _MERGE_AT:
                continue
            rows = pa.concat_tables([sealed.read_groups(self.folder, name, self._key) for name in group])
            _, first = np.unique(rows["token"].to_numpy(), return_index=True)
            self._write(rows.take(pa.array(first)).combine_chunks())
            for name in group:
                (self.folder / f"{name}.npy").unlink()
                sealed.remove(self.folder, name)
            self._refresh()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The writers' lock, free at once when its holder dies; sweeps up what a killed writer left."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._refresh()
            for name in sealed.names(self.folder):
                if name not in self._indexes:
                    sealed.remove(self.folder, name)
            for leftover in self.folder.glob(".*.tmp"):
                leftover.unlink()
            yield


def _positions(tokens: Any, wanted: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where each wanted token stands in the sorted `tokens`, and whether it does; asked in order, for the caches."""
    if (wanted[1:] >= wanted[:-1]).all():
        at = np.searchsorted(tokens, wanted)
    else:
        order = np.argsort(wanted)
        at = np.empty(len(wanted), dtype=np.int64)
        at[order] = np.searchsorted(tokens, wanted[order])
    inside = np.minimum(at, len(tokens) - 1)
    return inside, tokens[inside] == wanted


def _collision(folder: Path) -> InputError:
    return InputError(
        "CB-ID-020",
        "two values share a token",
        given=f"in {folder.name}",
        next_step="chainbreak vault rotate, then run it again",
    )
