"""Take a simulated city some days further, its gangs and people reacting to what the platform delivered."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from chainbreak.app.build_city import measured
from chainbreak.base.progress import Advance, silent
from chainbreak.city.step import step


def step_city(folder: Path, days: int, blocks: list[Path], advance: Advance = silent,
              warnings: Path | None = None) -> dict[str, Any]:  # fmt: skip
    """Add `days` days to the city in `folder` given the delivered files `blocks` and the centre's `warnings`; its
    manifest with seconds, peak MiB.

    Raises:
        UsageError: no city there (CB-CI-004).
        InputError: a block file (CB-CI-005) or the warnings (CB-CI-020, CB-CI-021) cannot be read; nothing is done.
    """
    began = time.perf_counter()
    return measured(step(folder, days, blocks, advance, warnings), began)
