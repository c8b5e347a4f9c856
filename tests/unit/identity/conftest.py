"""Keys of a new centre for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainbreak.identity.keys import Keyring


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return Keyring.create(tmp_path / "keys")
