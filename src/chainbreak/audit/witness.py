"""The second party: has only the published folder, remembers what it saw, signs what extends it, refuses the rest.

Run it on another machine, under another owner's hand. Its state file is what makes truncation and a full re-hash
visible: without it, who owns the database can write the log anew. C2SP: tlog-cosignature.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from chainbreak.audit import proofs
from chainbreak.audit.checkpoint import (
    Checkpoint,
    KeyInForce,
    checkpoint_files,
    first_key,
    keys_in_force,
    read_checkpoint,
    read_consistency,
)
from chainbreak.audit.note import Note, PublicKey, SigningKey, read_note
from chainbreak.audit.tree import EMPTY_ROOT
from chainbreak.base.clock import US_PER_S
from chainbreak.base.errors import InputError, RefusedError
from chainbreak.base.files import write_atomic


@dataclass(frozen=True)
class Seen:
    """What a witness remembers: the log's first key, and the size, root and note of the last checkpoint it signed."""

    log_key: PublicKey
    size: int
    root: bytes
    at_us: int
    note: str


@dataclass(frozen=True)
class Witnessed:
    """What one run did: `steps` checkpoints were followed from the last seen, and `note` carries the cosignature."""

    checkpoint: Checkpoint
    before: int
    steps: int
    first_time: bool
    note: Note
    path: Path | None
    """Where the cosigned checkpoint lies; None when the folder is not ours to write."""


def witness(folder: Path, key: SigningKey, state: Path, now_us: int, log_key: PublicKey | None = None) -> Witnessed:
    """Follow the log in `folder` from the state file to its newest checkpoint and co-sign that.

    At the first run the log's key is `log_key`, or else the one in the folder is taken on trust.

    Raises:
        RefusedError: the log does not extend what was seen, or a signature is wrong (CB-AU-008, CB-AU-010).
        InputError: the folder or the state file cannot be read (CB-AU-005).
    """
    known = read_state(state)
    if known and log_key and known.log_key != log_key:
        raise RefusedError("CB-AU-010", "the key given is not the one this witness has followed", given=str(log_key))
    trusted = known.log_key if known else log_key or first_key(folder)
    seen = known or Seen(trusted, 0, EMPTY_ROOT, 0, "")
    newest, path, steps = _follow(folder, seen, keys_in_force(folder, trusted))
    note = _with_cosignatures(folder, path, newest)
    if note.signing_time_s(key.public) is None:
        note = key.sign(note, now_us // US_PER_S)
    _write_state(state, Seen(trusted, newest.size, newest.root, newest.at_us, str(note)))
    written: Path | None = folder / "cosigned" / path.name
    try:
        (folder / "cosigned").mkdir(exist_ok=True)
        write_atomic(folder / "cosigned" / path.name, str(note).encode())
    except OSError:  # a read-only copy: the caller hands the printed note over by other means
        written = None
    return Witnessed(newest, seen.size, steps, known is None, note, written)


def read_state(path: Path) -> Seen | None:
    """What the witness with this state file saw last; None before its first run.

    Raises:
        InputError: the file is not a witness's state (CB-AU-005).
    """
    if not path.exists():
        return None
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return Seen(
            PublicKey.parse(body["log_key"]), int(body["size"]), bytes.fromhex(body["root"]), int(body["at_us"]),
            str(body["note"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        raise InputError(
            "CB-AU-005", "not a witness's state file", given=path.name,
            next_step="restore it from its backup; a new one would trust the log anew",
        ) from None  # fmt: skip


def _follow(folder: Path, seen: Seen, keys: list[KeyInForce]) -> tuple[Checkpoint, Path, int]:
    """The newest checkpoint, its file, and how many were followed to reach it."""
    last, steps = seen, 0
    newest: tuple[Checkpoint, Path] | None = None
    for path in checkpoint_files(folder):
        found = read_checkpoint(path, keys)
        if found.size < last.size:
            continue  # older than what was seen
        _check_step(last, found, path)
        if found.at_us >= last.at_us:
            steps += (found.size, found.at_us) > (last.size, last.at_us)
            last, newest = replace(last, size=found.size, root=found.root, at_us=found.at_us), (found, path)
    if newest is None:
        raise _refused(f"no checkpoint of the {seen.size} entries seen, or more", folder)
    return (*newest, steps)


def _check_step(last: Seen, found: Checkpoint, path: Path) -> None:
    if found.size == last.size:
        if found.root != last.root:
            raise _refused(f"two roots for {found.size} entries", path)
        return
    old, proof = read_consistency(path.with_suffix(".consistency"))
    if old != last.size or not proofs.extends(old, last.root, found.size, found.root, proof):
        raise _refused(f"{found.size} entries do not extend the {last.size} seen before", path)
    if found.at_us < last.at_us:
        raise _refused("a larger log with an earlier time", path)


def _refused(what: str, path: Path) -> RefusedError:
    return RefusedError(
        "CB-AU-010", "the log is not what this witness saw", given=f"{what} ({path.name})",
        next_step="keep the state file; call the prosecutor or auditor",
    )  # fmt: skip


def _with_cosignatures(folder: Path, path: Path, newest: Checkpoint) -> Note:
    """The checkpoint's note, with the cosignatures of other witnesses that already stand under it."""
    cosigned = folder / "cosigned" / path.name
    if cosigned.exists():
        note = read_note(cosigned)
        if note.text == newest.text:
            return note
    return read_note(path)


def _write_state(path: Path, seen: Seen) -> None:
    body = {
        "log_key": str(seen.log_key), "size": str(seen.size), "root": seen.root.hex(), "at_us": str(seen.at_us),
        "note": seen.note,
    }  # fmt: skip
    write_atomic(path, (json.dumps(body, indent=1, ensure_ascii=False) + "\n").encode())
