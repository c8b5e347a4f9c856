"""A lake out of a folder of records with raw identifiers, by the house's own tokens: for tests of detectors.

Ingest does this for real with mappings, quarantine and a vault; detectors need only its result.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chainbreak.identity.batch import tokenise
from chainbreak.identity.keys import Keyring
from chainbreak.identity.numbers import Place
from chainbreak.records import Kind, kind_named
from chainbreak.records.kind import derived_columns
from chainbreak.store.lake import Lake

ZONE = "Asia/Shanghai"
PLACE = Place("CN", "571")
KINDS = ("call", "line", "cell", "transfer", "account", "report")


def lake_of(records: Path, root: Path, kinds: tuple[str, ...] = KINDS) -> tuple[Lake, Keyring]:
    """Tables of `kinds` from the Parquet files under `records`; the keys are made in `root`/keys."""
    keys = Keyring.create(root / "keys")
    lake = Lake(root / "lake")
    for name in kinds:
        for path in sorted(records.glob(f"{name}*.parquet")):
            if path.stem.partition("-")[0] == name:
                put(lake, name, pq.read_table(path), keys)
    return lake, keys


def put(lake: Lake, name: str, raw: pa.Table, keys: Keyring) -> None:
    """Append rows with raw identifiers as lake rows."""
    kind = kind_named(name)
    lake.append(name, to_lake(kind, raw, keys), kind.partition_by)


def to_lake(kind: Kind, raw: pa.Table, keys: Keyring) -> pa.Table:
    """The rows as the lake holds them: tokens, derived columns, local day and hour, record refs."""
    columns: dict[str, Any] = {}
    for column in kind.columns:
        values = raw[column.name].combine_chunks() if column.name in raw.column_names else pa.nulls(raw.num_rows)
        if column.identifier is None:
            columns[column.name] = values
            continue
        coded = values.cast(pa.string()).dictionary_encode()
        known = tokenise(column.identifier, coded.dictionary, keys, PLACE)
        columns[column.name] = known["token"].combine_chunks().take(coded.indices)
        for derived in derived_columns(column):
            suffix = derived.name.removeprefix(f"{column.name}_")
            columns[derived.name] = known[suffix].combine_chunks().take(coded.indices)
    if kind.time:
        local = pc.assume_timezone(pc.cast(columns[kind.time], pa.timestamp("us")), "UTC").cast(
            pa.timestamp("us", ZONE)
        )
        wall = pc.local_timestamp(local)
        columns["local_day"] = wall.cast(pa.date32(), safe=False)
        columns["local_hour"] = pc.hour(wall).cast(pa.int32())
    columns["record_ref"] = pa.array(refs(raw))
    schema = kind.arrow_schema()
    return pa.table([pa.array(columns[f.name]).cast(f.type) for f in schema], schema=schema)


def refs(raw: pa.Table) -> list[str]:
    """A digest of each row's own contents; equal rows are one record."""
    rows = zip(*(raw[name].to_pylist() for name in raw.column_names), strict=True)
    return [hashlib.blake2b(repr(row).encode(), digest_size=16).hexdigest() for row in rows]
