"""Bring one report in by the way every file takes: tokens, vault, masking, de-duplication, quarantine."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.store.desk.ingests import IngestRun


def bring_in(office: Office, row: dict[str, Any]) -> tuple[IngestRun, str]:
    """Ingest one row of raw columns of the kind `report`; returns the run (not yet on the desk) and the record_ref.

    The same row again is a duplicate and gives the same record_ref.

    Raises:
        InputError: the row was rejected and lies in quarantine (CB-RT-003), or the file could not be read.
    """
    from chainbreak.app.ingest_file import open_parts
    from chainbreak.base.progress import silent
    from chainbreak.ingest.pipeline import ingest_file
    from chainbreak.records import kind_named

    scratch = office.centre.scratch
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="report-", dir=scratch) as folder:
        path = Path(folder, "report.ndjson")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        with office.keys.in_use():
            run = ingest_file(open_parts(office), kind_named("report"), path, None, silent)
    run.file = f"{row['report_id']}.ndjson"[:255]
    if run.error or not run.accepted + run.duplicates:
        raise InputError(
            "CB-RT-003", "the report was not taken", given=run.error or ", ".join(run.reasons),
            next_step="correct the field; the rejected row is in quarantine",
        )  # fmt: skip
    return run, _ref_of(office, row)


def _ref_of(office: Office, row: dict[str, Any]) -> str:
    """The record of this report whose original is this story; one number may have several versions."""
    engine = office.engine(office.lake.snapshot(["report"]))
    try:
        table = engine.table("report")
        mine = table.filter(table.report_id == row["report_id"], table.reported_at_us == row["reported_at_us"])
        refs: list[str] = sorted(engine.run(mine.select("record_ref"))["record_ref"].to_pylist())
    finally:
        engine.close()
    return next(ref for ref in refs if len(refs) == 1 or office.vault.text(ref) == row["narrative"])
