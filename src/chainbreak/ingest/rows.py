"""From shaped columns to lake rows: tokens, masked texts, the record_ref, local day and hour."""

# ruff: noqa: S608 queries are put together from our own column names and quoted literals only

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chainbreak.ingest.coded import Coded
from chainbreak.ingest.shape import NO_IDENTIFIER, Shaped
from chainbreak.ingest.texts import TextMasker
from chainbreak.ingest.tokenising import Tokeniser
from chainbreak.ingest.zones import local_parts
from chainbreak.records import Kind

if TYPE_CHECKING:
    import duckdb

_SEPARATOR = "chr(31)"
_ITEM_SEPARATOR = "\x1e"
_REF = 32  # hex digits of a record_ref
_BATCH = 65_536


@dataclass
class Rows:
    """Rows with the schema of the lake table, one a distinct record. `originals`: text by record_ref, for the vault;
    `duplicates`: rows left out because an equal one stands here; `unread`: optional identifiers that were none.
    """

    table: pa.Table
    duplicates: int = 0
    unread: int = 0
    originals: dict[str, str] = field(default_factory=dict)


def finish(
    kind: Kind, shaped: Shaped, tokeniser: Tokeniser, masker: TextMasker, ref_key: bytes, zone: str,
    duck: duckdb.DuckDBPyConnection,
) -> Rows:  # fmt: skip
    """The good rows of a chunk as lake rows. Faults of required identifiers are added to `shaped.faults`."""
    stored: dict[str, pa.Array] = {}
    values: dict[str, pa.Array] = {}
    unread = _identify(kind, shaped, tokeniser, stored, values)
    originals = _texts_and_codes(kind, shaped, masker, stored, values)
    rows = len(shaped.faults.where)
    refs = record_refs(kind, values, rows, ref_key, duck)
    if kind.time:
        stored |= _time_parts(stored[kind.time] if kind.time in stored else pa.nulls(rows, pa.int64()), zone)
    schema = kind.arrow_schema()
    stored["record_ref"] = refs
    table = pa.table([stored.get(f.name, pa.nulls(rows, f.type)) for f in schema], schema=_loose(schema, stored))
    if originals is not None:
        table = table.append_column("_original", originals)
    good = shaped.faults.where == 0
    table = table if good.all() else table.filter(pa.array(good))
    distinct = _distinct(table)
    found = Rows(distinct, table.num_rows - distinct.num_rows, unread)
    if originals is not None:
        texts = distinct.select(["record_ref", "_original"])
        found.table = distinct.drop_columns(["_original"])
        found.originals = {ref: text for ref, text in zip(*texts.to_pydict().values(), strict=True) if text is not None}
    return found


def record_refs(
    kind: Kind, values: dict[str, pa.Array], rows: int, ref_key: bytes, duck: duckdb.DuckDBPyConnection
) -> pa.Array:
    """record_ref of each row: the first 32 hex digits of SHA-256 over key (16 bytes in hex), kind and own values,
    parted by 0x1f.

    Values are canonical (identifiers in clear, numbers in decimal, nothing for null), in the order of the kind's
    columns: the ref depends neither on token keys, which rotate, nor on where a row stood. Without the key it
    cannot be computed from guessed contents.
    """
    if not rows:
        return pa.array([], pa.string())
    given = {f"c{i}": values[c.name] for i, c in enumerate(kind.columns) if c.name in values}
    # The engine shares out work by batches: one batch is one thread's.
    batches = pa.table(given).to_batches(max_chunksize=_BATCH)
    duck.register("own_values", pa.Table.from_batches(batches))
    parts = [f"c{i}" if f"c{i}" in given else "''" for i in range(len(kind.columns))]
    prefix = f"'{ref_key[:16].hex()}', {_SEPARATOR}, '{kind.name}', {_SEPARATOR}"
    text = f"concat({prefix}, {f', {_SEPARATOR}, '.join(parts)})"
    return duck.sql(f"SELECT left(sha256({text}), 32) AS ref FROM own_values").to_arrow_table()["ref"].combine_chunks()


