"""Fixtures every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins: list[str] = []

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public development data that stands beside the repository; not part of it."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"public development data is not here: {SHARED.name}/data beside the repository")
    return SHARED
