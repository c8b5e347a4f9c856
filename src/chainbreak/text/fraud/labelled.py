"""Labelled reports from a file: text, type, and where given the time, a second labeller's type.

Reads CSV with a header, Parquet, JSON Lines, and JSON (a list of objects). The public 12-class task (CCL 2023) names
its fields 案情描述, 案件类别 and 案件编号; a file with those needs no column named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.base.errors import InputError, UsageError, did_you_mean
from chainbreak.text.fraud.types import FraudType

TEXT_COLUMNS, LABEL_COLUMNS = ("narrative", "text", "案情描述"), ("type", "label", "案件类别")
"""Columns taken when none is named, the first that is there."""
_TAIL = re.compile(r"[（(].*?[)）]|类?(诈骗)?(案件)?类?$|[\s、，,/和及]")
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Labelled:
    """Texts with their labels, one a report in the order of the file. `at`: sortable times, None without a time column.

    `second`: what a second labeller said, "" where nothing; None without such a column. `dropped`: why rows are left
    out, and how many.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    at: NDArray[np.int64] | None
    second: tuple[str, ...] | None
    dropped: Mapping[str, int]


def read_labelled(
    paths: Sequence[Path], types: Mapping[str, FraudType], *, text: str = "", label: str = "", time: str = "",
    second: str = "",
) -> Labelled:  # fmt: skip
    """The rows of all files with a text and a label; labels that name a type (key, Chinese or English) become its key.

    Raises:
        InputError: a file cannot be read (CB-FR-002), no row has both (CB-FR-004), a time is no time (CB-FR-005).
        UsageError: no such column (CB-FR-003).
    """
    rows = [row for path in paths for row in _rows(path)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text, label = _named(text, TEXT_COLUMNS, names), _named(label, LABEL_COLUMNS, names)
    for name in (time, second):
        if name:
            _named(name, (), names)
    known = _names_of(types)
    whole = [row for row in rows if _said(row.get(text)) and _said(row.get(label))]
    if not whole:
        raise InputError(
            "CB-FR-004", "no row has a text and a label", given=f"{len(rows)} rows", allowed=f"{text}, {label}"
        )
    return Labelled(
        tuple(_said(row[text]) for row in whole),
        tuple(known.get(_bare(_said(row[label])), _said(row[label])) for row in whole),
        np.array([_instant(row.get(time)) for row in whole], np.int64) if time else None,
        tuple(known.get(_bare(_said(row.get(second))), _said(row.get(second))) for row in whole) if second else None,
        {"without text or label": len(rows) - len(whole)} if len(rows) > len(whole) else {},
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("larger than 2 GB")
        rows = _parsed(path)
    except (OSError, ValueError) as e:  # pyarrow's errors are ValueErrors
        raise InputError(
            "CB-FR-002", "not a file of labelled reports", given=f"{path.name}: {_first_line(e)}",
            allowed="CSV with a header, Parquet, JSON Lines, or JSON: a list of objects",
        ) from None  # fmt: skip
    return rows


def _parsed(path: Path) -> list[dict[str, Any]]:
    kind = path.suffix.lower()
    if kind == ".parquet":
        from pyarrow import parquet

        return list(parquet.read_table(path).to_pylist())
    if kind == ".csv":
        from pyarrow import csv

        return list(csv.read_csv(path, parse_options=csv.ParseOptions(newlines_in_values=True)).to_pylist())
    text = path.read_text(encoding="utf-8-sig")
    rows = (
        json.loads(text) if text.lstrip().startswith("[") else [json.loads(s) for s in text.splitlines() if s.strip()]
    )
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("not every entry is an object")
    return list(rows)


def _first_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__


def _named(name: str, usual: Sequence[str], names: Sequence[str]) -> str:
    found = name if name in names else next((n for n in usual if not name and n in names), "")
    if not found:
        given = name or "none named, and none of " + ", ".join(usual)
        raise UsageError("CB-FR-003", "no such column", given=given, allowed=did_you_mean(name, names))
    return found


def _said(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _bare(label: str) -> str:
    """A type's name without what lists differ in.

    >>> _bare("贷款、代办信用卡类") == _bare("贷款代办信用卡"), _bare("冒充军警购物类诈骗") == _bare("冒充军警购物")
    (True, True)
    >>> _bare("网络婚恋、交友类（非虚假网络投资理财类）") == _bare("网络婚恋、交友")
    True
    """
    bare = label.casefold()
    while (shorter := _TAIL.sub("", bare)) != bare:
        bare = shorter
    return bare


def _names_of(types: Mapping[str, FraudType]) -> dict[str, str]:
    return {_bare(name): key for key, kind in types.items() for name in (kind.en, kind.zh, key)}


def _instant(value: Any) -> int:
    """A time as something that sorts: a whole number as it is, else microseconds of a date or ISO time as written."""
    if re.fullmatch(r"-?[0-9]{1,18}", _said(value)):
        return int(_said(value))
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(_said(value))
    except ValueError:
        raise InputError("CB-FR-005", "a time is no time", given=_said(value)[:40] or "empty",
                         allowed="whole numbers, or ISO dates and times") from None  # fmt: skip
    return round((moment.replace(tzinfo=UTC) - _ZERO).total_seconds() * 1e6)