def _identify(kind: Kind, shaped: Shaped, tokeniser: Tokeniser, stored: dict[str, Any], values: dict[str, Any]) -> int:
    """Fill tokens and derived attributes; returns how many optional identifiers could not be read (they become null:
    a call whose handset number is damaged is still a call)."""
    unread = 0
    for column in kind.columns:
        coded = shaped.columns.get(column.name)
        if column.identifier is None or not isinstance(coded, Coded):
            continue
        tokens = tokeniser.tokens(column.identifier, coded)
        stored[column.name], values[column.name] = tokens.token, tokens.value
        stored |= {f"{column.name}_{name}": array for name, array in tokens.attributes.items()}
        if column.required:
            shaped.faults.note(NO_IDENTIFIER, column.name, tokens.invalid)
        else:
            unread += int(tokens.invalid.sum())
    return unread


def _texts_and_codes(
    kind: Kind, shaped: Shaped, masker: TextMasker, stored: dict[str, Any], values: dict[str, Any]
) -> pa.Array | None:
    """Fill the columns that are no identifiers; returns the original text of each row when the kind has a text."""
    originals, mentioned = None, None
    for column in kind.columns:
        given = shaped.columns.get(column.name)
        if given is None or column.identifier:
            continue
        plain = given.rows() if isinstance(given, Coded) else given
        stored[column.name] = values[column.name] = plain
        if column.text and isinstance(given, Coded):
            masked = masker.mask(given)
            stored[column.name], mentioned, originals = masked.texts, masked.mentions, plain
        elif pa.types.is_list(plain.type):
            items = plain.to_pylist()
            values[column.name] = pa.array([_ITEM_SEPARATOR.join(sorted(set(row or ()))) for row in items], pa.string())
            stored[column.name] = pa.array(masker.written(items, mentioned or [()] * len(items)), plain.type)
    return originals


def _time_parts(at_us: pa.Array, zone: str) -> dict[str, pa.Array]:
    missing: npt.NDArray[np.bool_] = np.asarray(at_us.is_null())
    moments = at_us.fill_null(0).to_numpy()
    # Times of rows that are rejected anyway may lie beyond any calendar.
    beyond = (moments < -(2**51)) | (moments > 2**52)
    days, hours = local_parts(np.where(beyond, 0, moments), zone)
    return {
        "local_day": pa.array(days, pa.int32(), mask=missing).cast(pa.date32()),
        "local_hour": pa.array(hours, pa.int32(), mask=missing),
    }


def _distinct(table: pa.Table) -> pa.Table:
    """One row of each record_ref: the first, though equal refs mean equal rows."""
    refs = table["record_ref"].combine_chunks()
    if _surely_distinct(refs):
        return table
    _, first = np.unique(refs.dictionary_encode().indices.to_numpy(), return_index=True)
    return table if len(first) == table.num_rows else table.take(pa.array(np.sort(first)))


def _surely_distinct(refs: pa.Array) -> bool:
    """Whether no two refs share a 64-bit digest of their first 16 digits; sorting is cheaper than hashing text."""
    if not len(refs):
        return True
    text = np.frombuffer(refs.buffers()[2], np.uint8, len(refs) * _REF, refs.offset * _REF).reshape(-1, _REF)
    halves = np.ascontiguousarray(text[:, :16]).view(np.uint64)
    digests = np.sort(halves[:, 0] * np.uint64(0x9E3779B97F4A7C15) + halves[:, 1])
    return not (digests[1:] == digests[:-1]).any()


def _loose(schema: pa.Schema, stored: dict[str, pa.Array]) -> pa.Schema:
    """The lake's schema; columns that are still dictionary-encoded keep that in memory (Delta writes plain strings)."""
    return pa.schema([
        f.with_type(stored[f.name].type) if f.name in stored and pa.types.is_dictionary(stored[f.name].type) else f
        for f in schema
    ])  # fmt: skip
