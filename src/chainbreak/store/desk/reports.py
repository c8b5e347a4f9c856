"""Reports on the desk: the index of the inbox, its pages, and the events that correct it.

What a report says now is a pure function of its row in the lake and of its standing events, in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from chainbreak.store.desk.tables_reports import report_event, report_file, report_filed, report_label

OPEN, DELETED = "open", "deleted"
STATES = (OPEN, DELETED)
TAKEN, CORRECTED, AMENDED, REMOVED, RESTORED, ASSIGNED, UNDONE = (
    "taken", "corrected", "amended", "deleted", "restored", "assigned", "undone",
)  # fmt: skip
FIELDS = ("type", "district", "loss_fen", "occurred_at_us")
"""What people may correct beside the identifiers; the narrative is amended, never corrected."""
OF_IDENTIFIER = "id:"
MACHINE, PERSON = "machine", "person"
COUNTED_TO = 1_000
"""A tab's number is counted no further: to count 10^6 rows takes longer than a page may."""
CHUNK = 2_000


@dataclass(frozen=True)
class Filter:
    """What the inbox shows; None: everything. `assigned` "" means to nobody. `ids`: only these, for filters that
    another table answers.
    """

    state: str = OPEN
    type: str | None = None
    district: str | None = None
    assigned: str | None = None
    unread: bool | None = None
    ids: Any = None
    not_ids: Any = None


def file_rows(conn: Connection, rows: Iterable[Mapping[str, Any]]) -> int:
    """Add rows of the lake (report_id, record_ref, reported_at_us, occurred_at_us, district, loss_fen) that are not
    known, and return how many were; a report keeps the record it was first filed with until it is amended.
    """
    blank = {
        "type": "", "type_by": "", "type_p": None, "type_version": "", "state": OPEN, "assigned": "", "unread": True,
        "said": "{}",
    }  # fmt: skip
    made = [{**row, "district": row["district"] or "", **blank} for row in rows]
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    new = 0
    for at in range(0, len(made), CHUNK):
        chunk = made[at : at + CHUNK]
        added = dialect.insert(report_file).values(chunk).on_conflict_do_nothing(index_elements=["report_id"])
        new += len(conn.execute(added.returning(report_file.c.report_id)).all())
    return new


def filed_version(conn: Connection) -> int | None:
    """Up to which version of the lake's `report` table the index is complete; None: not at all."""
    return conn.execute(select(report_filed.c.lake_version)).scalar()


def set_filed_version(conn: Connection, version: int) -> None:
    """Say that the index is complete up to `version`."""
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    row = dialect.insert(report_filed).values(only=1, lake_version=version)
    conn.execute(row.on_conflict_do_update(index_elements=["only"], set_={"lake_version": version}))


def set_machine_types(conn: Connection, read: Mapping[str, tuple[str, float, str]]) -> None:
    """Keep what the machine read, report_id -> (type, probability, version), where no person has said otherwise."""
    r = report_file.c
    for report_id, (type_, p, version) in read.items():
        same = (r.report_id == report_id) & (r.type_by != PERSON)
        conn.execute(
            update(report_file).where(same).values(type=type_, type_by=MACHINE, type_p=p, type_version=version)
        )


def set_read(conn: Connection, report_id: str) -> None:
    """Somebody has opened it."""
    conn.execute(update(report_file).where(report_file.c.report_id == report_id).values(unread=False))


def read_report(conn: Connection, report_id: str) -> dict[str, Any] | None:
    """The row of a report, with `said` as a dictionary."""
    row = conn.execute(select(report_file).where(report_file.c.report_id == report_id)).mappings().first()
    return {**row, "said": json.loads(row["said"])} if row else None


def by_refs(conn: Connection, refs: Iterable[str]) -> list[dict[str, Any]]:
    """The rows of the reports whose counting version is one of these records, in order of their ids."""
    query = select(report_file).where(report_file.c.record_ref.in_(list(refs))).order_by(report_file.c.report_id)
    return [{**row, "said": json.loads(row["said"])} for row in conn.execute(query).mappings()]


def known_ids(conn: Connection, ids: Iterable[str]) -> set[str]:
    """Which of these reports are filed."""
    r = report_file.c
    return set(conn.execute(select(r.report_id).where(r.report_id.in_(list(ids)))).scalars())


def page(conn: Connection, wanted: Filter, after: str | None = None, limit: int = 50) -> list[Row[Any]]:
    """Up to `limit` rows, the newest report first, after the report `after`; by key, so the last page costs as much
    as the first.
    """
    r = report_file.c
    query = select(report_file).where(*_conditions(wanted)).order_by(r.reported_at_us.desc(), r.report_id.desc())
    if after is not None:
        place = select(r.reported_at_us).where(r.report_id == after).scalar_subquery()
        query = query.where(tuple_(r.reported_at_us, r.report_id) < tuple_(place, after))
    return list(conn.execute(query.limit(limit)))


