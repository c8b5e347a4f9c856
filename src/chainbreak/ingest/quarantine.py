"""Rejected rows: why, where from, and their content, sealed like the vault; kept until they are brought back or purged.

```
quarantine/<digest 16>-<first line>-<contents 12>.sealed     one segment a chunk, written before the chunk's good rows
```

A segment's name says what is in it, so that an ingest that was killed and runs again writes nothing twice. A row's id
names its place: file digest, kind and line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from chainbreak.base.errors import UsageError
from chainbreak.identity import sealed


@dataclass(frozen=True)
class Rejected:
    """One rejected row. `content`: JSON object name -> text of the raw row, or the raw line under `_line`;
    `mapping`: the YAML it was read by, empty for canonical names.
    """

    id: str
    file: str
    digest: str
    kind: str
    line: int
    code: str
    column: str
    content: str
    mapping: str
    at_us: int

    @property
    def fields(self) -> dict[str, str | None]:
        """The raw row."""
        parsed: dict[str, str | None] = json.loads(self.content)
        return parsed


def row_id(digest: str, kind: str, line: int) -> str:
    """The id of a place in a file: 16 hex digits."""
    return hashlib.sha256(f"{digest}|{kind}|{line}".encode()).hexdigest()[:16]


class Quarantine:
    """The rejected rows of one centre."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder, self._key = folder, key

    def add(self, rows: Sequence[Rejected]) -> None:
        """Keep the rejected rows of one chunk; doing it again adds nothing."""
        if not rows:
            return
        stamp = hashlib.sha256("".join(f"{r.id}{r.code}{r.column}{r.mapping}" for r in rows).encode()).hexdigest()[:12]
        name = f"{rows[0].digest[:16]}-{min(r.line for r in rows):012d}-{stamp}"
        sealed.append(self._folder, name, pa.Table.from_pylist([vars(r) for r in rows]), self._key)

    def rows(self, settled: set[str]) -> Iterator[Rejected]:
        """What is still out, by file and line; of one place the latest attempt alone."""
        table = sealed.read(self._folder, self._key)
        latest: dict[str, dict[str, Any]] = {}
        for row in table.to_pylist() if table is not None else []:
            if row["id"] not in settled and row["at_us"] >= latest.get(row["id"], row)["at_us"]:
                latest[row["id"]] = row
        for row in sorted(latest.values(), key=lambda r: (r["at_us"], r["file"], r["line"])):
            yield Rejected(**row)

    def row(self, ident: str, settled: set[str]) -> Rejected:
        """The rejected row `ident`.

        Raises:
            UsageError: no such row, or it was brought back (CB-IN-040).
        """
        for row in self.rows(settled):
            if row.id == ident:
                return row
        raise UsageError("CB-IN-040", "no such row in quarantine", given=ident, allowed="an id that is still out",
                         next_step="chainbreak quarantine list")  # fmt: skip
