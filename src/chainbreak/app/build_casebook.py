"""Write a casebook: reports alone, with their series known. It belongs to no centre, so this verb takes no office."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from chainbreak.app.build_city import measured
from chainbreak.base.progress import Advance, silent
from chainbreak.city.casebook import shape, write_casebook


def build_casebook(out: Path, reports: int, seed: int, shape_file: Path | None = None,
                   advance: Advance = silent) -> dict[str, Any]:  # fmt: skip
    """Write `reports` reports of the shape in `shape_file` (None: the shipped one) into `out`; returns counts, seconds
    taken and peak MiB. `manifest.json` in `out` has the shape as well.

    Raises:
        UsageError: folder not empty (CB-CI-003), too few or too many reports (CB-CI-008).
        InputError: the shape file is wrong (CB-CI-007).
    """
    began = time.perf_counter()
    manifest = write_casebook(out, reports, seed, shape(shape_file), advance)
    del manifest["shape"]
    return measured(manifest, began)
