"""A PostgreSQL of the fault run's own, on a loopback port, that is killed and comes back with what it had committed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from chainbreak.bench.delivery.dns_servers import free_port

PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps the server's programs, a folder a version."""


class Database:
    """One cluster in a folder; `url` names its database."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._programs, self._data, self._port = programs, folder / "data", free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"

    def make(self) -> None:
        """Make the cluster."""
        command = (self._programs / "initdb", "-D", self._data, "-A", "trust", "-U", "postgres", "-E", "UTF8")
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, **self._as_whom())

    def start(self) -> None:
        """Start the server and wait until it answers; after a kill it first recovers."""
        # A killed process loses nothing the kernel has, so syncing to disk would prove nothing here.
        options = ("-p", self._port, "-k", self._folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")
        command = (self._programs / "postgres", "-D", self._data, *options)
        self._process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._as_whom()
        )
        engine = create_engine(self.url)
        while True:
            try:
                engine.connect().close()
            except OperationalError:
                if self._process.poll() is not None:
                    raise
                time.sleep(0.02)
            else:
                engine.dispose()
                return

    def kill(self) -> None:
        """Kill the server and every process it has begun, at once."""
        if self._process is None:
            return
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        self._process.kill()
        self._process.wait()
        for child in children:  # they would keep its memory and bar a new server
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        self._process = None

    def _as_whom(self) -> dict[str, Any]:
        # The server refuses to run as root.
        return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


@contextlib.contextmanager
def postgresql() -> Iterator[Database | None]:
    """A running server; None where PostgreSQL is not installed."""
    found = sorted(PROGRAMS.glob("*/bin/postgres"))
    if not found:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="chainbreak-faults-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    database = Database(folder, found[-1].parent)
    try:
        database.make()
        database.start()
        yield database
    finally:
        database.kill()
        shutil.rmtree(folder, ignore_errors=True)
