"""Spark's JVM is started once a session, on a machine whose clock stands in Shanghai."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chainbreak.base.errors import SetupError
from chainbreak.store.duck import Duck
from chainbreak.store.lake import Lake
from chainbreak.store.spark import Spark

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "contract")]
from both_engines import Engines  # noqa: E402 the line above makes it importable


@pytest.fixture(scope="session")
def jvm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    """Keeps Spark's one JVM alive between tests; skips, saying why, where pyspark or Java is missing."""
    scratch = tmp_path_factory.mktemp("spark")
    # Short queries: the JVM's second compiler costs more than it saves. The zone is the trap the engine must step over.
    with pytest.MonkeyPatch.context() as machine:
        machine.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        machine.setenv("TZ", "Asia/Shanghai")
        try:
            kept = Spark(Lake(scratch / "lake"), {}, scratch)
        except SetupError as missing:
            if missing.code == "CB-ST-022":
                raise
            pytest.skip(str(missing))
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def engines_on(jvm: Spark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Lake], Engines]]:
    """Opens both engines on a lake; closed, with their scratch, at the end of the module."""
    opened: list[Duck | Spark] = []
    scratch = tmp_path_factory.mktemp("scratch")

    def open_both(lake: Lake) -> Engines:
        both = Engines(
            Duck(lake, lake.snapshot(), scratch, memory_limit_mib=512, threads=2), Spark(lake, lake.snapshot(), scratch)
        )
        opened.extend((both.duck, both.spark))
        return both

    yield open_both
    for engine in opened:
        engine.close()
    assert list(scratch.iterdir()) == []
