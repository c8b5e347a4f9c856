"""Keep the inbox's index in step with the lake: file reports that came in, have their type read, drop purged ones."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chainbreak.store.desk import reports

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.store.engine import Engine

AT_ONCE = 5_000
"""Reports that a page files while somebody waits (about half a second); the background files the rest."""
INDEXED = ("report_id", "record_ref", "reported_at_us", "occurred_at_us", "district", "loss_fen")


def file_reports(office: Office, most: int | None = None) -> int:
    """File reports that are in the lake and not yet in the inbox, the newest first, at most `most` of them; returns
    how many are left. Again, it adds nothing.
    """
    version = office.lake.version("report")
    if version is None:
        return 0
    with office.desk.read() as conn:
        filed = reports.filed_version(conn)
    if filed == version:
        return 0
    rows, waiting = _arrived(office, filed, version, most)
    with office.desk.begin() as conn:
        reports.file_rows(conn, rows)
        if not waiting:
            reports.set_filed_version(conn, version)
    return waiting


def _arrived(office: Office, filed: int | None, version: int, most: int | None) -> tuple[list[dict[str, Any]], int]:
    from chainbreak.store.arrivals import Arrivals

    after = {} if filed is None else {"report": filed}
    arrivals = Arrivals(office.lake, after, {"report": version})
    view = copy.copy(office)
    view.lake = Arrivals(office.lake, {}, {"report": version}) if arrivals.rewritten else arrivals
    engine = view.engine({"report": version})
    try:
        table = engine.table("report")
        known = _known(office, most)
        newest = table.order_by([table.reported_at_us.desc(), table.record_ref]).select(*INDEXED)
        rows = [row for row in engine.run(newest).to_pylist() if row["report_id"] not in known]
    finally:
        engine.close()
    return (rows, 0) if most is None else (rows[:most], max(0, len(rows) - most))


def _known(office: Office, most: int | None) -> set[str]:
    """Ids that need not be looked at again; only a bounded filing skips them, a whole one inserts what is missing."""
    if most is None:
        return set()
    from sqlalchemy import select

    from chainbreak.store.desk.tables_reports import report_file

    with office.desk.read() as conn:
        return set(conn.execute(select(report_file.c.report_id)).scalars())


def read_types(office: Office, rows: Iterable[dict[str, Any]]) -> dict[str, tuple[str, float, str]]:
    """Have the type of these reports (rows of the desk) read from their masked narratives, and keep it:
    report_id -> (type, probability, version of what read it); the type is "" where the reader abstains.
    """
    from chainbreak.app.report_texts import model_of

    model, wanted = model_of(office), list(rows)
    if not wanted:
        return {}
    engine = office.engine()
    try:
        told = narratives(engine, wanted)
    finally:
        engine.close()
    read = {}
    for row in wanted:
        typed = model.read(told.get(row["record_ref"]) or "")
        read[row["report_id"]] = ("" if typed.abstained else typed.type, typed.probability, model.name)
    with office.desk.begin() as conn:
        reports.set_machine_types(conn, read)
    return read


def narratives(engine: Engine, rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Masked narratives by record_ref, of rows of the desk (record_ref, reported_at_us)."""
    found = lake_rows(engine, [row["record_ref"] for row in rows], ("record_ref", "narrative"))
    return {row["record_ref"]: row["narrative"] or "" for row in found}


def lake_rows(engine: Engine, refs: list[str], columns: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Rows of the lake's table by their record_ref."""
    if not refs:
        return []
    table = engine.table("report")
    found = table.filter(table.record_ref.isin(refs))
    return list(engine.run(found.select(*columns) if columns else found).to_pylist())
