"""A small centre, calls to bring in, and what the lake then holds."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.ingest_file import ingest_files
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk.ingests import IngestRun

START_US = 1_795_132_800_000_000  # 2026-11-20 08:00 in Shanghai
CALL_COLUMNS = ("at_us", "duration_s", "kind", "msisdn", "imsi", "imei", "peer", "cell_id", "answered", "roaming")


def make_calls(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Distinct calls over three days, as canonical text."""
    rng = random.Random(seed)
    return [
        {
            "at_us": str(START_US + i * 1_000_000 + rng.randrange(3) * 86_400_000_000),
            "duration_s": str(rng.randrange(600)), "kind": rng.choice(["mo_call", "mt_call"]),
            "msisdn": f"1380013{rng.randrange(50):04d}", "imsi": f"46000{rng.randrange(50):010d}",
            "imei": f"86123456{rng.randrange(50):06d}", "peer": f"139{rng.randrange(10**8):08d}",
            "cell_id": f"C{rng.randrange(9)}", "answered": rng.choice(["true", "false"]), "roaming": "",
        }
        for i in range(count)
    ]  # fmt: skip


def write_csv(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    with path.open("w", newline="", encoding=options.pop("encoding", "utf-8")) as handle:
        writer = csv.DictWriter(handle, list(rows[0]), **options)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return init_centre(tmp_path / "centre", Settings(name="test"), FixedClock(START_US))


@pytest.fixture
def bring(office: Office) -> Callable[..., list[IngestRun]]:
    def run(kind: str, *files: Path, mapping: str | None = None) -> list[IngestRun]:
        return list(ingest_files(office, SERVICE, kind, files, mapping))

    return run


@pytest.fixture
def lake_rows(office: Office) -> Callable[[str], list[dict[str, Any]]]:
    def rows(kind: str) -> list[dict[str, Any]]:
        engine = office.engine()
        try:
            found: list[dict[str, Any]] = engine.run(engine.table(kind)).to_pylist()
        finally:
            engine.close()
        return sorted(found, key=lambda row: row["record_ref"])

    return rows
