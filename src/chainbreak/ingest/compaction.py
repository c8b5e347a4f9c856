"""Many small files of one day become few large ones, when that pays; older versions keep theirs and stay readable."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa

from chainbreak.ingest.layout import writer_properties
from chainbreak.ingest.limits import MIB
from chainbreak.records import Kind

if TYPE_CHECKING:
    from chainbreak.store.lake import Lake

SMALL = 32 * MIB
PAYS_AT = 16
"""Small files of one partition from which on opening them costs readers more than rewriting costs once."""


def compact_if_it_pays(lake: Lake, kind: Kind) -> int:
    """Rewrite the days that have many small files; returns how many files were replaced."""
    if kind.name not in lake.tables():
        return 0
    with lake.writing(kind.name):
        delta = lake.open(kind.name)
        actions = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
        small = Counter(row.get("partition.local_day") for row in actions if row["size_bytes"] < SMALL)
        removed = 0
        for day, count in sorted(small.items(), key=lambda item: str(item[0])):
            if count < PAYS_AT or (kind.time and day is None):  # a filter cannot name the rows without a time
                continue
            chosen = [("local_day", "=", day.isoformat())] if day else None
            metrics = delta.optimize.compact(
                partition_filters=chosen, target_size=8 * SMALL, writer_properties=writer_properties(kind)
            )
            removed += metrics["numFilesRemoved"]
        return removed
