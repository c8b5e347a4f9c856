"""What detectors say beside the reports: boxes behind numbers, rings behind accounts; incomplete, sometimes wrong."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_HOUR
from chainbreak.city.casebook.rotation import NONE, Used
from chainbreak.city.casebook.world import Book, Named
from chainbreak.city.draws import Ints, Rng, scattered, stream

SCHEMA = pa.schema([("report_id", pa.string()), ("identifier", pa.string()), ("subject", pa.string()),
                    ("found_at_us", pa.int64())])  # fmt: skip
BOX_DAYS = 60
"""A gang's box is found, or replaced, after about so long [C]."""


def detections(book: Book) -> pa.Table:
    """Grain: one finding that names an identifier (`kind:value`) or a report; `subject` is a box or a ring of mules."""
    rng = stream(book.seed, "casebook detections")
    line, account = book.used["line"], book.used["account"]
    box = _subjects("box", line, book)
    ring = _subjects("ring", account, book)
    named = {one.slot: one for one in book.named}
    tables = [
        _of_identifiers(book, rng, line, box, named["phone"], "line"),
        _of_identifiers(book, rng, account, ring, named["card"], "account"),
        _of_reports(book, rng, box),
    ]
    whole = pa.concat_tables(tables)
    return whole.take(pa.array(np.lexsort((rng.random(len(whole)), whole["found_at_us"].to_numpy()))))


def _subjects(kind: str, used: Used, book: Book) -> pa.Array:
    """Each identifier's box or ring: one for an owner and about two months; a service's is its own."""
    key = used.owner * 16 + used.first_day // BOX_DAYS
    distinct, place = np.unique(key, return_inverse=True)
    # Numbers in the order of a hash: they say nothing of the owner.
    order = np.argsort(np.argsort(scattered(distinct, 408 + book.seed % 1_000), kind="stable"))
    return pa.array(np.char.add(f"{kind}-", np.char.zfill((order[place] + 1).astype(str), 6)))


def _wrong(book: Book, rng: Rng, n: int, right: Ints, all_of_them: int) -> Ints:
    """The identifiers whose subject the findings give: their own, or anybody's."""
    return np.where(rng.random(n) < book.shape.detected["wrong"], rng.integers(0, max(all_of_them, 1), n), right)


def _of_identifiers(book: Book, rng: Rng, used: Used, subject: pa.Array, named: Named, kind: str) -> pa.Table:
    found = np.flatnonzero(rng.random(used.n) < book.shape.detected[kind])
    after = used.first_day[found] * 24 + rng.integers(6, 24 * 20, len(found))
    values = named.values.take(pa.array(found))
    return pa.table({
        "report_id": pa.nulls(len(found), pa.string()),
        "identifier": pa.array([f"{kind}:{value}" for value in values.to_pylist()], pa.string()),
        "subject": subject.take(pa.array(_wrong(book, rng, len(found), found, used.n))),
        "found_at_us": book.start_us + after * US_PER_HOUR,
    }, schema=SCHEMA)  # fmt: skip


def _of_reports(book: Book, rng: Rng, subject: pa.Array) -> pa.Table:
    """Calls to the victim that came out of a box, also where the report names no number."""
    called = book.used["line"].of_report
    rows = np.flatnonzero((called != NONE) & (rng.random(book.n) < book.shape.detected["report"]))
    return pa.table({
        "report_id": book.ids.take(pa.array(rows)),
        "identifier": pa.nulls(len(rows), pa.string()),
        "subject": subject.take(pa.array(_wrong(book, rng, len(rows), called[rows], len(subject)))),
        "found_at_us": book.reported_us[rows] + rng.integers(1, 24 * 5, len(rows)) * US_PER_HOUR,
    }, schema=SCHEMA)  # fmt: skip
