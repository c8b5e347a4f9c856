"""Two engines on one lake."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from chainbreak.records import kind_named
from chainbreak.store.duck import Duck
from chainbreak.store.lake import Lake
from chainbreak.store.spark import Spark

QUIET = pytest.mark.filterwarnings(
    # pyspark leaves the closing of the socket that carried a result to the garbage collector.
    r"ignore:unclosed <socket.*127\.0\.0\.1:ResourceWarning",
)


@dataclass(frozen=True)
class Engines:
    """Both engines on one snapshot."""

    duck: Duck
    spark: Spark


def lake_of(folder: Path, tables: dict[str, pa.Table]) -> Lake:
    """A lake that holds `tables`, by kind."""
    lake = Lake(folder)
    for name, table in tables.items():
        lake.append(name, table, kind_named(name).partition_by)
    return lake
