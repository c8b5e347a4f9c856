"""From cleaned text to typed values: each distinct text of a column once, null where it is not of the type.

Grain: one element a distinct text. Whole numbers and money go through DECIMAL, never through floating point.
"""

# ruff: noqa: S608 queries are put together from our own column names and quoted literals only

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.base.clock import parse_moment
from chainbreak.ingest.mapping import UNITS, Source
from chainbreak.ingest.zones import to_utc
from chainbreak.records import Column, Type

if TYPE_CHECKING:
    import duckdb

_DECIMAL = "DECIMAL(28, 8)"
"""20 digits before the point hold every int64; the product with a unit still fits DECIMAL(38)."""
_TRUE = ("true", "t", "1", "yes", "y", "是", "已接通", "1.0")
_FALSE = ("false", "f", "0", "no", "n", "否", "未接通", "0.0")
_ZONED = r"([zZ]|[+-]\d{2}(:?\d{2})?)$"
_EPOCH_US = {"s": 1_000_000, "ms": 1_000, "us": 1}
_SEPARATORS = re.compile(r"[;,|\s；，、]+")


def convert(texts: pa.Array, column: Column, source: Source, zone: str, duck: duckdb.DuckDBPyConnection) -> pa.Array:
    """`texts` as values of the column's type; null where a text is null or not of the type."""
    duck.register("texts", pa.table({"x": texts}))
    if source.time:
        return _times(texts, source, source.zone or zone, duck)
    match column.type:
        case Type.INT64 | Type.INT32:
            return _column(duck, _whole_number(source, "BIGINT" if column.type is Type.INT64 else "INTEGER"))
        case Type.FLOAT64:
            value = f"try_cast({_number_text(source)} AS DOUBLE) * {UNITS[source.unit or 's']}"
            return _column(duck, f"CASE WHEN isfinite({value}) THEN {value} END")
        case Type.BOOL:
            yes, no = (", ".join(f"'{word}'" for word in words) for words in (_TRUE, _FALSE))
            return _column(duck, f"CASE WHEN lower(x) IN ({yes}) THEN true WHEN lower(x) IN ({no}) THEN false END")
        case Type.STRINGS:
            return pa.array([_items(text) for text in texts.to_pylist()], pa.list_(pa.string()))
        case _:
            return texts


def _column(duck: duckdb.DuckDBPyConnection, expression: str) -> pa.Array:
    return duck.sql(f"SELECT {expression} AS v FROM texts").to_arrow_table()["v"].combine_chunks()


def _number_text(source: Source) -> str:
    text = "x"
    if source.thousands:
        text = f"replace({text}, {_literal(source.thousands)}, '')"
    if source.decimal != ".":
        text = f"replace({text}, {_literal(source.decimal)}, '.')"
    return f"ltrim({text}, '¥￥$ ')" if source.unit in ("yuan", "dollar") else text


def _whole_number(source: Source, integer: str) -> str:
    value = f"TRY(try_cast({_number_text(source)} AS {_DECIMAL}) * {UNITS[source.unit or 's']})"
    kept = f"round({value})" if source.round else f"CASE WHEN {value} = round({value}) THEN {value} END"
    return f"try_cast({kept} AS {integer})"


def _times(texts: pa.Array, source: Source, zone: str, duck: duckdb.DuckDBPyConnection) -> pa.Array:
    """The first format that reads a text decides."""
    found = pa.nulls(len(texts), pa.int64())
    for form in source.time:
        local, value = _time_by(form, source, duck, zone)
        if local:
            rows = value.is_valid().to_numpy(zero_copy_only=False)
            utc = to_utc(value.fill_null(0).to_numpy()[rows], zone)
            value = pc.replace_with_mask(value, pa.array(rows), pa.array(utc, pa.int64()))
        found = pc.coalesce(found, value)
    return found


def _time_by(form: str, source: Source, duck: duckdb.DuckDBPyConnection, zone: str) -> tuple[bool, pa.Array]:
    """Whether the values are wall-clock times of the zone, and the values in microseconds."""
    number = f"try_cast(x AS {_DECIMAL})"
    if form in _EPOCH_US:
        return False, _column(duck, f"try_cast(round(TRY({number} * {_EPOCH_US[form]})) AS BIGINT)")
    if form == "step":
        origin = parse_moment(source.origin or "", zone)
        whole = f"CASE WHEN {number} = round({number}) THEN try_cast({number} AS BIGINT) END"
        return False, _column(duck, f"TRY({origin} + ({whole}) * {source.step_us})")
    if form == "excel":
        # Serial days since 1899-12-30 (ECMA-376 part 1, 18.17.4.1); a sheet keeps about milliseconds.
        since_1970_ms = f"CAST(round(({number} - 25569) * 86400000) AS BIGINT)"
        return True, _column(duck, f"CASE WHEN {number} BETWEEN 1 AND 109574 THEN {since_1970_ms} * 1000 END")
    if form == "iso":
        zoned = _column(
            duck, f"CASE WHEN regexp_matches(x, ':.*{_ZONED}') THEN epoch_us(try_cast(x AS TIMESTAMPTZ)) END"
        )
        plain = _column(
            duck, f"CASE WHEN NOT regexp_matches(x, ':.*{_ZONED}') THEN epoch_us(try_cast(x AS TIMESTAMP)) END"
        )
        rows = plain.is_valid().to_numpy(zero_copy_only=False)
        utc = to_utc(plain.fill_null(0).to_numpy()[rows], zone)
        return False, pc.coalesce(pc.replace_with_mask(plain, pa.array(rows), pa.array(utc, pa.int64())), zoned)
    return "%z" not in form, _column(duck, f"epoch_us(try_strptime(x, {_literal(form)}))")


def _items(text: str | None) -> list[str] | None:
    """The items of a list: a JSON array, or words set apart by commas, semicolons or spaces."""
    if text is None:
        return None
    if text.startswith("["):
        try:
            return [str(item) for item in json.loads(text) if item not in (None, "")]
        except ValueError:
            return None
    return [item for item in _SEPARATORS.split(text) if item]


def bounded(value: pa.Array, low: float | None, high: float | None) -> Any:
    """Mask of elements outside [low, high], or None when all are inside; nulls are inside."""
    least, most = (pc.min_max(value)[part].as_py() for part in ("min", "max"))
    if least is None or ((low is None or least >= low) and (high is None or most <= high)):
        return None
    below = pc.less(value, low) if low is not None else pa.scalar(False)
    above = pc.greater(value, high) if high is not None else pa.scalar(False)
    return np.asarray(pc.fill_null(pc.or_(below, above), False))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
