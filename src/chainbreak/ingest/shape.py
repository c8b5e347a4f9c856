"""From raw rows to the columns of a kind: mapped, cleaned and typed, with the first fault of each row that has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.base.errors import InputError
from chainbreak.ingest.coded import Coded, as_numbers
from chainbreak.ingest.convert import bounded, convert
from chainbreak.ingest.mapping import Mapping, Source
from chainbreak.records import Column, Kind, Type

if TYPE_CHECKING:
    import duckdb

    from chainbreak.ingest.chunks import Chunk

MISSING, WRONG_TYPE, OUT_OF_RANGE = "CB-IN-030", "CB-IN-031", "CB-IN-032"
NOT_ALLOWED, NO_IDENTIFIER = "CB-IN-033", "CB-IN-034"
FIRST_EVENT_US, FIRST_MOMENT_US, LAST_US = 631_152_000_000_000, -2_208_988_800_000_000, 4_102_444_800_000_000
"""1990 for events (earlier is an epoch in the wrong unit), 1900 for other moments (branches are old), 2100."""
_NUMBERS = {Type.INT64: pa.int64(), Type.INT32: pa.int32(), Type.FLOAT64: pa.float64(), Type.BOOL: pa.bool_()}


class Faults:
    """The first fault of each row, in column order; `where` 0 means none, else an index into `said` from 1."""

    def __init__(self, rows: int) -> None:
        self.where: npt.NDArray[np.int16] = np.zeros(rows, dtype=np.int16)
        self.said: list[tuple[str, str]] = []

    def note(self, code: str, column: str, mask: npt.NDArray[np.bool_]) -> None:
        """Rows under `mask` have this fault unless they already had one."""
        if mask.any():
            self.said.append((code, column))
            self.where[mask & (self.where == 0)] = len(self.said)

    def bad_rows(self) -> npt.NDArray[np.intp]:
        """Positions of the rows with a fault."""
        return np.flatnonzero(self.where)

    def of(self, row: int | np.intp) -> tuple[str, str]:
        """Code and column of a bad row's fault."""
        return self.said[int(self.where[row]) - 1]


@dataclass
class Shaped:
    """The columns of the kind that the mapping fills: identifiers and codes as `Coded` text, the others typed."""

    columns: dict[str, pa.Array | Coded]
    faults: Faults


def shape(chunk: Chunk, mapping: Mapping, zone: str, duck: duckdb.DuckDBPyConnection) -> Shaped:
    """Type the rows of one chunk; times without an offset are in the mapping's zone, else in `zone`."""
    kind, faults = mapping.record_kind, Faults(len(chunk.lines))
    columns: dict[str, pa.Array | Coded] = {}
    for column in kind.columns:
        if column.name in mapping.columns:
            source = mapping.columns[column.name]
            columns[column.name] = _column(chunk, column, source, mapping, zone, duck, faults)
            _judge(columns[column.name], column, kind, faults)
    return Shaped(columns, faults)


def refuse_wrong_column(shaped: Shaped, file: str, kind: Kind) -> None:
    """See that a chunk is not bad throughout because of one column: that is a mapping to correct, not rows to keep.

    Raises:
        InputError: 100 rows or more, all bad, at least 95 in 100 by one column (CB-IN-011).
    """
    where = shaped.faults.where
    if len(where) < 100 or not where.all():
        return
    counts = np.bincount(where)
    if counts.max() >= 0.95 * len(where):
        code, name = shaped.faults.said[int(counts.argmax()) - 1]
        column = kind.column(name)
        allowed = ", ".join(column.allowed) or " ".join(
            filter(None, (column.type, column.unit and f"in {column.unit}"))
        )
        raise InputError(
            "CB-IN-011", f"column {name} of {file} is wrong in every row", given=code, allowed=allowed,
            next_step=f"correct the mapping; chainbreak map suggest {file} --kind {kind.name}",
        )  # fmt: skip


def _column(
    chunk: Chunk, column: Column, source: Source, mapping: Mapping, zone: str, duck: Any, faults: Faults
) -> pa.Array | Coded:
    texts = _texts(chunk, source)
    if _is_plain_number(column, source, mapping.null):
        try:
            # Most files hold numbers as numbers: Arrow reads those at once, and refuses anything else.
            typed = texts.cast(_NUMBERS[column.type])
            return pc.if_else(pc.is_nan(typed), None, typed) if column.type is Type.FLOAT64 else typed
        except pa.ArrowInvalid:
            pass
    if column.identifier and not (source.values or source.default or _has_number(mapping.null)):
        numbers = as_numbers(texts)
        if numbers is not None:
            return numbers
    coded, unknown = _cleaned(texts, source, mapping.null)
    faults.note(NOT_ALLOWED, column.name, _spread(unknown, coded.at))
    if column.name == "domain":
        coded, unread = _hosts(coded)
    elif column.type is Type.STRING:
        return coded
    else:
        typed = convert(coded.distinct, column, source, mapping.zone or zone, duck)
        unread = np.asarray(pc.and_(coded.distinct.is_valid(), typed.is_null()))
    faults.note(WRONG_TYPE, column.name, _spread(unread, coded.at))
    return coded if column.type is Type.STRING else typed.take(coded.at)


