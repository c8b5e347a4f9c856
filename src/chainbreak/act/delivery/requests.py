"""Requests to people rather than machines (suspension desk, field units, platforms): JSON Lines, one an order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from chainbreak.act.delivery.entry import Entry, Mark


def render(entries: Iterable[Entry]) -> bytes:
    """One line an order, sorted by value."""
    lines = (json.dumps(_row(e), ensure_ascii=False, sort_keys=True) for e in sorted(entries, key=lambda e: e.sort_key))
    return "".join(f"{line}\n" for line in lines).encode()


def _row(e: Entry) -> dict[str, Any]:
    row = asdict(e)
    del row["starts_at_us"], row["ends_at_us"]
    return {**row, "valid_from": e.valid_from, "valid_until": e.valid_until}


def parse(content: bytes) -> frozenset[Mark]:
    """Marks of the lines that are whole."""
    marks = set()
    for line in content.decode("utf-8", "replace").splitlines():
        try:
            row = json.loads(line)
            marks.add(Mark(row["value"], row["order_id"], row["valid_until"]))
        except (ValueError, KeyError, TypeError):
            continue  # a broken line is a line that a partner cannot follow either
    return frozenset(marks)
