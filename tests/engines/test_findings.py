"""The same findings to the byte on both engines: every detector on a city, and a run from the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from both_engines import QUIET, Engines
from small_world import WORLD_END_US, small_world

from chainbreak.app.ingest_folder import ingest_folder
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.city.build import build
from chainbreak.find.contract.detector import Detector, ident
from chainbreak.find.contract.runner import run_one
from chainbreak.find.registry import detectors
from chainbreak.records import kind_named
from chainbreak.records.actor import SERVICE
from chainbreak.store.lake import Lake

pytestmark = QUIET
EVERY = pytest.mark.parametrize("detector", detectors(), ids=ident)


@pytest.fixture(scope="module")
def city(engines_on: Callable[[Lake], Engines], tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """Both engines on a tiny city that came in through ingest: files of many days, columns that no file has."""
    folder = tmp_path_factory.mktemp("city")
    build(folder / "town", "tiny", 7, date(2026, 11, 2))
    office = init_centre(folder / "centre", Settings(area_code="579"), FixedClock(WORLD_END_US))
    for _ in ingest_folder(office, SERVICE, folder / "town" / "records"):
        pass
    return engines_on(office.lake)


@EVERY
def test_same_findings(detector: Detector, city: Engines) -> None:
    found, again = (run_one(engine, detector) for engine in (city.duck, city.spark))
    assert found.suspicions
    assert sorted(map(repr, again.suspicions)) == sorted(map(repr, found.suspicions))
    assert [f.as_bytes() for f in again.findings] == [f.as_bytes() for f in found.findings]


def test_the_terminal_runs_it_quietly_and_finds_nothing_new(tmp_path: Path, jvm: object) -> None:
    office = init_centre(tmp_path / "中心 1", Settings(), FixedClock(WORLD_END_US + 60_000_000))
    for name, table in small_world().items():
        office.lake.append(name, table, kind_named(name).partition_by)

    def detect(engine: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chainbreak", "detect", "run", "mules", "--engine", engine, "--json"]
        options = os.environ | {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC", "TZ": "Asia/Shanghai"}
        return subprocess.run(
            [*command, "--centre", str(office.centre.root)], capture_output=True, text=True, check=False, env=options
        )

    duck, spark = detect("duckdb"), detect("spark")
    assert spark.returncode == 0, spark.stderr
    assert spark.stdout == duck.stdout
    assert json.loads(spark.stdout.splitlines()[0])["finding_id"]
    assert [line for line in spark.stderr.splitlines() if line.strip()] == ["mules@2: 5 findings, 0 new"]
    assert list(office.centre.scratch.iterdir()) == []
