"""Bring files of contacts that partners observed: NDJSON or CSV, streamed, good rows taken whatever the others are."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from chainbreak.act.warnings.partner_event import PartnerFacts
from chainbreak.app.take_partner_events import Brought, take_partner_events
from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

AT_ONCE = 5_000
"""Rows that are held in memory."""
LONGEST_LINE = 64 * 1024
"""Characters of one line; the longest allowed row has a tenth of this."""
MOST_FAULTS = 1_000
"""Faults that are told one by one; beyond that a file is of another form, and the count says so."""
FACTS = frozenset(PartnerFacts.model_fields)


def bring_events(office: Office, actor: Actor, source: str, path: Path) -> Brought:
    """Take every good row of a file; each `AT_ONCE` rows stay taken whatever follows, and may be brought again.

    Rows are numbered by lines: 1 the first line of NDJSON, 2 the first row of a CSV under its header.

    Raises:
        InputError: not such a file (CB-WA-103).
        RefusedError: the role (CB-WA-101).
        UsageError: no name for a partner (CB-WA-103).
    """
    whole, number = Brought(), 2 if _is_csv(path) else 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _csv_rows(file) if _is_csv(path) else _json_rows(file)
            while some := list(islice(rows, AT_ONCE)):
                part = take_partner_events(office, actor, source, some, number)
                number += len(some)
                _add(whole, part)
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise InputError("CB-WA-103", "the file cannot be read", given=f"{path.name}: {type(e).__name__}",
                         allowed="NDJSON or CSV in UTF-8") from None  # fmt: skip
    return whole


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _json_rows(file: Iterator[str]) -> Iterator[object]:
    """One value a line; what is no JSON comes as None, which is no event."""
    for line in file:
        if len(line) > LONGEST_LINE:
            yield None
            continue
        try:
            yield json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            yield None


def _csv_rows(file: Iterator[str]) -> Iterator[object]:
    """One object a row: empty cells left out, columns named as facts put under `facts`."""
    reader = csv.DictReader(file, restkey="", strict=True)
    if not reader.fieldnames:
        raise InputError("CB-WA-103", "a CSV file begins with its column names", allowed="kind,number,at,ref, …")
    for row in reader:
        told: dict[str, object] = {name: value for name, value in row.items() if value and name not in FACTS}
        facts = {name: value for name, value in row.items() if value and name in FACTS}
        yield told | ({"facts": facts} if facts else {})


def _add(whole: Brought, part: Brought) -> None:
    for name in ("rows", "new", "grown", "repeated", "opened", "raised", "bad"):
        setattr(whole, name, getattr(whole, name) + getattr(part, name))
    whole.faults += part.faults[: MOST_FAULTS - len(whole.faults)]
