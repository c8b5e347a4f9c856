"""Take a simulated city some days further, its gangs reacting to what the platform delivered."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from chainbreak.app.build_city import measured
from chainbreak.base.progress import Advance, silent
from chainbreak.city.step import step


def step_city(folder: Path, days: int, blocks: list[Path], advance: Advance = silent) -> dict[str, Any]:
    """Add `days` days to the city in `folder` given the delivered files `blocks`; its manifest with seconds, peak MiB.

    Raises:
        UsageError: no city there (CB-CI-004).
        InputError: a block file cannot be read (CB-CI-005); nothing is done.
    """
    began = time.perf_counter()
    return measured(step(folder, days, blocks, advance), began)