def count(conn: Connection, wanted: Filter) -> int:
    """How many reports the filter holds, counted up to `COUNTED_TO`."""
    some = select(report_file.c.report_id).where(*_conditions(wanted)).limit(COUNTED_TO).subquery()
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def districts(conn: Connection) -> list[str]:
    """Every district that reports name; a walk from value to value on the index, however many rows there are."""
    r = report_file.c
    found: list[str] = []
    while True:
        beyond = r.district > (found[-1] if found else "")
        following = conn.execute(select(func.min(r.district)).where(r.state == OPEN, beyond)).scalar()
        if following is None:
            return found
        found.append(following)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    r = report_file.c
    pairs = ((r.type, wanted.type), (r.district, wanted.district), (r.assigned, wanted.assigned))
    conditions = [r.state == wanted.state, *(column == value for column, value in pairs if value is not None)]
    if wanted.unread is not None:
        conditions.append(r.unread == wanted.unread)
    if wanted.ids is not None:
        conditions.append(r.report_id.in_(wanted.ids))
    if wanted.not_ids is not None:
        conditions.append(r.report_id.not_in(wanted.not_ids))
    return conditions


def add_event(
    conn: Connection, report_id: str, at_us: int, actor: str, act: str, changes: Mapping[str, tuple[Any, Any]],
    why: str = "", undoes: int | None = None,
) -> int:  # fmt: skip
    """Append an event and bring the report's row in line; returns the event's number."""
    row = insert(report_event).values(
        report_id=report_id, at_us=at_us, actor=actor, act=act, why=why, undoes=undoes,
        changes=json.dumps(changes, ensure_ascii=False, sort_keys=True),
    )  # fmt: skip
    number = int(conn.execute(row.returning(report_event.c.event_id)).scalar_one())
    _apply(conn, report_id, changes)
    return number


def _apply(conn: Connection, report_id: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
    kept = conn.execute(select(report_file.c.said).where(report_file.c.report_id == report_id)).scalar_one()
    said, values = json.loads(kept), {}
    for field, (_, new) in changes.items():
        if field.startswith(OF_IDENTIFIER):
            # None: as the machine reads it; "": taken away.
            said.pop(field[len(OF_IDENTIFIER) :], None)
            if new is not None:
                said[field[len(OF_IDENTIFIER) :]] = new
        else:
            values[field] = new
    values["said"] = json.dumps(said, ensure_ascii=False, sort_keys=True)
    conn.execute(update(report_file).where(report_file.c.report_id == report_id).values(values))


def events_of(conn: Connection, report_id: str) -> list[dict[str, Any]]:
    """What was done to a report, oldest first, `changes` as a dictionary field -> [old, new]; `undone` says that a
    later event took it back.
    """
    e = report_event.c
    rows = list(conn.execute(select(report_event).where(e.report_id == report_id).order_by(e.event_id)).mappings())
    undone = {row["undoes"] for row in rows}
    return [{**row, "changes": json.loads(row["changes"]), "undone": row["event_id"] in undone} for row in rows]


def was_taken(conn: Connection, report_id: str) -> bool:
    """Whether somebody has taken the report at the desk; else it is not there, or it came in a file."""
    e = report_event.c
    return conn.execute(select(e.event_id).where(e.report_id == report_id, e.act == TAKEN)).first() is not None


def last_event_of(conn: Connection, actor: str, acts: Iterable[str]) -> dict[str, Any] | None:
    """The newest event of `actor` of these acts that was not taken back."""
    e, undo = report_event.c, report_event.alias("undo")
    undone = select(undo.c.event_id).where(undo.c.undoes == e.event_id).exists()
    own = select(report_event).where(e.actor == actor, e.act.in_(list(acts)), ~undone)
    row = conn.execute(own.order_by(e.event_id.desc()).limit(1)).mappings().first()
    return {**row, "changes": json.loads(row["changes"])} if row else None


def add_label(
    conn: Connection, event_id: int, report_id: str, at_us: int, actor: str, what: str, thing: str, machine: Any,
    version: str, person: Any,
) -> None:  # fmt: skip
    """Keep what a person said against what the machine had said."""
    conn.execute(insert(report_label).values(
        event_id=event_id, report_id=report_id, at_us=at_us, actor=actor, what=what, thing=thing, version=version,
        machine=json.dumps(machine, ensure_ascii=False, sort_keys=True),
        person=json.dumps(person, ensure_ascii=False, sort_keys=True),
    ))  # fmt: skip


def standing_labels(conn: Connection, what: str | None = None) -> Iterator[dict[str, Any]]:
    """Labels whose event was not taken back, oldest first, `machine` and `person` as values."""
    undo = report_event.alias("undo")
    undone = select(undo.c.event_id).where(undo.c.undoes == report_label.c.event_id).exists()
    query = select(report_label).where(~undone).order_by(report_label.c.label_id)
    if what:
        query = query.where(report_label.c.what == what)
    for row in conn.execute(query.execution_options(yield_per=1_000)).mappings():
        yield {**row, "machine": json.loads(row["machine"]), "person": json.loads(row["person"])}
