"""A small centre with people, identifiers in the vault and findings about them, on both databases."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from act_world import T0, World
from fund_world import FundWorld


@pytest.fixture
def world(desk_url: str, tmp_path: Path) -> Iterator[World]:
    clock = FixedClock(T0)
    made = World(init_centre(tmp_path / "centre", Settings(desk_url=desk_url), clock), clock)
    yield made
    made.office.desk.close()


@pytest.fixture
def at_once() -> Callable[..., list[object]]:
    """Run callables at the same moment in threads; their results, an exception standing for itself."""
    import threading

    def run(*calls: Callable[[], object]) -> list[object]:
        results: list[object] = [None] * len(calls)
        start = threading.Barrier(len(calls))

        def go(i: int) -> None:
            start.wait()
            try:
                results[i] = calls[i]()
            except Exception as e:
                results[i] = e

        threads = [threading.Thread(target=go, args=(i,)) for i in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    return run


@pytest.fixture
def fund(world: World, tmp_path: Path) -> FundWorld:
    return FundWorld(world, tmp_path / "files")
