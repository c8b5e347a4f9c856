"""Which parts of the newest claim have left: a note on disk, made before a byte of them goes out.

The desk marks half a second's parts at once. After a kill this note tells those that had not left, and may go out
again, from those that may have: a part is given back only if its own claim is the one noted here and the part is not. A
note that is missing, older or torn gives nothing back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainbreak.act.delivery.sms.book import Part


class Leaving:
    """The note at `path`; one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, claimed_us: int) -> None:
        """Before a claim: nothing of it has left."""
        self._write(os.O_TRUNC, f"{claimed_us}\n")

    def note(self, parts: Iterable[Part]) -> None:
        """Before these parts go out."""
        self._write(os.O_APPEND, "".join(f"{part.text_id}.{part.part}\n" for part in parts))

    def read(self) -> tuple[int | None, frozenset[tuple[str, int]]]:
        """The moment of the claim that is noted, None for no claim; and (text, part) of what may have left of it."""
        try:
            head, _, rest = self._path.read_text(encoding="ascii", errors="replace").partition("\n")
        except OSError:
            return None, frozenset()
        noted = (line.rpartition(".") for line in rest.split())
        return int(head) if head.isdecimal() else None, frozenset(
            (text_id, int(part)) for text_id, _, part in noted if part.isdecimal()
        )

    def _write(self, how: int, text: str) -> None:
        opened = os.open(self._path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        try:
            os.write(opened, text.encode("ascii"))
            os.fdatasync(opened)
        finally:
            os.close(opened)
