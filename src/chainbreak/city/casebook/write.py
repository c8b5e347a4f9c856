"""A casebook as files: records as a centre gets them, in the order of arrival, and the truth apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chainbreak.base.errors import UsageError
from chainbreak.base.progress import Advance, silent
from chainbreak.city.casebook.detections import detections
from chainbreak.city.casebook.mentions import Mentions, form_lists, mention
from chainbreak.city.casebook.narrative import narratives
from chainbreak.city.casebook.rotation import RENTED
from chainbreak.city.casebook.shapes import Shape, shape
from chainbreak.city.casebook.words import FRAUDS, districts
from chainbreak.city.casebook.world import Book, make_book
from chainbreak.city.draws import Bools, Ints, Rng, stream
from chainbreak.city.writing import whole_file, write_bytes, write_tables

PART_ROWS = 100_000
CHUNK_ROWS = 20_000
FEWEST, MOST = 100, 2_000_000


def write_casebook(out: Path, reports: int, seed: int, like: Shape | None = None,
                   advance: Advance = silent) -> dict[str, Any]:  # fmt: skip
    """Write a casebook of `reports` reports into the empty folder `out`; returns its manifest.

    Raises:
        UsageError: `out` holds something already (CB-CI-003), or too few or too many reports (CB-CI-008).
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("CB-CI-003", "the folder is not empty", given=str(out), allowed="a new or empty folder")
    if not FEWEST <= reports <= MOST:
        raise UsageError("CB-CI-008", "number of reports", given=str(reports), allowed=f"{FEWEST}..{MOST}")
    like = like or shape()
    book = make_book(like, reports, seed)
    counts = {"report": 0, "gangs": book.gangs.n, "sub_gangs": int(book.gangs.subs.sum())}
    with ExitStack() as stack:
        path = stack.enter_context(whole_file(out / "truth" / "mentions.parquet"))
        mentioned = stack.enter_context(pq.ParquetWriter(path, MENTIONS, compression="zstd", compression_level=1))
        for part, begin in enumerate(range(0, reports, PART_ROWS), 1):
            rows = book.order[begin : begin + PART_ROWS]
            tables = _tables(book, rows, begin, mentioned, advance)
            counts["report"] += write_tables(out / "records" / f"report-{part:02d}.parquet", tables)
    counts["detection"] = write_tables(out / "records" / "detection.parquet", [detections(book)])
    write_tables(out / "truth" / "series.parquet", [series(book)])
    manifest = {"reports": reports, "seed": seed, "counts": counts, "shape": asdict(like)}
    text = json.dumps(manifest, ensure_ascii=False, indent=1, default=str)
    write_bytes(out / "manifest.json", text.encode() + b"\n")
    return manifest


MENTIONS = pa.schema([("report_id", pa.string()), ("kind", pa.string()), ("written", pa.string()),
                      ("meant", pa.string()), ("role", pa.string()), ("place", pa.string())])  # fmt: skip


def _tables(book: Book, rows: Ints, begin: int, mentioned: pq.ParquetWriter, advance: Advance) -> Iterator[pa.Table]:
    for at in range(0, len(rows), CHUNK_ROWS):
        some = rows[at : at + CHUNK_ROWS]
        rng = stream(book.seed, "casebook text", begin + at)
        no_form = rng.random(len(some)) < book.shape.empty_form
        no_text = rng.random(len(some)) < book.shape.missing["narrative"]
        mentions = [mention(book, rng, named, some, no_form, no_text) for named in book.named]
        yield _reports(book, rng, some, mentions, no_text)
        for one in mentions:
            mentioned.write_table(_mentioned(book, some, one))
        advance(float(len(some)))


def _reports(book: Book, rng: Rng, rows: Ints, mentions: list[Mentions], no_text: Bools) -> pa.Table:
    """Grain: one report, columns of the record kind `report`, raw."""
    gone = {name: rng.random(len(rows)) < share for name, share in book.shape.missing.items() if name != "narrative"}
    text = narratives(book, rng, rows, mentions)
    return pa.table({
        "report_id": book.ids.take(pa.array(rows)),
        "reported_at_us": book.reported_us[rows],
        "occurred_at_us": pa.array(book.occurred_us[rows], mask=gone["occurred"]),
        "district": pa.array(districts()).take(pa.array(book.cases.district[rows], mask=gone["district"])),
        "narrative": pc.if_else(pa.array(no_text), pa.scalar(None, pa.string()), text),
        "loss_fen": pa.array(book.loss_fen[rows], mask=gone["loss"]),
        "victim": book.persons.take(pa.array(book.victim[rows], mask=gone["victim"])),
        "identifiers": form_lists(rng, mentions),
    })  # fmt: skip


def _mentioned(book: Book, rows: Ints, one: Mentions) -> pa.Table:
    """Grain: one identifier in one place of one report, as written there (layout undone) and as meant."""
    ids = book.ids.take(pa.array(rows))
    role = np.full(len(rows), one.named.role)
    if one.named.rented.any():
        role = np.where(one.named.rented[one.named.of_report[rows]], RENTED, role)
    parts = []
    for place, written in (("text", one.said), ("form", one.form)):
        here = written.is_valid()
        n = pc.sum(here).as_py() or 0
        parts.append(pa.table({
            "report_id": ids.filter(here), "kind": pa.array([one.named.kind] * n, pa.string()),
            "written": written.filter(here), "meant": one.meant.filter(here),
            "role": pa.array(role).filter(here), "place": pa.array([place] * n, pa.string()),
        }, schema=MENTIONS))  # fmt: skip
    return pa.concat_tables(parts)


def series(book: Book) -> pa.Table:
    """Grain: one report in the order of arrival: gang, sub-gang, script (numbers in no order), type."""
    rng = stream(book.seed, "casebook labels")
    gang = rng.permutation(book.gangs.n)
    sub = rng.permutation(int(book.gangs.subs.sum()))
    rows = book.order
    return pa.table({
        "report_id": book.ids.take(pa.array(rows)),
        "gang": gang[book.cases.gang[rows]],
        "sub_gang": sub[book.cases.sub[rows]],
        "script": book.cases.script[rows],
        "type": pa.array(FRAUDS).take(pa.array(book.cases.fraud[rows])),
    })  # fmt: skip
