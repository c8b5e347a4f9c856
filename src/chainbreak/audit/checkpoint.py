"""Checkpoints: the log's size, root and time under an Ed25519 signature, published as files that nobody changes again.

```
log/vkey                                 the first public key: hand it out once, keep it somewhere else
log/keys/000001.note                     the key before signs the one after, and from which size on it holds
log/checkpoints/<size>-<at_us>.note      C2SP tlog-checkpoint: origin, size, root; then a line `at_us N`
log/checkpoints/<size>-<at_us>.consistency   `old N` and the proof that it extends the checkpoint before
log/cosigned/<the same name>.note        the checkpoint with witnesses' signatures added
```

The folder is enough for a witness: the proofs chain every checkpoint to the one before. C2SP: tlog-checkpoint.md.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.audit import proofs, tree
from chainbreak.audit.log import size_of
from chainbreak.audit.note import Note, PublicKey, SigningKey, read_note
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.errors import InputError, RefusedError, SetupError
from chainbreak.base.files import write_atomic

if TYPE_CHECKING:
    from sqlalchemy import Connection

# spec/orders.md section 7: at least hourly and per 1,000 entries.
DUE_ENTRIES = 1_000
DUE_US = US_PER_HOUR

_ROTATION = "chainbreak/key-rotation/v1"


@dataclass(frozen=True)
class Checkpoint:
    """The state of the log at one time: `size` entries under `root`, at `at_us` UTC microseconds."""

    origin: str
    size: int
    root: bytes
    at_us: int

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\nat_us {self.at_us}\n"

    @property
    def name(self) -> str:
        """The name of its files, without ending; names sort by size, then time."""
        return f"{self.size:012d}-{self.at_us:017d}"

    @staticmethod
    def parse(text: str) -> Checkpoint:
        """The checkpoint that a note's text states.

        Raises:
            InputError: not one of ours (CB-AU-005).
        """
        try:
            origin, size, root, time, end = text.split("\n")
            word, at_us = time.split(" ")
            found = Checkpoint(origin, int(size), base64.b64decode(root, validate=True), int(at_us))
        except (ValueError, binascii.Error):
            found, word, end = None, "", ""
        if found is None or (word, end) != ("at_us", "") or len(found.root) != 32 or found.text != text:
            raise InputError("CB-AU-005", "not a checkpoint of this log")
        return found


@dataclass(frozen=True)
class KeyInForce:
    """A key of the log and the sizes of the checkpoints that it may sign; `to_size` None: no end yet."""

    key: PublicKey
    from_size: int
    to_size: int | None

    def may_sign(self, size: int) -> bool:
        """Whether a checkpoint of `size` entries may carry this key's signature."""
        return self.from_size <= size and (self.to_size is None or size <= self.to_size)


def first_key(folder: Path) -> PublicKey:
    """The key in log/vkey, where trust begins.

    Raises:
        InputError: there is none, or it is malformed (CB-AU-005).
    """
    path = folder / "vkey"
    if not path.is_file():
        raise InputError("CB-AU-005", "no published log here", given=str(folder), allowed="a folder with the file vkey",
                         next_step="chainbreak audit checkpoint")  # fmt: skip
    return PublicKey.parse(path.read_text(encoding="utf-8"))


def keys_in_force(folder: Path, trusted: PublicKey) -> list[KeyInForce]:
    """Every key of the log, in order, each vouched for by the one before; the first is `trusted`.

    Raises:
        RefusedError: a rotation is not signed by the key before it (CB-AU-008).
    """
    keys, key, since = [], trusted, 0
    for path in sorted((folder / "keys").glob("*.note")):
        note = read_note(path)
        parts = note.text.split("\n")
        if len(parts) != 5 or parts[:2] != [_ROTATION, trusted.name] or not note.signed_by(key):
            raise RefusedError("CB-AU-008", "the log's new key is not signed by its old one", given=path.name)
        size = int(parts[2]) if parts[2].isdecimal() else -1
        if size < since:
            raise RefusedError("CB-AU-008", "the log's keys overlap", given=path.name)
        keys.append(KeyInForce(key, since, size))
        key, since = PublicKey.parse(parts[3]), size
    return [*keys, KeyInForce(key, since, None)]


def read_checkpoint(path: Path, keys: Sequence[KeyInForce]) -> Checkpoint:
    """The checkpoint in the file at `path`, its signature checked.

    Raises:
        InputError: not a checkpoint (CB-AU-005).
        RefusedError: no key in force at its size signed it (CB-AU-008).
    """
    note = read_note(path)
    found = Checkpoint.parse(note.text)
    if not any(k.may_sign(found.size) and k.key.name == found.origin and note.signed_by(k.key) for k in keys):
        raise RefusedError("CB-AU-008", "a checkpoint is not signed by the log's key", given=path.name)
    return found


