"""The whole table on a tiny city: every measure that spec/goip.md 8 names is there, and adds up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.app.evaluate_detector import evaluate_detector, train_naive
from chainbreak.app.ingest_folder import ingest_folder
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import UsageError
from chainbreak.base.settings import Settings
from chainbreak.city.build import build
from chainbreak.find.evaluate.naive import METHOD
from chainbreak.find.registry import detector_named
from chainbreak.records.actor import SERVICE

NOW_US = 1_795_147_200_000_000


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, Path]:
    """A centre that holds a tiny city, and the city's truth."""
    folder = tmp_path_factory.mktemp("measured")
    build(folder / "city", "tiny", 7, date(2026, 11, 2))
    office = init_centre(folder / "centre", Settings(), FixedClock(NOW_US))
    for _ in ingest_folder(office, SERVICE, folder / "city" / "records"):
        pass
    return office, folder / "city" / "truth"


def test_every_measure_beside_its_peers_and_through_a_fault(city: tuple[Office, Path]) -> None:
    pytest.importorskip("lightgbm")
    office, truth = city
    detector = detector_named("goip")
    ours = f"{detector.name}@{detector.version}"
    naive = train_naive([(office, truth)])
    tally = evaluate_detector(office, "goip", truth, delay=True, faults=["no-cell"], naive=naive)
    rows = {(r["method"], r["measure"], r["of"]): r for r in tally.rows()}
    methods = {method for method, _, _ in rows}
    assert methods == {ours, "shared IMEI", "fan-out", METHOD, f"{ours} under no-cell"}
    found = {method: rows[method, "devices found", "all"] for method in methods}
    assert len({row["n"] for row in found.values()}) == 1
    levels = [r["n"] for (m, what, of), r in rows.items() if (m, what) == (ours, "devices found") and of != "all"]
    assert sum(levels) == found[ours]["n"] > 0
    assert rows[ours, "FPR", "(protected)"]["hits"] == 0
    assert rows[ours, "false clusters per 100,000 SIM-days", "all"]["n"] > 100
    assert {"SIM recall at FPR 0.001", "SIM recall at FPR 0.0001", "precision", "ECE"} <= {m for _, m, _ in rows}


def test_questions_that_cannot_be_asked(city: tuple[Office, Path], tmp_path: Path) -> None:
    office, truth = city
    with pytest.raises(UsageError, match="CB-EV-002"):
        evaluate_detector(office, "goip", truth, faults=["loss11"])
    with pytest.raises(UsageError, match="CB-EV-003"):
        evaluate_detector(office, "mules", truth, delay=True)
    with pytest.raises(UsageError, match="CB-FI-005"):
        evaluate_detector(office, "goip", tmp_path)


@pytest.mark.parametrize("name", ["mules", "sites"])
def test_detectors_of_other_things_are_measured_too(city: tuple[Office, Path], name: str) -> None:
    office, truth = city
    measures = {row["measure"] for row in evaluate_detector(office, name, truth).rows()}
    assert {"devices found", "precision", "ECE"} <= measures
