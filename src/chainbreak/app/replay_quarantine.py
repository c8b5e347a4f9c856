"""Bring rejected rows back: as they are by a better mapping, or one of them corrected by hand. Once, however often run.

A row that is in the lake already is not added again (its record_ref says so), and one that was brought back is settled
on the desk in the same transaction as its leaf in the log; a kill in between costs a repetition and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import asdict, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chainbreak.app.ingest_file import open_parts
from chainbreak.app.list_quarantine import find_rejected
from chainbreak.audit.log import Entry, append
from chainbreak.base.errors import InputError, UsageError, did_you_mean
from chainbreak.records import kind_named
from chainbreak.records.actor import Actor
from chainbreak.store.desk.ingests import IngestRun, read_settled, save_run, settle

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.ingest.mapping import Mapping
    from chainbreak.ingest.quarantine import Rejected


def replay_quarantine(
    office: Office, actor: Actor, *, mapping: str | None = None, reason: str = "", file: str = "", date: str = ""
) -> dict[str, int]:
    """Read rejected rows again, by `mapping` (a file or a shipped name; for rows of its kind) or by the one they came
    with. Returns how many were tried, brought back, known to the lake already, and still rejected.

    Raises:
        UsageError, InputError: no such mapping, or it cannot be read (CB-IN-020 to 022).
    """
    from chainbreak.ingest.mapping import load_mapping

    given = load_mapping(mapping) if mapping else None
    rows = [
        row
        for row in find_rejected(office, reason=reason, file=file, date=date)
        if (given is None or given.kind == row.kind) and "_line" not in row.fields
    ]
    totals = {"tried": len(rows), "accepted": 0, "duplicates": 0, "still_rejected": 0}
    rows.sort(key=_source)
    for _, group in groupby(rows, key=_source):
        same = list(group)
        run, done = _bring_back(office, actor, same, given or _own_mapping(same[0]), "replayed")
        totals["accepted"] += run.accepted
        totals["duplicates"] += run.duplicates
        totals["still_rejected"] += len(same) - len(done)
    return totals


def fix_row(office: Office, actor: Actor, ident: str, corrections: Dict[str, str]) -> dict[str, Any]:
    """Correct one rejected row and bring it in. A correction names a column of the file, or one of the kind.

    Raises:
        UsageError: no such row (CB-IN-040), or a column that is neither (CB-IN-041).
        InputError: it is still rejected (CB-IN-042); nothing was changed.
    """
    from chainbreak.ingest.quarantine import Quarantine

    with office.desk.read() as conn:
        row = Quarantine(office.centre.quarantine, office.keys.seal_key).row(ident, read_settled(conn))
    row, mapping = _corrected(row, corrections)
    run, done = _bring_back(office, actor, [row], mapping, "fixed")
    if not done:
        raise InputError("CB-IN-042", "the row is still rejected", given=", ".join(run.reasons) or row.code,
                         next_step="correct the column the code is about as well; nothing was changed")  # fmt: skip
    return {"id": ident, "accepted": run.accepted, "duplicates": run.duplicates, "lake_version": run.lake_version}


def _source(row: Rejected) -> tuple[str, str, str]:
    return row.digest, row.kind, row.mapping


def _own_mapping(row: Rejected) -> Mapping:
    from chainbreak.ingest.mapping import canonical_mapping, read_mapping

    if row.mapping:
        return read_mapping(row.mapping, row.file)
    return canonical_mapping(kind_named(row.kind), list(row.fields), row.file)


def _corrected(row: Rejected, corrections: Dict[str, str]) -> tuple[Rejected, Mapping]:
    """The row with corrected raw fields, and its mapping with canonical corrections as constants."""
    import json

    from chainbreak.ingest.mapping import Mapping, constant_source

    kind, fields = kind_named(row.kind), row.fields
    raw = {name: value for name, value in corrections.items() if name in fields and name != "_line"}
    rest = {name: value for name, value in corrections.items() if name not in raw}
    known = [column.name for column in kind.columns]
    for name in rest:
        if name not in known:
            raise UsageError("CB-IN-041", "no such column", given=name, allowed=did_you_mean(name, [*known, *fields]))
    constants = {name: constant_source(name, value) for name, value in rest.items()}
    try:
        if "_line" in fields:  # nothing of the line is readable: the corrections are the row
            return replace(row, content="{}"), Mapping(kind=row.kind, columns=constants)
        own = _own_mapping(row)
        content = json.dumps(fields | raw, ensure_ascii=False)
        return replace(row, content=content), own.model_copy(update={"columns": own.columns | constants})
    except ValidationError as e:
        raise InputError("CB-IN-042", "the row is still rejected", given=str(e.errors()[0]["msg"]),
                         next_step="give every required column with --set") from None  # fmt: skip


def _bring_back(
    office: Office, actor: Actor, rows: list[Rejected], mapping: Mapping, how: str
) -> tuple[IngestRun, set[str]]:
    from chainbreak.ingest.pipeline import ingest_raw

    with office.keys.in_use():
        run, done = ingest_raw(open_parts(office), kind_named(rows[0].kind), rows, mapping)
    if done:
        now = office.clock.now_us()
        with office.desk.begin() as conn:
            settle(conn, done, now, actor.name, how)
            save_run(conn, run, now, actor.name)
            payload = asdict(run) | {"rows": sorted(done)}
            append(conn, Entry.by(actor, now, f"quarantine.{how}", f"file:{run.digest[:16]}", payload=payload))
    return run, done
