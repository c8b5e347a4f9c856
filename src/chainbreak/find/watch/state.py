"""What stands of one detector on disk: Parquet parts, and a manifest that says which parts count and what they hold.

The manifest is replaced in one step, after its parts are on disk and before the parts it no longer names go: killed
anywhere, the folder holds the state before the step or the state after it, and files that no manifest names.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from chainbreak.base.errors import SetupError
from chainbreak.base.files import replace_atomic, write_atomic

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.json"


class Part(BaseModel):
    """One Parquet file: rows of the aggregate `standing`, of one local day (None: not by day), each key once."""

    model_config = ConfigDict(frozen=True)

    file: str
    standing: str
    day: date | None
    rows: int


class Manifest(BaseModel):
    """What the parts hold. `detector` is its ident, `definition` what it computes; `consumed` and `judged` map table ->
    lake version: records that are in the parts, and the snapshot last judged (None: none since).

    `latest_us` is the latest event consumed (µs UTC); `rows` and `filled` count consumed rows, and the values in each
    column a detector needs, by table.
    """

    model_config = ConfigDict(frozen=True)

    detector: str
    definition: str
    consumed: dict[str, int] = {}
    judged: dict[str, int] | None = None
    latest_us: int = 0
    rows: dict[str, int] = {}
    filled: dict[str, dict[str, int]] = {}
    parts: tuple[Part, ...] = ()
    next: int = 0
    """Number of the next part's file; no number is used twice, so a reader never sees a file change."""


class State:
    """The folder of one detector; whoever writes holds it (`held`)."""

    def __init__(self, folder: Path, detector: str, definition: str) -> None:
        self.folder = folder
        self.empty = Manifest(detector=detector, definition=definition)
        self.manifest = self.empty

    @contextmanager
    def held(self) -> Iterator[State]:
        """Hold the folder, alone; a killed holder's is free at once. Reads the manifest and sweeps left-over files.

        Raises:
            SetupError: somebody else watches with this detector (CB-FI-030).
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SetupError(
                    "CB-FI-030", "somebody else is watching with this detector", given=self.empty.detector,
                    allowed="one watch a detector in a centre", next_step="end the other, or name other detectors",
                ) from None  # fmt: skip
            self.manifest = self._read() or self.empty
            if self.manifest == self.empty:
                self.forget()
            self.sweep()
            yield self

    @property
    def is_new(self) -> bool:
        """Whether nothing stands yet: the next step computes everything."""
        return not self.manifest.consumed and self.manifest.judged is None

    def forget(self) -> None:
        """Begin anew. The manifest goes first, so that it can never name files of the new beginning."""
        (self.folder / MANIFEST).unlink(missing_ok=True)
        self.manifest = self.empty
        self.sweep()

    def _read(self) -> Manifest | None:
        """The manifest on disk if it can be continued: whole, of this detector as it is now, with all its parts."""
        try:
            kept = Manifest.model_validate_json((self.folder / MANIFEST).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        same = (kept.detector, kept.definition) == (self.empty.detector, self.empty.definition)
        return kept if same and all(self.path(p).exists() for p in kept.parts) else None

    @property
    def whole(self) -> bool:
        """Whether the manifest in hand is the one on disk and all its parts are there: a purge removes them."""
        return self.is_new or self._read() == self.manifest

    def path(self, part: Part) -> Path:
        """Where the part lies."""
        return self.folder / part.file

    def write(self, manifest: Manifest, standing: str, day: date | None, rows: pa.Table) -> tuple[Manifest, Part]:
        """Put `rows` on disk as one more part and return `manifest` with it; nothing counts before `save`."""
        import pyarrow.parquet as pq

        part = Part(file=f"{standing}-{manifest.next:08d}.parquet", standing=standing, day=day, rows=rows.num_rows)
        replace_atomic(self.path(part), lambda temporary: pq.write_table(rows, temporary))
        return manifest.model_copy(update={"parts": (*manifest.parts, part), "next": manifest.next + 1}), part

    def save(self, manifest: Manifest) -> None:
        """Make `manifest` the one that counts."""
        write_atomic(self.folder / MANIFEST, manifest.model_dump_json(indent=1).encode())
        self.manifest = manifest
        self.sweep()

    def sweep(self) -> None:
        """Remove the files that the manifest does not name."""
        named = {p.file for p in self.manifest.parts} | {MANIFEST, ".lock"}
        for path in self.folder.iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)


def forget_all(root: Path) -> None:
    """Remove what stands of every detector under `root`: records it was computed from are to be no more.

    A watch that runs meanwhile begins anew at its next look.
    """
    for manifest in root.glob(f"*/{MANIFEST}"):
        manifest.unlink(missing_ok=True)
    for part in root.glob("*/*.parquet"):
        part.unlink(missing_ok=True)
