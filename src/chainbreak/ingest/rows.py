"""From shaped columns to lake rows: tokens, masked texts, the record_ref, local day and hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chainbreak.ingest.coded import Coded
from chainbreak.ingest.refs import Repeats, RowRefs, first_of_each, written
from chainbreak.ingest.shape import NO_IDENTIFIER, Shaped
from chainbreak.ingest.texts import TextMasker
from chainbreak.ingest.tokenising import Tokeniser
from chainbreak.ingest.zones import local_parts
from chainbreak.records import Kind, Type

_ITEM_SEPARATOR = "\x1e"
_ORIGINAL = "_original"


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
    repeats: Repeats | None = None,
) -> Rows:  # fmt: skip
    """The good rows of a chunk as lake rows. Faults of required identifiers are added to `shaped.faults`.

    With `repeats`, which lasts a file, equal rows are separate records; without, they are one.
    """
    rows = len(shaped.faults.where)
    stored: dict[str, Any] = {}
    refs = RowRefs(kind.name, ref_key, rows)
    unread = _identify(kind, shaped, tokeniser, stored, refs)
    originals = _texts_and_codes(kind, shaped, masker, stored, refs)
    if kind.time:
        stored |= _time_parts(stored[kind.time] if kind.time in stored else pa.nulls(rows, pa.int64()), zone)
    good = shaped.faults.where == 0
    made = refs.done()
    if repeats:
        made = refs.done(repeats.count(made, good))
    stored["record_ref"] = written(made)
    if originals is not None:
        stored[_ORIGINAL] = originals
    schema = _loose(kind, stored)
    table = pa.table([stored.get(f.name, pa.nulls(rows, f.type)) for f in schema], schema=schema)
    kept = np.flatnonzero(good)
    first = first_of_each(made[kept])
    distinct = kept if first is None else kept[first]
    if len(distinct) < rows:
        table = table.take(pa.array(distinct))
    found = Rows(table, len(kept) - len(distinct), unread)
    if originals is not None:
        texts = table.select(["record_ref", _ORIGINAL])
        found.table = table.drop_columns([_ORIGINAL])
        found.originals = {ref: text for ref, text in zip(*texts.to_pydict().values(), strict=True) if text is not None}
    return found


def _identify(kind: Kind, shaped: Shaped, tokeniser: Tokeniser, stored: dict[str, Any], refs: RowRefs) -> int:
    """Fill tokens and derived attributes; returns how many optional identifiers could not be read (they become null:
    a call whose handset number is damaged is still a call)."""
    unread = 0
    for column in kind.columns:
        coded = shaped.columns.get(column.name)
        if column.identifier is None or not isinstance(coded, Coded):
            continue
        tokens = tokeniser.tokens(column.identifier, coded)
        stored[column.name] = tokens.token
        refs.add(column.name, tokens.blocks, tokens.missing)
        stored |= {f"{column.name}_{name}": array for name, array in tokens.attributes.items()}
        if column.required:
            shaped.faults.note(NO_IDENTIFIER, column.name, tokens.invalid)
        else:
            unread += int(tokens.invalid.sum())
    return unread


def _texts_and_codes(
    kind: Kind, shaped: Shaped, masker: TextMasker, stored: dict[str, Any], refs: RowRefs
) -> pa.Array | None:
    """Fill the columns that are no identifiers; returns the original text of each row when the kind has a text.

    A list of identifiers takes in what the text names, also when the source gives no list of its own.
    """
    originals: pa.Array | None = None
    mentioned: list[tuple[str, ...]] | None = None
    for column in kind.columns:
        given = shaped.columns.get(column.name)
        if column.type is Type.STRINGS:
            if given is None and mentioned is None:
                continue
            items: list[list[str] | None] = [None] * len(shaped.faults.where)
            if isinstance(given, pa.Array):
                items = given.to_pylist()
                refs.add_values(column.name, _as_text(items))
            stored[column.name] = pa.array(masker.written(items, mentioned or [()] * len(items)), pa.list_(pa.string()))
        elif isinstance(given, Coded) and not column.identifier:
            refs.add_coded(column.name, given.distinct, given.at)
            stored[column.name] = given.rows()
            if column.text:
                masked = masker.mask(given)
                stored[column.name], mentioned, originals = masked.texts, masked.mentions, given.rows()
        elif given is not None and not column.identifier:
            refs.add_values(column.name, given)
            stored[column.name] = given
    return originals


def _as_text(items: list[list[str] | None]) -> pa.Array:
    """A list as one text, in which neither order nor repetition counts; none at all is no value."""
    return pa.array([_ITEM_SEPARATOR.join(sorted(set(row))) if row else None for row in items], pa.string())


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


def _loose(kind: Kind, stored: dict[str, Any]) -> pa.Schema:
    """The lake's schema, and originals; columns that are still dictionary-encoded keep that in memory (Delta writes
    plain strings).
    """
    fields = [
        f.with_type(stored[f.name].type) if f.name in stored and pa.types.is_dictionary(stored[f.name].type) else f
        for f in kind.arrow_schema()
    ]
    return pa.schema([*fields, *([pa.field(_ORIGINAL, stored[_ORIGINAL].type)] if _ORIGINAL in stored else [])])
