"""A centre with visits, made once; each test works on its own copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import make_world
from visit_world import NOON_US, Scene, visit_world

from chainbreak.base.clock import FixedClock


@pytest.fixture(scope="session")
def visits_made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Made once; each test works on its own copy."""
    root = tmp_path_factory.mktemp("visits") / "centre"
    office = make_world(root, FixedClock(NOON_US), findings=2)
    warnings = visit_world(office)["urgent"]
    office.desk.close()
    return root, warnings


@pytest.fixture
def scene(visits_made: tuple[Path, list[str]], tmp_path: Path) -> Iterator[Scene]:
    shutil.copytree(visits_made[0], tmp_path / "centre")
    scene = Scene(tmp_path / "centre", visits_made[1])
    yield scene
    scene.office.desk.close()
