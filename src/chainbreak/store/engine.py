"""What the rest of the house may know of a query engine: lake tables as Ibis tables, expressions to Arrow.

`duck.py` and `spark.py` implement this; no other file names an engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class Engine(Protocol):
    """One query engine bound to one lake snapshot."""

    name: str
    snapshot: dict[str, int]

    def table(self, kind: str) -> Any:
        """The lake table of a record kind as an `ibis.Table`; an empty one with the kind's schema when absent."""

    def stored(self, name: str, files: Sequence[Path]) -> Any:
        """Parquet files of one schema, at least one, as an `ibis.Table`; `name` once in the engine's life."""

    def run(self, expr: Any) -> pa.Table:
        """The result of an Ibis expression as Arrow. Row order is undefined unless the expression orders."""

    def put(self, name: str, rows: pa.Table) -> Any:
        """A few Arrow rows as an `ibis.Table`, by way of scratch; `name` once in the engine's life."""

    def checkpoint(self, name: str, expr: Any) -> Any:
        """Write `expr` to Parquet in scratch, read it back as an `ibis.Table`: cuts lineage on every engine."""

    def close(self) -> None:
        """Give memory, scratch files and sessions back."""
