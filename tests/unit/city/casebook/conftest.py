"""One casebook, written once, and its tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chainbreak.city.casebook import Shape, shape, write_casebook

REPORTS = 12_000


@dataclass(frozen=True)
class Written:
    """A casebook on disk: records, truth and the shape it was made in."""

    out: Path
    shape: Shape
    reports: pa.Table
    series: pa.Table
    mentions: pa.Table
    detections: pa.Table


def read(out: Path, like: Shape) -> Written:
    records = [pq.read_table(path) for path in sorted((out / "records").glob("report-*.parquet"))]
    return Written(
        out, like, pa.concat_tables(records).combine_chunks(),
        *(pq.read_table(out / path) for path in ("truth/series.parquet", "truth/mentions.parquet",
                                                 "records/detection.parquet")),
    )  # fmt: skip


@pytest.fixture(scope="session")
def casebook(tmp_path_factory: pytest.TempPathFactory) -> Written:
    out = tmp_path_factory.mktemp("casebook") / "book"
    write_casebook(out, REPORTS, seed=7)
    return read(out, shape())
