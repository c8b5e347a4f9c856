"""A log in memory or on disk, published, and the stand-alone verifier loaded from its own file."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Connection, create_engine

from chainbreak.audit import log, tables
from chainbreak.audit.note import SigningKey

TOOL = Path(__file__).resolve().parents[3] / "tools" / "verify_log.py"


@pytest.fixture
def conn() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        yield connection
    engine.dispose()


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.create(tmp_path / "checkpoint.key", "log.example/centre")


@pytest.fixture(scope="session")
def standalone() -> ModuleType:
    """tools/verify_log.py as a module."""
    return load(TOOL)


@pytest.fixture(scope="session")
def naive() -> ModuleType:
    """The oracle beside this file."""
    return load(Path(__file__).with_name("naive.py"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    assert spec.loader is not None
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def add(conn: Connection) -> Callable[..., list[log.Receipt]]:
    """Append `count` entries with differing objects."""

    def append(count: int, at_us: int = 1_000, to: Connection = conn) -> list[log.Receipt]:
        first = log.size_of(to)
        return log.append_many(to, [
            log.Entry(at_us + i, "li", "analyst", "cli", "order.draft", f"order:{first + i}", "", "case:1", {"n": i})
            for i in range(count)
        ])  # fmt: skip

    return append
