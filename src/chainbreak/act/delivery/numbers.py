"""Number list for carriers: CSV, one row a number, E.164 (short and service numbers as dialled).

A range of numbers is one row: it ends in `*`, one for each digit that is open.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from chainbreak.act.delivery.entry import Entry, Mark

COLUMNS = ("number", "measure", "direction", "valid_from", "valid_until", "order_ref", "revision", "digest")


def render(entries: Iterable[Entry]) -> bytes:
    """The list, sorted by number."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for e in sorted(entries, key=lambda e: e.sort_key):
        rows.writerow((e.value, e.measure, e.direction, e.valid_from, e.valid_until, e.order_id, e.revision, e.digest))
    return out.getvalue().encode()


def parse(content: bytes) -> frozenset[Mark]:
    """Marks of the rows."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8", "replace")))
    return frozenset(
        Mark(row["number"] or "", row["order_ref"] or "", row["valid_until"] or "")
        for row in rows
        if {"number", "order_ref", "valid_until"} <= row.keys()
    )
