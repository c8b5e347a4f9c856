"""The centre's secret keys: one file each, 32 random bytes, readable by the owner alone.

```
keys/line-0001.key …   token key of a kind and epoch      rotated by `vault rotate`
keys/ref.key           key of record_ref                  never rotated: evidence cites record_refs for ever
keys/seal.key          key of vault and quarantine files  (each file has its own key, derived from it)
keys/epochs.json       kind -> epoch in force
keys/rotation.json     kind -> epoch to come, only while a rotation is unfinished
```

A token key of an earlier epoch lives until the rotation that replaced it has finished, and no longer.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chainbreak.base.errors import SetupError
from chainbreak.base.files import write_atomic
from chainbreak.records import Identifier

KEY_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Keyring:
    """All keys of one centre, read once. Never printed, never logged; `repr` shows the folder only."""

    def __init__(self, folder: Path, epochs: dict[str, int], coming: dict[str, int]) -> None:
        self.folder = folder
        self.epochs = epochs
        """Identifier kind -> epoch in force."""
        self.coming = coming
        """Identifier kind -> epoch that an unfinished rotation moves to; empty at rest."""
        self._read: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"Keyring({str(self.folder)!r})"

    @classmethod
    def create(cls, folder: Path) -> Keyring:
        """Make every key of a new centre.

        Raises:
            SetupError: the folder already holds keys (CB-ID-001); nothing is overwritten.
        """
        if (folder / "epochs.json").exists():
            raise SetupError("CB-ID-001", "the folder already holds keys", given=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        epochs = {kind.value: 1 for kind in Identifier}
        for name in ("ref", "seal", *(_token_file(kind, 1) for kind in epochs)):
            _write_new_key(folder / f"{name}.key")
        # Written last: a folder without it is no keyring, so a killed `init` starts again.
        write_atomic(folder / "epochs.json", json.dumps(epochs).encode(), mode=0o600)
        return cls(folder, epochs, {})

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """The keyring in `folder`.

        Raises:
            SetupError: no keys there (CB-ID-002), or others than the owner may read them (CB-ID-003).
        """
        if not (folder / "epochs.json").is_file():
            raise SetupError(
                "CB-ID-002", "no keys here", given=str(folder), allowed="a folder made by `chainbreak init`",
                next_step="restore keys/ from its backup; without it tokens and vault cannot be used",
            )  # fmt: skip
        for path in (folder, *sorted(folder.glob("*.key"))):
            if path.stat().st_mode & _OTHERS:
                raise SetupError(
                    "CB-ID-003", "others than the owner may read the keys",
                    given=f"{path} mode {stat.S_IMODE(path.stat().st_mode):03o}",
                    allowed="700 for the folder, 600 for keys",
                    next_step=f"chmod -R go= {folder}",
                )  # fmt: skip
        coming = folder / "rotation.json"
        return cls(
            folder, json.loads((folder / "epochs.json").read_text()),
            json.loads(coming.read_text()) if coming.exists() else {},
        )  # fmt: skip

    def token_key(self, kind: Identifier, epoch: int | None = None) -> bytes:
        """The key that turns values of `kind` into tokens, of the epoch in force or of `epoch`."""
        return self._key(_token_file(kind.value, epoch or self.epochs[kind.value]))

    @property
    def ref_key(self) -> bytes:
        """The key of record_ref."""
        return self._key("ref")

    @property
    def seal_key(self) -> bytes:
        """The key from which each sealed file's own key derives."""
        return self._key("seal")

    @property
    def checkpoint_key_path(self) -> Path:
        """Where the signing key of the audit log's checkpoints lies; made and read by `chainbreak.audit`."""
        return self.folder / "checkpoint.pem"

    def refresh(self) -> None:
        """Notice a rotation that another process began or finished."""
        now = Keyring.load(self.folder)
        self.epochs, self.coming = now.epochs, now.coming

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Hold the keys still: whoever makes tokens and stores them does both within, and a rotation waits.

        Raises:
            SetupError: a rotation was interrupted (CB-ID-004).
        """
        with self._lock(fcntl.LOCK_SH):
            self.refresh()
            if self.coming:
                raise SetupError(
                    "CB-ID-004", "a key rotation is unfinished", given=", ".join(self.coming),
                    next_step="chainbreak vault rotate",
                )  # fmt: skip
            yield

    @contextmanager
    def rotating(self, kinds: list[Identifier]) -> Iterator[None]:
        """Hold the keys alone, with a coming epoch for each of `kinds`; resumes an unfinished rotation as it was begun.

        Within, `coming` names the epochs and `token_key(kind, coming[kind])` the keys. `finish_rotation` ends it;
        leaving without that (or being killed) keeps it unfinished.
        """
        with self._lock(fcntl.LOCK_EX):
            self.refresh()
            if not self.coming:
                coming = {kind.value: self.epochs[kind.value] + 1 for kind in kinds}
                for kind, epoch in coming.items():
                    _write_new_key(self.folder / f"{_token_file(kind, epoch)}.key")
                write_atomic(self.folder / "rotation.json", json.dumps(coming).encode(), mode=0o600)
                self.coming = coming
            yield

    def finish_rotation(self) -> None:
        """Put the coming epochs in force, destroy the keys they replace, end the rotation; inside `rotating` only."""
        self.epochs = self.epochs | self.coming
        write_atomic(self.folder / "epochs.json", json.dumps(self.epochs).encode(), mode=0o600)
        for kind, epoch in self.coming.items():
            (self.folder / f"{_token_file(kind, epoch - 1)}.key").unlink(missing_ok=True)
        (self.folder / "rotation.json").unlink()
        self.coming, self._read = {}, {}

    def _key(self, name: str) -> bytes:
        if name not in self._read:
            path = self.folder / f"{name}.key"
            key = path.read_bytes() if path.is_file() else b""
            if len(key) != KEY_BYTES:
                raise SetupError(
                    "CB-ID-002", "a key is missing or cut short", given=str(path), allowed=f"{KEY_BYTES} bytes",
                    next_step="restore keys/ from its backup",
                )  # fmt: skip
            self._read[name] = key
        return self._read[name]

    @contextmanager
    def _lock(self, mode: int) -> Iterator[None]:
        handle = os.open(self.folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, mode)
            yield
        finally:
            os.close(handle)


def _token_file(kind: str, epoch: int) -> str:
    return f"{kind}-{epoch:04d}"


def _write_new_key(path: Path) -> None:
    write_atomic(path, secrets.token_bytes(KEY_BYTES), mode=0o600)
