"""How a kind's Parquet files are written: dictionaries for codes only, statistics for the time alone.

Tokens and refs are random: a dictionary of them is given up half-way, and their least and greatest say nothing. Leaving
both out writes in 60 % of the time. The time's statistics tell readers and de-duplication which files to pass over.
"""

from __future__ import annotations

from typing import Any

from chainbreak.records import Kind, Type

_REPEATING = frozenset({Type.INT32, Type.BOOL, Type.STRING})


def writer_properties(kind: Kind) -> Any:
    """deltalake's `WriterProperties` for the lake table of `kind`."""
    from deltalake import ColumnProperties, WriterProperties

    plain = ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE")
    repeating = ColumnProperties(dictionary_enabled=True, statistics_enabled="NONE")
    columns = {c.name: repeating for c in kind.lake_columns() if c.type in _REPEATING and not c.text}
    del columns["record_ref"]
    if kind.time:
        columns[kind.time] = ColumnProperties(dictionary_enabled=False, statistics_enabled="CHUNK")
    return WriterProperties(compression="SNAPPY", default_column_properties=plain, column_properties=columns)