def _judge(values: pa.Array | Coded, column: Column, kind: Kind, faults: Faults) -> None:
    """Note missing values, values out of range and codes that are not allowed."""
    present = values.at if isinstance(values, Coded) else values
    if column.required and present.null_count:
        faults.note(MISSING, column.name, np.asarray(present.is_null()))
    if isinstance(values, Coded):
        if column.allowed:
            strange = pc.and_(
                values.distinct.is_valid(), pc.invert(pc.is_in(values.distinct, pa.array(column.allowed)))
            )
            faults.note(NOT_ALLOWED, column.name, _spread(np.asarray(strange), values.at))
        return
    low, high = column.low, column.high
    if column.name.endswith("_us"):
        low, high = (FIRST_EVENT_US if column.name == kind.time else FIRST_MOMENT_US), LAST_US
    if low is not None or high is not None:
        outside = bounded(values, low, high)
        if outside is not None:
            faults.note(OUT_OF_RANGE, column.name, outside)


def _texts(chunk: Chunk, source: Source) -> pa.Array:
    """The raw text of one canonical column, row by row."""
    if source.constant is not None:
        return pa.repeat(pa.scalar(source.constant), len(chunk.lines))
    if source.row:
        return chunk.lines.cast(pa.string())
    parts = [chunk.table[name] for name in source.names]
    if len(parts) == 1:
        return _flat(parts[0])
    joined = pc.binary_join_element_wise(*parts, source.join, null_handling="replace", null_replacement="")
    return _flat(joined)


def _flat(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _is_plain_number(column: Column, source: Source, null_words: list[str]) -> bool:
    if column.identifier or column.type not in _NUMBERS or source.time not in ([], ["us"], ["us", "iso"]):
        return False
    options = (source.unit, source.values, source.default, source.thousands, source.round, source.decimal != ".")
    return not any(options) and not _has_number(null_words)


def _has_number(null_words: list[str]) -> bool:
    """Whether a number stands for nothing known, so that the numbers' fast ways are closed."""
    return any(word.strip("-+.").isdigit() for word in null_words)


def _cleaned(texts: pa.Array, source: Source, null_words: list[str]) -> tuple[Coded, npt.NDArray[np.bool_]]:
    """Trimmed, null words dropped, codes translated, the default put in; and which distinct codes nobody declared."""
    coded = texts.dictionary_encode()
    distinct, at = pc.utf8_trim_whitespace(coded.dictionary), coded.indices
    distinct = pc.if_else(pc.is_in(distinct, pa.array(["", *null_words])), None, distinct)
    # The unit separator parts the values under a record_ref; it has no business in a value.
    distinct = pc.replace_substring(distinct, "\x1f", " ")
    unknown = np.zeros(len(distinct), dtype=bool)
    if source.values:
        codes = distinct.to_pylist()
        distinct = pa.array([source.values.get(code, source.other) for code in codes], pa.string())
        if source.other is None:
            unknown = np.array([code is not None and code not in source.values for code in codes], dtype=bool)
    gone = pc.and_(distinct.is_null(), pa.array(~unknown))
    if pc.any(gone).as_py():
        at = pc.if_else(gone.take(at), None, at)
    if source.default is not None:
        at, unknown = at.fill_null(len(distinct)), np.append(unknown, False)
        distinct = pa.concat_arrays([distinct, pa.array([source.default])])
    return Coded(distinct, at), unknown


def _hosts(coded: Coded) -> tuple[Coded, npt.NDArray[np.bool_]]:
    """Domain names in their one written form, and which distinct texts are none."""
    from chainbreak.identity.domains import host_form

    forms: list[str | None] = []
    for text in coded.distinct.to_pylist():
        try:
            forms.append(host_form(text) if text else None)
        except InputError:
            forms.append(None)
    distinct = pa.array(forms, pa.string())
    return Coded(distinct, coded.at), np.asarray(pc.and_(coded.distinct.is_valid(), distinct.is_null()))


def _spread(distinct_mask: npt.NDArray[np.bool_], at: pa.Array) -> npt.NDArray[np.bool_]:
    """A mask over distinct values as a mask over rows; rows without a value are not in it."""
    if not distinct_mask.any():
        return np.zeros(len(at), dtype=bool)
    return np.asarray(pc.fill_null(pa.array(distinct_mask).take(at), False))
