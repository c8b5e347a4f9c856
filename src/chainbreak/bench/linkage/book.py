"""A casebook as linkage takes it: the identifiers as written in story and form, read as our reader reads them.

What is given to one method is given to all: the keys (exact identifiers), and for those that can use them types,
districts, times and stories. Types are the true ones with `MISTYPED` of them wrong and `UNTYPED` missing, about what a
classifier leaves (docs/how-to/train-the-classifier.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chainbreak.base.errors import InputError
from chainbreak.find.linkage.model import CODE, Ints, Named, Near, Reports, in_order, key_of
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place
from chainbreak.records import Identifier
from chainbreak.text.likeness import signatures
from chainbreak.text.near import near_values

MISTYPED, UNTYPED = 0.08, 0.05
"""Shares of types that are wrong and missing. Our choice."""
_IDENTIFIERS = frozenset(kind.value for kind in Identifier)
_THINGS = {"box": "device", "ring": "ring"}


class Book(NamedTuple):
    """Reports and, row by row, whose they are."""

    reports: Reports
    gang: Ints
    sub_gang: Ints
    type: Ints


def read_book(folder: Path) -> Book:
    """The casebook in `folder`, in the order of its ids."""
    parts = sorted((folder / "records").glob("report-*.parquet"))
    rows = pa.concat_tables([pq.read_table(part) for part in parts]).combine_chunks()
    truth = pq.read_table(folder / "truth" / "series.parquet").sort_by("report_id")
    ids = rows["report_id"].to_pylist()
    place = {i: at for at, i in enumerate(ids)}
    order = np.argsort(np.array(ids))
    true_type = pc.dictionary_encode(truth["type"].combine_chunks()).indices.to_numpy().astype(np.int64)
    named, near = _mentions(folder, place)
    columns = _columns(rows)
    columns["type"] = np.empty(len(ids), np.int64)
    columns["type"][order] = _read_types(true_type)
    reports = in_order(ids, columns, _with_things(folder, named, place), near)
    return Book(reports, truth["gang"].to_numpy(), truth["sub_gang"].to_numpy(), true_type)


def _columns(rows: pa.Table) -> dict[str, Any]:
    district = pc.dictionary_encode(rows["district"].combine_chunks())
    return {
        "occurred_us": pc.coalesce(rows["occurred_at_us"], rows["reported_at_us"]).to_numpy(),
        "district": pc.fill_null(district.indices, -1).to_numpy().astype(np.int64),
        "loss_fen": pc.fill_null(rows["loss_fen"], -1).to_numpy(),
        "victim": np.array([key_of(v) if v else 0 for v in rows["victim"].to_pylist()], np.int64),
        "script": signatures([text or "" for text in rows["narrative"].to_pylist()]),
    }


def _read_types(true: Ints) -> Ints:
    rng = np.random.default_rng(0)
    luck = rng.random(len(true))
    types = np.where(luck < MISTYPED, rng.integers(0, true.max() + 1, len(true)), true)
    return np.where(luck > 1 - UNTYPED, -1, types)


def _mentions(folder: Path, place: dict[str, int]) -> tuple[Named, Near]:
    """What stories and forms name, and under which patterns numbers meet."""
    rows = pq.read_table(folder / "truth" / "mentions.parquet", columns=["report_id", "kind", "written"])
    coded = pc.binary_join_element_wise(rows["kind"], rows["written"], ":").combine_chunks().dictionary_encode()
    report = np.array([place[i] for i in rows["report_id"].to_pylist()], np.int64)
    value, found = coded.indices.to_numpy().astype(np.int64), list(_read(coded.dictionary.to_pylist()))
    key, kind = (np.array([row[i] for row in found], np.int64) for i in (0, 1))
    whole = np.array([row[2] for row in found], bool)[value]
    named = Named(report[whole], key[value[whole]], kind[value[whole]])
    counts = np.array([len(row[3]) for row in found], np.int64)
    pattern = np.array([p for row in found for p in row[3]], np.int64)
    start = np.cumsum(counts) - counts
    mine = np.repeat(np.arange(len(value)), counts[value])
    within = np.arange(len(mine)) - np.repeat(np.cumsum(counts[value]) - counts[value], counts[value])
    of = value[mine]
    return named, Near(report[mine], pattern[start[of] + within], key[of], kind[of])


def _read(written: list[str]) -> Iterator[tuple[int, int, bool, list[int]]]:
    """Of each `kind:value`: key, kind, whether it is written in full, and its patterns."""
    for item in written:
        kind, value = item.split(":", 1)
        value = _canonical(kind, value)
        patterns = [key_of(f"{kind}~{pattern}") for pattern in near_values(kind, value)]
        yield key_of(f"{kind}:{value}"), CODE[kind], "****" not in value, patterns


def _canonical(kind: str, value: str) -> str:
    if "****" in value:
        return f"+86{value.removeprefix('+86')}" if kind == "line" else value
    if kind in _IDENTIFIERS:
        try:
            return normalise(Identifier(kind), value, Place()).value
        except InputError:
            return value
    return value.lower()


def _with_things(folder: Path, named: Named, place: dict[str, int]) -> Named:
    """With the boxes and rings that findings tie to a report, or to an identifier that it names."""
    about: dict[int, list[tuple[int, int]]] = {}
    rows: list[tuple[int, int, int]] = []
    for hit in pq.read_table(folder / "records" / "detection.parquet").to_pylist():
        thing = (key_of(hit["subject"]), CODE[_THINGS[hit["subject"].split("-")[0]]])
        if hit["report_id"]:
            rows.append((place[hit["report_id"]], *thing))
        else:
            kind, value = hit["identifier"].split(":", 1)
            about.setdefault(key_of(f"{kind}:{_canonical(kind, value)}"), []).append(thing)
    for report, key in zip(named.report.tolist(), named.key.tolist(), strict=True):
        rows += [(report, *thing) for thing in about.get(key, ())]
    more = np.array(rows, np.int64).reshape(-1, 3).T
    return Named(*(np.concatenate([old, new]) for old, new in zip(named, more, strict=True)))