def checkpoint_files(folder: Path) -> list[Path]:
    """The published checkpoints, oldest first."""
    return sorted((folder / "checkpoints").glob("*.note"))


def last_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest published checkpoint, its signature checked against log/vkey; None before the first."""
    files = checkpoint_files(folder)
    return read_checkpoint(files[-1], keys_in_force(folder, first_key(folder))) if files else None


def read_consistency(path: Path) -> tuple[int, list[bytes]]:
    """The old size and the hashes in a `.consistency` file.

    Raises:
        InputError: missing or malformed (CB-AU-005).
    """
    try:
        first, *hashes = path.read_text(encoding="ascii").splitlines()
        return int(first.removeprefix("old ")), [base64.b64decode(line, validate=True) for line in hashes]
    except (OSError, ValueError):
        raise InputError("CB-AU-005", "not a consistency proof", given=path.name) from None


def checkpoint_if_due(conn: Connection, folder: Path, key: SigningKey, now_us: int) -> Checkpoint | None:
    """Publish when 1,000 entries or an hour have passed since the last checkpoint; None when not due."""
    last = last_checkpoint(folder)
    if last and size_of(conn) - last.size < DUE_ENTRIES and now_us - last.at_us < DUE_US:
        return None
    return publish(conn, folder, key, now_us)


def publish(conn: Connection, folder: Path, key: SigningKey, now_us: int) -> Checkpoint:
    """Sign and publish the log as `conn` sees it, with the proof that it extends the last checkpoint.

    Raises:
        RefusedError: the log no longer begins with what was published (CB-AU-009); nothing is signed.
        SetupError: `key` was replaced by a rotation (CB-AU-007).
    """
    with _publishing(folder):
        if not (folder / "vkey").exists():
            write_atomic(folder / "vkey", f"{key.public}\n".encode())
        if _newest_key(folder) != key.public:
            raise SetupError("CB-AU-007", "the signing key is not the one in force", given=str(key.public),
                             next_step="chainbreak audit checkpoint --rotate-key")  # fmt: skip
        last = last_checkpoint(folder)
        old, at_us = (last.size, max(now_us, last.at_us)) if last else (0, now_us)
        size = size_of(conn)
        if last and (size < old or tree.root_at(conn, old) != last.root):
            raise RefusedError(
                "CB-AU-009", "the log no longer begins with what was published", given=f"{size} entries",
                allowed=f"at least the {old} under the last checkpoint", next_step="chainbreak audit verify",
            )  # fmt: skip
        if last and (size, at_us) == (old, last.at_us):
            return last  # its files are never written a second time
        now = Checkpoint(key.public.name, size, tree.root_at(conn, size), at_us)
        lines = [f"old {old}", *(base64.b64encode(h).decode() for h in proofs.consistency_proof(conn, old, size))]
        stem = folder / "checkpoints" / now.name
        # The proof first: a checkpoint that can be seen can be checked.
        write_atomic(stem.with_suffix(".consistency"), ("\n".join(lines) + "\n").encode())
        write_atomic(stem.with_suffix(".note"), str(key.sign(Note(now.text))).encode())
        return now


def rotate_key(conn: Connection, folder: Path, key_path: Path, now_us: int) -> SigningKey:
    """A new signing key, vouched for by the old one, which signs one last checkpoint and is then destroyed.

    Resumes when killed: the new key lies beside the old before the note that names it is written.
    """
    coming = key_path.with_name(f"{key_path.name}.next")
    new_name = SigningKey.load(key_path).public.name
    new = SigningKey.load(coming) if coming.exists() else SigningKey.create(coming, new_name)
    if not (folder / "vkey").exists() or _newest_key(folder) != new.public:
        old = SigningKey.load(key_path)
        last = publish(conn, folder, old, now_us)
        note = old.sign(Note(f"{_ROTATION}\n{last.origin}\n{last.size}\n{new.public}\n"))
        write_atomic(folder / "keys" / f"{len(keys_in_force(folder, first_key(folder))):06d}.note", str(note).encode())
    coming.replace(key_path)
    return new


def open_key(folder: Path, key_path: Path, origin: str) -> SigningKey:
    """The log's signing key; made, with the name `origin`, when the log has never been published.

    Raises:
        SetupError: the log was published but its key is gone (CB-AU-007).
    """
    if not key_path.exists() and not (folder / "vkey").exists():
        return SigningKey.create(key_path, origin)
    return SigningKey.load(key_path)


def _newest_key(folder: Path) -> PublicKey:
    return keys_in_force(folder, first_key(folder))[-1].key


@contextmanager
def _publishing(folder: Path) -> Iterator[None]:
    for part in ("checkpoints", "keys", "cosigned"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
