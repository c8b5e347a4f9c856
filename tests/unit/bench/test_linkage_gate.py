"""The gate of casebooks: equality alone must not do, the evidence must be there, and sharing is what makes it hard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainbreak.base.errors import UsageError
from chainbreak.bench.linkage.gate import EXACT_LIMIT, TYPE_LIMIT, gate
from chainbreak.city.casebook import shape, write_casebook

REPORTS = 10_000


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("gate") / "book"
    write_casebook(out, REPORTS, seed=2)
    return gate(out)


def test_equality_alone_does_not_find_series(found: dict[str, Any]) -> None:
    rules = found["rules"]
    assert found["passed"]
    assert found["reports"] == REPORTS
    assert rules["exact"]["pair_f1"] < EXACT_LIMIT
    assert rules["type"]["pair_f1"] < TYPE_LIMIT
    assert rules["exact"]["largest"] > REPORTS / 3


def test_no_cap_on_degree_saves_it(found: dict[str, Any]) -> None:
    assert all(found["rules"][f"cap {cap}"]["pair_f1"] < 0.1 for cap in (1_000, 100, 20, 8))


def test_the_evidence_is_there_for_whoever_knows_what_is_shared(found: dict[str, Any]) -> None:
    own = found["rules"]["own"]
    assert own["pair_precision"] == 1.0
    assert own["pair_recall"] > 0.4
    assert found["rules"]["meant"]["pair_recall"] > found["rules"]["exact"]["pair_recall"]


def test_without_anything_shared_it_would_be_easy(tmp_path: Path) -> None:
    nothing = {"share": 0.0, "kinds": 2}
    easy = replace(
        shape().renting(0.0), hotline=nothing, platform=nothing, meeting=0.0, host=0.0, own_line=0.0, own_card=0.0,
        app=replace(shape().app, present=0.0),
    )  # fmt: skip
    write_casebook(tmp_path / "book", 4_000, 1, easy)
    found = gate(tmp_path / "book")
    assert not found["passed"]
    assert found["rules"]["exact"]["pair_precision"] > 0.8  # masks and slips still join a few


def test_no_casebook_no_gate(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CB-CI-009"):
        gate(tmp_path)
