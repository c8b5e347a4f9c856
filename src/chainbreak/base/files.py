"""Writing a file so that a reader, a crash or a full disk never meets half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_atomic(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Put `content` at `path` in one step: temporary file beside it, fsync, rename, fsync of the folder."""

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    replace_atomic(path, write, mode=mode)


def replace_atomic(path: Path, write: Callable[[Path], None], *, mode: int = 0o644) -> None:
    """As `write_atomic`, for content that `write(temporary_path)` makes itself; a failure leaves `path` as it was."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(mode)
        _sync(temporary)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
