"""What leaves the centre: the whole log for an outsider, and a receipt for one entry. Formats: docs of `verify_log.py`.

```
OUT/entries.jsonl                   one line an entry, its canonical bytes: what the leaf hashes
OUT/vkey  keys/  checkpoints/  cosigned/      as published
```
"""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from chainbreak.audit import proofs
from chainbreak.audit.checkpoint import Checkpoint, checkpoint_files, first_key
from chainbreak.audit.note import read_note
from chainbreak.audit.tables import entries, payloads
from chainbreak.base.errors import UsageError
from chainbreak.base.files import replace_atomic

if TYPE_CHECKING:
    from sqlalchemy import Connection

_AT_ONCE = 10_000


def export_log(conn: Connection, published: Path, out: Path) -> int:
    """Write every entry and the published files to the new folder `out`; returns the number of entries.

    Raises:
        UsageError: `out` exists and is not empty (CB-AU-012).
    """
    check_empty(out)
    out.mkdir(parents=True, exist_ok=True)
    count = 0

    def write(path: Path) -> None:
        nonlocal count
        with path.open("wb") as file:
            in_order = select(entries.c.entry).order_by(entries.c.seq)
            for entry in conn.execute(in_order, execution_options={"yield_per": _AT_ONCE}).scalars():
                file.write(bytes(entry) + b"\n")
                count += 1

    replace_atomic(out / "entries.jsonl", write)
    for name in ("checkpoints", "keys", "cosigned"):
        shutil.copytree(published / name, out / name, ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)
    shutil.copy(published / "vkey", out / "vkey")
    return count


def check_empty(out: Path) -> None:
    """Refuse to write among what is there already.

    Raises:
        UsageError: `out` exists and is not an empty folder (CB-AU-012).
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("CB-AU-012", "the folder to export to is not empty", given=out.name)


def receipt(conn: Connection, published: Path, sequence: int, *, opened: bool = False) -> dict[str, Any]:
    """Entry, inclusion proof and the newest checkpoint that covers it, as JSON-ready parts.

    `opened` adds salt and payload, unless erased: for the person it concerns, never for a public place.

    Raises:
        UsageError: no such entry (CB-AU-004), or no checkpoint covers it yet (CB-AU-013).
    """
    entry = conn.execute(select(entries.c.entry).where(entries.c.seq == sequence)).scalar()
    if entry is None:
        raise UsageError("CB-AU-004", "no such entry", given=str(sequence), next_step="chainbreak audit list")
    files = checkpoint_files(published)
    point = Checkpoint.parse(read_note(files[-1]).text) if files else None
    if point is None or point.size <= sequence:
        raise UsageError("CB-AU-013", "no checkpoint covers the entry yet", given=str(sequence),
                         next_step="chainbreak audit checkpoint")  # fmt: skip
    cosigned = published / "cosigned" / files[-1].name
    parts: dict[str, Any] = {
        "entry": bytes(entry).decode(),
        "proof": [base64.b64encode(h).decode() for h in proofs.inclusion_proof(conn, sequence, point.size)],
        "checkpoint": str(read_note(cosigned if cosigned.exists() else files[-1])),
        "vkey": str(first_key(published)),
        "rotations": [str(read_note(path)) for path in sorted((published / "keys").glob("*.note"))],
    }
    row = conn.execute(select(payloads).where(payloads.c.seq == sequence)).one_or_none() if opened else None
    if row is not None:
        parts["opening"] = {"salt": bytes(row.salt).hex(), "payload": bytes(row.payload).decode()}
    return parts


def receipt_bytes(parts: dict[str, Any]) -> bytes:
    """A receipt as its file holds it."""
    return (json.dumps(parts, ensure_ascii=False, indent=1) + "\n").encode()
