"""Hold list for banks: an account, an amount in fen, a window. Never the whole account."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from chainbreak.act.delivery.entry import Entry, Mark
from chainbreak.base.errors import InputError

COLUMNS = (
    "account", "amount_fen", "currency", "measure", "valid_from", "valid_until", "order_ref", "revision", "digest",
)  # fmt: skip


def _row(e: Entry) -> dict[str, Any]:
    if not e.amount_fen:
        raise InputError("CB-DL-011", "a hold without an amount", given=e.order_id)
    values = (e.value, e.amount_fen, "CNY", e.measure, e.valid_from, e.valid_until, e.order_id, e.revision, e.digest)
    return dict(zip(COLUMNS, values, strict=True))


def render(entries: Iterable[Entry]) -> bytes:
    """The list as CSV, sorted by account.

    Raises:
        InputError: an entry without an amount (CB-DL-011).
    """
    out = io.StringIO()
    rows = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    rows.writeheader()
    rows.writerows(_row(e) for e in sorted(entries, key=lambda e: e.sort_key))
    return out.getvalue().encode()


def render_json(entries: Iterable[Entry]) -> bytes:
    """The same list as one JSON array."""
    rows = [_row(e) for e in sorted(entries, key=lambda e: e.sort_key)]
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode()


def parse(content: bytes) -> frozenset[Mark]:
    """Marks of the rows of the CSV."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8", "replace")))
    return frozenset(
        Mark(row["account"] or "", row["order_ref"] or "", row["valid_until"] or "")
        for row in rows
        if {"account", "order_ref", "valid_until"} <= row.keys()
    )
