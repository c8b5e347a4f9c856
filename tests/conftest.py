"""Fixtures every test may use."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from chainbreak.store.desk import Desk

pytest_plugins: list[str] = []

# Speed is measured in benches; a test that a busy machine slows down is not wrong.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SHARED = Path(__file__).resolve().parents[2] / "shared"
_NUMBERS = itertools.count()
_QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": "/"}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public development data that stands beside the repository; not part of it."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"public development data is not here: {SHARED.name}/data beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL of the tests' own, from Debian's packages, on a free loopback port, gone when they are done.

    Skips, saying why, where PostgreSQL is not installed.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not programs:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="chainbreak-postgresql-"))
    data, port = folder / "data", _free_port()
    options = ("-p", port, "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres")
    initdb = programs[-1].with_name("initdb")
    subprocess.run(
        _as_postgres(initdb, "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8"), check=True, **_QUIET
    )
    url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    with subprocess.Popen(
        _as_postgres(programs[-1], "-D", data, *options), stderr=subprocess.DEVNULL, **_QUIET
    ) as server:
        try:
            _wait_until_it_answers(url, server)
            yield url
        finally:
            # `runuser` stands between us and the server, which wrote its own pid down.
            os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite desk, to be copied."""
    path = tmp_path_factory.mktemp("desk") / "template.db"
    desk = Desk(f"sqlite:///{path}")
    desk.migrate()
    desk.close()  # the last connection folds the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_url: str) -> str:
    """The name of a migrated PostgreSQL database, to be copied."""
    _execute(postgresql_url, "CREATE DATABASE desk_template")
    desk = Desk(postgresql_url.removesuffix("/postgres") + "/desk_template")
    desk.migrate()
    desk.close()
    return "desk_template"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def desk_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty desk of this test's own; every test runs on both databases."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "desk.db")
        yield f"sqlite:///{tmp_path / 'desk.db'}"
        return
    server, template = request.getfixturevalue("postgresql_url"), request.getfixturevalue("postgresql_template")
    name = f"desk_{next(_NUMBERS)}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.removesuffix("/postgres") + f"/{name}"
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def desk(desk_url: str) -> Iterator[Desk]:
    """A migrated, empty desk, on SQLite and on PostgreSQL."""
    opened = Desk(desk_url)
    yield opened
    opened.close()


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql(statement)
    engine.dispose()


def _as_postgres(*command: object) -> list[str]:
    # The server refuses to run as root.
    switch = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    return [*switch, *map(str, command)]


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    engine = create_engine(url)
    while True:
        try:
            engine.connect().close()
        except OperationalError:
            if server.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            engine.dispose()
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
