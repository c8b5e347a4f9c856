"""Build the simulated city, or take it some days further. It belongs to no centre, so these verbs take no office."""

from __future__ import annotations

import resource
import time
from datetime import date
from pathlib import Path
from typing import Any

from chainbreak.base.errors import UsageError
from chainbreak.base.progress import Advance, silent
from chainbreak.city.build import build
from chainbreak.city.mix import load_mix


def build_city(out: Path, preset: str, seed: int, start: str, *, mix: Path | None = None, until: int | None = None,
               advance: Advance = silent) -> dict[str, Any]:  # fmt: skip
    """Build days 1 to `until` of a city into `out`; returns its manifest with seconds taken and peak MiB.

    Raises:
        UsageError: unknown preset (CB-CI-001), folder not empty (CB-CI-003), no date (CB-CI-006).
        InputError: the mix file is wrong (CB-CI-002).
    """
    began = time.perf_counter()
    try:
        first = date.fromisoformat(start)
    except ValueError:
        raise UsageError("CB-CI-006", "not a date", given=start, allowed="YYYY-MM-DD") from None
    manifest = build(out, preset, seed, first, mix=mix, until=until, advance=advance)
    return measured(manifest, began)


def days_of(preset: str, mix: Path | None = None) -> int:
    """How many days a preset has, for a progress bar.

    Raises:
        UsageError: unknown preset (CB-CI-001).
    """
    return load_mix(preset, mix).preset.days


def measured(manifest: dict[str, Any], began: float) -> dict[str, Any]:
    """The manifest with seconds since `began` and the process's peak memory in MiB."""
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {**manifest, "took_s": round(time.perf_counter() - began, 2), "peak_mib": peak_kib // 1024}
