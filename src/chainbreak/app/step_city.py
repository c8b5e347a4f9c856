"""Take a simulated city some days further, its gangs reacting to what the platform delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainbreak.base.progress import Advance, silent
from chainbreak.city.step import step


def step_city(folder: Path, days: int, blocks: list[Path], advance: Advance = silent) -> dict[str, Any]:
    """Add `days` days to the city in `folder` given the delivered files `blocks`; returns its manifest.

    Raises:
        UsageError: no city there (CB-CI-004).
        InputError: a block file cannot be read (CB-CI-005); nothing is done.
    """
    return step(folder, days, blocks, advance)
