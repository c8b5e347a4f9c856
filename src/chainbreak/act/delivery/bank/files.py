"""A bank that is reached by files: messages in `out/PARTNER/outgoing/`, answers in `out/PARTNER/incoming/`.

Each message is one file under a name that follows from its key, written in one step, its signature beside it.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from chainbreak.act.delivery.bank.messages import Message, Status, as_csv, as_json
from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.shelf import SEAL
from chainbreak.base.clock import rfc3339
from chainbreak.base.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chainbreak.act.delivery.bank.settings import Settings
    from chainbreak.act.delivery.point import Setup

OUTGOING, INCOMING, TAKEN, QUARANTINE = "outgoing", "incoming", "taken", "quarantine"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}", re.ASCII)
SUFFIXES = (".json", ".csv", ".xml")
"""Forms in which banks answer."""


class FileWay:
    """See `chainbreak.act.delivery.bank.way.Way`."""

    def __init__(self, setup: Setup, settings: Settings) -> None:
        self._folder, self._form = setup.folder / OUTGOING, settings.form
        self._signer, self._clock = setup.signer, setup.clock

    def hand_over(self, message: Message) -> None:
        """Write a hold message; the receipt comes as a file."""
        content = as_json(message) if self._form == "json" else as_csv(message)
        # Of one key a request may be said again after a release (drift): the newest stands, as at the bank.
        self._write(f"{message.key}.{self._form}", content, message.revision)

    def recall(self, key: str, document: bytes) -> None:
        """Write a camt.056."""
        self._write(f"{key}.camt056.xml", document, 1)

    def status(self, key: str) -> bytes | None:
        """Files are not asked."""
        return None

    def holds(self) -> list[Status] | None:
        """Files are not asked."""
        return None

    def close(self) -> None:
        """Nothing is open."""

    def _write(self, name: str, content: bytes, revision: int) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            seal = self._signer.seal(name, content, revision, rfc3339(self._clock.now_us()))
            # The message comes last: whoever finds it finds its signature.
            write_atomic(self._folder / (name + SEAL), seal, mode=0o640)
            write_atomic(self._folder / name, content, mode=0o640)
        except OSError as error:
            raise PointDownError(f"the folder for the bank cannot be written: {error.strerror}") from None


def drop_in(incoming: Path, name: str, content: bytes) -> None:
    """Put an answer that came at once among those that come as files.

    Raises:
        PointDownError: the disk refuses it.
    """
    number = hashlib.sha256(content).hexdigest()[:12]
    try:
        incoming.mkdir(parents=True, exist_ok=True)
        write_atomic(incoming / f"{number}-{name}", content, mode=0o640)
    except OSError as error:
        raise PointDownError(f"an answer cannot be kept: {error.strerror}") from None


def waiting(folder: Path) -> Iterator[Path]:
    """Answers in `folder/incoming/` that are whole, by name: plain files only, none that begins with a dot."""
    incoming = folder / INCOMING
    if incoming.is_dir() and not incoming.is_symlink():
        for path in sorted(incoming.iterdir()):
            if path.suffix in SUFFIXES and _SAFE.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                yield path


def read(path: Path, most: int) -> bytes:
    """An answer, at most one byte more than `most`, so that the reader sees that it is too large.

    Raises:
        OSError: it cannot be read, or has become a link meanwhile.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read(most + 1)


def put_away(path: Path, into: str, content: bytes, reason: str = "") -> None:
    """Move an answer that said `content` from `incoming/` to `taken/`, or to `quarantine/` with the reason beside it.

    Raises:
        OSError: the disk refuses it.
    """
    folder = path.parent.parent / into
    folder.mkdir(exist_ok=True)
    target = folder / f"{hashlib.sha256(content).hexdigest()[:12]}-{path.name}"
    if reason:
        write_atomic(folder / f"{target.name}.reason.txt", f"{reason}\n".encode(), mode=0o640)
    os.replace(path, target)
