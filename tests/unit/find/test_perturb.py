"""Faults do what they say, to the same records every time."""

from __future__ import annotations

from typing import Any

import pytest

from chainbreak.app.bootstrap import Office
from chainbreak.find.evaluate.perturb import PERTURBATIONS, Perturbed, skew_us


def rows(office: Office, fault: str) -> dict[str, dict[str, Any]]:
    """Calls by record_ref, seen through the fault ("" for none)."""
    engine = Perturbed(office.engine(), fault) if fault else office.engine()
    try:
        table = engine.table("call")
        found = engine.run(table.select("record_ref", "at_us", "imei", "imei_tac", "cell_id", "peer")).to_pylist()
    finally:
        engine.close()
    return {row["record_ref"]: row for row in found}


@pytest.fixture
def plain(office: Office) -> dict[str, dict[str, Any]]:
    """The records without a fault."""
    return rows(office, "")


@pytest.mark.parametrize("fault", PERTURBATIONS)
def test_the_same_records_every_time(office: Office, fault: str) -> None:
    assert rows(office, fault) == rows(office, fault)


def test_a_tenth_is_lost_and_the_rest_untouched(office: Office, plain: dict[str, dict[str, Any]]) -> None:
    left = rows(office, "loss10")
    assert 0.85 < len(left) / len(plain) < 0.95
    assert all(plain[ref] == row for ref, row in left.items())


def test_clocks_are_off_by_the_cell_they_belong_to(office: Office, plain: dict[str, dict[str, Any]]) -> None:
    skewed = rows(office, "skew60")
    assert skewed.keys() == plain.keys()
    for ref, row in skewed.items():
        cell = plain[ref]["cell_id"]
        assert row["at_us"] - plain[ref]["at_us"] == (0 if cell is None else skew_us(cell))


def test_columns_that_are_gone_are_gone(office: Office, plain: dict[str, dict[str, Any]]) -> None:
    no_imei, no_cell = rows(office, "no-imei"), rows(office, "no-cell")
    assert no_imei == {ref: {**row, "imei": None, "imei_tac": None} for ref, row in plain.items()}
    assert no_cell == {ref: {**row, "cell_id": None} for ref, row in plain.items()}


def test_some_cells_are_missing(office: Office, plain: dict[str, dict[str, Any]]) -> None:
    holes = rows(office, "cell5")
    had = [ref for ref, row in plain.items() if row["cell_id"] is not None]
    assert 0.02 < sum(holes[ref]["cell_id"] is None for ref in had) / len(had) < 0.08
    assert sum(holes[ref]["imei"] != plain[ref]["imei"] for ref in had) < 0.02 * len(had)


def test_other_tables_are_the_engines_own(office: Office) -> None:
    engine = Perturbed(office.engine(), "loss10")
    assert engine.run(engine.table("cell").count()).as_py() > 0
    engine.close()
