"""Say what is missing on this machine, or in this centre, and how to get it. Nothing is changed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from chainbreak.app.bootstrap import Office

FREE_BYTES_WANTED = 2 * 1024**3
"""A town's lake, spill and log fit in far less; below this an ingest may stop half-way (cleanly, but it stops)."""


@dataclass(frozen=True)
class Check:
    """One thing looked at. `state`: ok · optional (something is missing that only some work needs) · wrong."""

    what: str
    state: str
    found: str
    next_step: str = ""


def examine_machine() -> Iterator[Check]:
    """Checks of the machine alone; they need no centre."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", "ok" if sys.version_info >= (3, 11) else "wrong", version, "Python 3.11 or newer")
    yield _packages()
    free = shutil.disk_usage(Path.cwd()).free
    state = "ok" if free >= FREE_BYTES_WANTED else "wrong"
    yield Check("disk", state, f"{free // 1024**2:,} MiB free", f"free {FREE_BYTES_WANTED // 1024**2:,} MiB")
    for what, programs, why in (
        ("Chromium", ("chromium", "chromium-browser", "google-chrome"), "browser journeys of the tests"),
        ("PostgreSQL", ("postgres", *_debian_postgres()), "a desk for several machines, and its tests"),
    ):
        path = next((found for program in programs if (found := shutil.which(program))), None)
        missing = f"only for {why}: scripts/system-packages"
        yield Check(what, "ok" if path else "optional", path or "not found", "" if path else missing)


def _packages() -> Check:
    if not _has("chainbreak"):
        return Check("packages", "ok", "running from a checkout; locks/core.txt lists them")
    wanted = [Requirement(line) for line in metadata.requires("chainbreak") or []]
    names = [need.name for need in wanted if need.marker is None or need.marker.evaluate({"extra": ""})]
    missing = [name for name in names if not _has(name)]
    if missing:
        return Check("packages", "wrong", "missing: " + ", ".join(missing), "make demo, or pip install chainbreak")
    return Check("packages", "ok", f"{len(names)} named by the project are here")


def _has(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _debian_postgres() -> list[str]:
    return [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)]


def examine_centre(office: Office) -> Iterator[Check]:
    """Checks of one centre: settings, keys, desk, lake and the newest checkpoint of the log."""
    centre = office.centre
    yield Check("centre", "ok", f"{centre.settings.name}, {centre.root}")
    from chainbreak.base.errors import ChainbreakError

    for what, look in (("keys", _keys), ("desk", _desk), ("lake", _lake), ("log", _log)):
        try:
            yield Check(what, "ok", look(office))
        except ChainbreakError as e:
            yield Check(what, "wrong", f"{e.code} {e.what} {e.given}".strip(), e.next_step)


def _keys(office: Office) -> str:
    return f"readable by the owner alone, reference key {len(office.keys.ref_key) * 8} bit"


def _desk(office: Office) -> str:
    from chainbreak.base.errors import SetupError
    from chainbreak.store.desk.migrate import is_newest

    with office.desk.read() as conn:
        if not is_newest(conn):
            raise SetupError("CB-DK-007", "the desk has no tables yet, or older ones",
                             next_step="chainbreak doctor --migrate")  # fmt: skip
        return f"{conn.dialect.name}, reachable, migrated"


def _lake(office: Office) -> str:
    tables = [f"{table}@{version}" for table, version in office.lake.snapshot().items()]
    return ", ".join(tables) or "empty: chainbreak ingest KIND FILE"


def _log(office: Office) -> str:
    from sqlalchemy import select

    from chainbreak.audit.tables import head

    with office.desk.read() as conn:
        size = conn.execute(select(head.c.size)).scalar_one_or_none() or 0
    return f"{size:,} entries; chainbreak audit verify checks them"
