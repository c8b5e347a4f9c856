"""Every operation of the portable core gives the same values and the same Arrow types on both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from both_engines import QUIET, Engines
from golden_table import COLUMNS, GAPS, GOLDEN, RELATIONS

from chainbreak.find.contract.portable import PORTABLE, refused_operations
from chainbreak.store.lake import Lake

pytestmark = QUIET


@pytest.fixture(scope="module")
def golden(engines_on: Callable[[Lake], Engines], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, Any]]:
    """The golden table in each engine."""
    folder = tmp_path_factory.mktemp("golden")
    pq.write_table(GOLDEN, folder / "golden.parquet")
    both = engines_on(Lake(folder / "lake"))
    return [(engine, engine.stored("golden", [folder / "golden.parquet"])) for engine in (both.duck, both.spark)]


def sorted_rows(table: pa.Table) -> list[str]:
    return sorted(repr(row) for row in table.to_pylist())


@pytest.mark.parametrize("name", COLUMNS)
def test_column(name: str, golden: list[tuple[Any, Any]]) -> None:
    duck, spark = (engine.run(t.select("id", value=COLUMNS[name](t))) for engine, t in golden)
    assert sorted_rows(spark) == sorted_rows(duck)
    assert spark.schema == duck.schema


@pytest.mark.parametrize("name", RELATIONS)
def test_relation(name: str, golden: list[tuple[Any, Any]]) -> None:
    duck, spark = (engine.run(RELATIONS[name](t)) for engine, t in golden)
    assert sorted_rows(spark) == sorted_rows(duck)
    assert spark.schema == duck.schema


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xfail(reason=why)) for name, (_, why) in GAPS.items()]
)
def test_gap_still_gapes(name: str, golden: list[tuple[Any, Any]]) -> None:
    duck, spark = (engine.run(t.select("id", value=GAPS[name][0](t))) for engine, t in golden)
    assert sorted_rows(spark) == sorted_rows(duck)


def test_the_core_is_covered_and_the_gaps_are_outside_it(golden: list[tuple[Any, Any]]) -> None:
    import ibis.expr.operations as ops

    table = golden[0][1]
    exprs = [table.select(value=column(table)) for column in COLUMNS.values()]
    exprs += [relation(table) for relation in RELATIONS.values()]
    used = {type(node).__name__ for expr in exprs for node in expr.op().find(ops.Node)}
    # Made outside any engine, or gone before one sees them.
    assert set(PORTABLE) - used <= {"UnboundTable", "JoinTable", "DropColumns", "Alias", "SelfReference"}
    assert [refused_operations(expr) for expr in exprs] == [[]] * len(exprs)
    assert all(refused_operations(table.select(value=column(table))) for column, _ in GAPS.values())
