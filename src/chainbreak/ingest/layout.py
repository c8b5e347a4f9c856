"""How a kind's Parquet files are written: dictionaries for codes only, statistics for the time alone.

Tokens and refs are random: a dictionary of them is given up half-way, compression gains nothing, and their least and
greatest say nothing. Leaving these out halves the time of writing. The time's statistics tell readers and
de-duplication which files to pass over.
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
    # Tokens and refs fill most of a file and do not compress; text does.
    compression: Any = "SNAPPY" if any(c.text for c in kind.columns) else "UNCOMPRESSED"
    return WriterProperties(compression=compression, default_column_properties=plain, column_properties=columns)
