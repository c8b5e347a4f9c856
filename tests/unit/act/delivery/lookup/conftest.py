"""A look-up over the world of orders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from asking import Desk

if TYPE_CHECKING:
    from conftest import World


@pytest.fixture
def lookup(world: World) -> Desk:
    return Desk(world)
