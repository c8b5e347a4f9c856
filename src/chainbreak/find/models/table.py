"""A table of features, read from Parquet or CSV and made numbers; what is not fit to learn from is refused by name.

Grain: one row a line (or whatever the table says). Units of features are unknown here and are said to be so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.base.errors import InputError, UsageError, did_you_mean

LIFETIME = ("month_ids", "flow_month", "day_*", "voc_day_*", "arpu_*")
"""Features that say how long a line lived (spec/goip.md 9): a blocked line stops, so they leak the label."""
MIN_OF_A_CLASS = 25
"""Fewest rows of either class: five in each fifth that is held out."""
SHOWN = 8


@dataclass(frozen=True)
class Labelled:
    """Features (float64, rows x names, NaN where missing), labels (True: fraud), and why columns were left out."""

    names: tuple[str, ...]
    values: np.ndarray
    labels: np.ndarray
    dropped: Mapping[str, str]

    def without(self, globs: Sequence[str], why: str = "asked for") -> Labelled:
        """The same rows without the features that match any of `globs`.

        Raises:
            InputError: nothing is left (CB-MO-009).
        """
        gone = [n for n in self.names if matches(n, globs)]
        return self.only([n for n in self.names if n not in gone], {**self.dropped, **dict.fromkeys(gone, why)})

    def only(self, names: Sequence[str], dropped: Mapping[str, str] | None = None) -> Labelled:
        """The same rows with these features.

        Raises:
            InputError: there are none (CB-MO-009).
        """
        if not names:
            raise InputError("CB-MO-009", "no features are left", allowed="at least one column of numbers that vary")
        columns = [self.names.index(name) for name in names]
        return replace(self, names=tuple(names), values=self.values[:, columns], dropped=dropped or self.dropped)


def rows_digest(values: np.ndarray, labels: np.ndarray) -> str:
    """SHA-256 of features and labels, by which a model knows the rows it was trained on."""
    return hashlib.sha256(np.column_stack([values, labels]).tobytes()).hexdigest()


def matches(name: str, globs: Sequence[str]) -> bool:
    """Whether a name fits one of the patterns, by case.

    >>> matches("voc_day_mode", LIFETIME), matches("hour_mode", LIFETIME)
    (True, False)
    """
    return any(fnmatchcase(name, glob) for glob in globs)


def read_tables(paths: Sequence[Path]) -> pa.Table:
    """The rows of all files one after another: Parquet, or CSV with a header, by the name's ending.

    Raises:
        InputError: a file is not there or cannot be read, or the files differ in columns (CB-MO-002).
    """
    tables = [_read(path) for path in paths]
    names = tables[0].column_names
    for path, table in zip(paths, tables, strict=True):
        if len(set(table.column_names)) < len(table.column_names):
            raise InputError("CB-MO-002", "two columns share a name", given=path.name)
        if set(table.column_names) != set(names):
            odd = sorted(set(table.column_names) ^ set(names))[:SHOWN]
            raise InputError("CB-MO-002", "the tables differ in columns", given=f"{path.name}: {', '.join(odd)}")
    try:
        return pa.concat_tables([t.select(names) for t in tables], promote_options="permissive")
    except pa.ArrowException as e:
        raise InputError("CB-MO-002", "the tables differ in types", given=_first_line(e)) from None


def _read(path: Path) -> pa.Table:
    from pyarrow import csv, parquet

    try:
        return csv.read_csv(path) if path.suffix.lower() == ".csv" else parquet.read_table(path)
    except (OSError, pa.ArrowException) as e:
        raise InputError(
            "CB-MO-002", "not a table that can be read", given=f"{path.name}: {_first_line(e)}",
            allowed="Parquet, or CSV with a header (.csv)",
        ) from None  # fmt: skip


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__


def column(table: pa.Table, name: str) -> pa.ChunkedArray:
    """The column called `name`.

    Raises:
        UsageError: there is none (CB-MO-003), naming the nearest.
    """
    if name not in table.column_names:
        near = did_you_mean(name, table.column_names) if len(table.column_names) < 200 else "a column of the table"
        raise UsageError("CB-MO-003", "no such column", given=name, allowed=near)
    return table[name]


def labelled(table: pa.Table, label: str, ident: str = "", drop: Sequence[str] = ()) -> Labelled:
    """The table as features and labels; the id, what `drop` matches and columns that never vary are left out.

    Raises:
        UsageError: no such column (CB-MO-003).
        InputError: the label is not 0 and 1 (CB-MO-004), too few rows of a class (CB-MO-005), columns that are not
            numbers (CB-MO-006), infinite values (CB-MO-007), no features (CB-MO-009).
    """
    labels = labels_of(column(table, label))
    dropped = {ident: "id"} if ident and column(table, ident) is not None else {}
    names = []
    for name in table.column_names:
        if matches(name, drop) and name != label:
            dropped[name] = "asked for"
        elif name not in (label, ident):
            names.append(name)
    values = matrix(table, names)
    fixed = [n for n, v in zip(names, values.T, strict=True) if len(np.unique(v[~np.isnan(v)])) < 2]
    whole = Labelled(tuple(names), values, labels, dropped)
    _refuse_small(labels)
    return whole.only([n for n in names if n not in fixed], {**dropped, **dict.fromkeys(fixed, "never varies")})


def labels_of(values: pa.ChunkedArray) -> np.ndarray:
    """True for fraud, from a column of 0 and 1 or of booleans without gaps.

    Raises:
        InputError: it is not (CB-MO-004).
    """
    kind = values.type
    known = pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
    plain = values.cast(pa.float64()).to_numpy() if known and not values.null_count else np.array([np.nan])
    if not np.isin(plain, (0.0, 1.0)).all():
        given = f"{values.null_count} gaps" if values.null_count else f"{kind} {pc.unique(values)[:4].to_pylist()}"
        raise InputError("CB-MO-004", "the label is not 0 and 1", given=given, allowed="1 fraud, 0 not, no gaps")
    return np.asarray(plain == 1.0)


def _refuse_small(labels: np.ndarray) -> None:
    fraud = int(labels.sum())
    if min(fraud, len(labels) - fraud) < MIN_OF_A_CLASS:
        raise InputError(
            "CB-MO-005", "too few rows of a class to learn from", given=f"{fraud} fraud of {len(labels)} rows",
            allowed=f"at least {MIN_OF_A_CLASS} of each",
        )  # fmt: skip


def matrix(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    """The named columns as float64, rows x names; empty cells and NaN both mean missing.

    Raises:
        InputError: columns that are not numbers (CB-MO-006), infinite values (CB-MO-007).
    """
    text = [n for n in names if not _is_number(table[n].type)]
    if text:
        more = f" and {len(text) - SHOWN} more" if len(text) > SHOWN else ""
        raise InputError(
            "CB-MO-006", "columns that are not numbers", given=", ".join(text[:SHOWN]) + more,
            next_step="name them: --id COLUMN, or --drop COLUMN for each",
        )  # fmt: skip
    columns = [table[n].cast(pa.float64(), safe=False).to_numpy() for n in names]
    values: Any = np.column_stack(columns) if columns else np.empty((table.num_rows, 0))
    endless = [n for n, v in zip(names, values.T, strict=True) if np.isinf(v).any()]
    if endless:
        raise InputError(
            "CB-MO-007", "infinite values", given=", ".join(endless[:SHOWN]),
            allowed="finite numbers; leave the cell empty where a ratio has no value",
        )  # fmt: skip
    return np.ascontiguousarray(values, float)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
                or pa.types.is_decimal(kind) or pa.types.is_null(kind))  # fmt: skip
