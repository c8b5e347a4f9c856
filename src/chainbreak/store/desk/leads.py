"""Leads in the desk: files and events, lists, locks, labels. What may happen to a lead is `act.leads` to say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chainbreak.base.clock import US_PER_MIN
from chainbreak.store.desk.tables_leads import lead_event, lead_evidence, lead_file, lead_label, lead_lock

LOCK_IDLE_US = 10 * US_PER_MIN
"""A lock is over this long after its holder was last seen (console contract)."""
CHUNK = 2_000
"""Values bound by one statement; keeps below SQLite's limit of 32,766."""


@dataclass(frozen=True)
class Wanted:
    """What a list shows; None or empty: everything. `snoozed`: only those asleep at the time asked, or only awake."""

    states: tuple[str, ...] = ()
    kind: str | None = None
    unit: str | None = None
    target: str | None = None
    series_id: str | None = None
    snoozed: bool | None = None


def next_number(conn: Connection) -> int:
    """The number after the highest ever given; leads are never deleted."""
    return (conn.execute(select(func.max(lead_file.c.number))).scalar() or 0) + 1


def read_body(conn: Connection, lead_id: str) -> bytes | None:
    """The canonical JSON of a lead."""
    return conn.execute(select(lead_file.c.body).where(lead_file.c.lead_id == lead_id)).scalar()


def read_events(conn: Connection, lead_id: str) -> list[bytes]:
    """The canonical JSON of every move of a lead, first to last."""
    e = lead_event.c
    return list(conn.execute(select(e.body).where(e.lead_id == lead_id).order_by(e.seq)).scalars())


def keep(
    conn: Connection, lead_id: str, columns: Mapping[str, Any], refs: Iterable[str], event: Mapping[str, Any]
) -> None:
    """Append one event and bring the file in line; `columns` hold `number` exactly when the lead is new."""
    conn.execute(insert(lead_event).values(lead_id=lead_id, **event))
    if "number" in columns:
        conn.execute(insert(lead_file).values(lead_id=lead_id, **columns))
    else:
        conn.execute(update(lead_file).where(lead_file.c.lead_id == lead_id).values(**columns))
    known = set(conn.execute(select(lead_evidence.c.ref).where(lead_evidence.c.lead_id == lead_id)).scalars())
    new = sorted(set(refs) - known)
    if new:
        conn.execute(insert(lead_evidence), [{"lead_id": lead_id, "ref": ref} for ref in new])


def same_evidence(conn: Connection, evidence_key: str) -> str | None:
    """The lead that was drafted on exactly this evidence."""
    return conn.execute(select(lead_file.c.lead_id).where(lead_file.c.evidence_key == evidence_key)).scalar()


def open_about(conn: Connection, kind: str, target: str, open_states: Iterable[str], now_us: int) -> str | None:
    """A lead of this kind about the same target that is still under way."""
    f = lead_file.c
    same = select(f.lead_id).where(
        f.kind == kind, f.target == target, f.state.in_(list(open_states)), f.expires_at_us > now_us
    )
    return conn.execute(same.order_by(f.number).limit(1)).scalar()


def to_rank(conn: Connection, wanted: Wanted, now_us: int) -> list[Row[Any]]:
    """What orders the leads of a filter and says for whom they wait, the last changed first: lead_id, state, kind,
    expires_at_us, signals, editors, reviewed_by, sent_back.
    """
    f = lead_file.c
    columns = (f.lead_id, f.state, f.kind, f.expires_at_us, f.signals, f.editors, f.reviewed_by, f.sent_back)
    query = select(*columns).where(*_conditions(wanted, now_us)).order_by(f.updated_at_us.desc(), f.lead_id)
    return list(conn.execute(query))


def columns_of(conn: Connection, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The columns of these leads but their bodies, in the order given."""
    found = select(*(c for c in lead_file.columns if c.name != "body")).where(lead_file.c.lead_id.in_(ids))
    known = {row["lead_id"]: dict(row) for row in conn.execute(found).mappings()}
    return [known[lead_id] for lead_id in ids]


def counts(conn: Connection, now_us: int, unit: str | None = None) -> dict[tuple[str, bool, bool], int]:
    """(state, is past its end, is asleep) -> how many leads."""
    f = lead_file.c
    past, asleep = f.expires_at_us <= now_us, func.coalesce(f.snoozed_until_us, 0) > now_us
    query = select(f.state, past.label("past"), asleep.label("asleep"), func.count().label("n"))
    if unit:
        query = query.where(f.unit == unit)
    found = conn.execute(query.group_by(f.state, past, asleep))
    return {(row.state, bool(row.past), bool(row.asleep)): row.n for row in found}


def past_their_end(conn: Connection, open_states: Iterable[str], now_us: int) -> list[str]:
    """Leads under way whose end has passed."""
    f = lead_file.c
    over = select(f.lead_id).where(f.state.in_(list(open_states)), f.expires_at_us <= now_us)
    return list(conn.execute(over.order_by(f.number)).scalars())


def about(conn: Connection, refs: Iterable[str]) -> list[dict[str, Any]]:
    """Leads that rest on any of `refs` (`series:S-000123`, `finding:ID`, `report:ID`), newest first: lead_id, state,
    kind, target, unit, question ("": the standard one of its kind), outcome, drafted_at_us, deadline_us.
    """
    f, e = lead_file.c, lead_evidence.c
    resting = select(e.lead_id).where(e.ref.in_(list(refs)[:CHUNK]))
    columns = (f.lead_id, f.state, f.kind, f.target, f.unit, f.outcome, f.drafted_at_us, f.deadline_us, f.body)
    found = conn.execute(select(*columns).where(f.lead_id.in_(resting)).order_by(f.number.desc()))
    rows = [dict(row) for row in found.mappings()]
    for row in rows:
        row["question"] = json.loads(row.pop("body"))["content"]["question"]
    return rows


def units(conn: Connection) -> list[str]:
    """Every district or unit a lead was ever meant for."""
    return sorted(conn.execute(select(lead_file.c.unit).distinct()).scalars())


def _conditions(wanted: Wanted, now_us: int) -> list[ColumnElement[bool]]:
    f = lead_file.c
    pairs = ((f.kind, wanted.kind), (f.unit, wanted.unit), (f.target, wanted.target), (f.series_id, wanted.series_id))
    conditions = [column == value for column, value in pairs if value is not None]
    if wanted.states:
        conditions.append(f.state.in_(wanted.states))
    if wanted.snoozed is not None:
        asleep = func.coalesce(f.snoozed_until_us, 0) > now_us
        conditions.append(asleep if wanted.snoozed else ~asleep)
    return conditions


def holders(conn: Connection, ids: Iterable[str], now_us: int) -> dict[str, str]:
    """Who has which of `ids` open."""
    lock = lead_lock.c
    live = select(lock.lead_id, lock.holder).where(lock.lead_id.in_(list(ids)), lock.seen_at_us > now_us - LOCK_IDLE_US)
    return {row.lead_id: row.holder for row in conn.execute(live)}


def take_first(conn: Connection, ranked: Iterable[str], holder: str, now_us: int) -> str | None:
    """The first of `ranked` that nobody else has open, now locked by `holder`; None when there is none.

    The transaction is alone among writers, so two people never get the same one. Whatever else `holder` had open is
    free again.
    """
    lock = lead_lock.c
    conn.execute(delete(lead_lock).where(lock.seen_at_us <= now_us - LOCK_IDLE_US))
    taken = set(conn.execute(select(lock.lead_id).where(lock.holder != holder)).scalars())
    first = next((lead_id for lead_id in ranked if lead_id not in taken), None)
    conn.execute(delete(lead_lock).where(lock.holder == holder))
    if first is not None:
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        row = dialect.insert(lead_lock).values(lead_id=first, holder=holder, seen_at_us=now_us)
        conn.execute(
            row.on_conflict_do_update(index_elements=["lead_id"], set_={"holder": holder, "seen_at_us": now_us})
        )
    return first


def free(conn: Connection, lead_id: str) -> None:
    """End whatever lock is on a lead."""
    conn.execute(delete(lead_lock).where(lead_lock.c.lead_id == lead_id))


def set_labels(conn: Connection, lead_id: str, labels: Iterable[Mapping[str, Any]]) -> None:
    """The labels that a lead's outcome gives, in place of those it gave before."""
    conn.execute(delete(lead_label).where(lead_label.c.lead_id == lead_id))
    new = [{"lead_id": lead_id, **label} for label in labels]
    if new:
        conn.execute(insert(lead_label), new)


def labels_of(conn: Connection, refs: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Labels from outcomes, oldest first; `refs`: only about these."""
    query = select(lead_label).order_by(lead_label.c.given_at_us, lead_label.c.lead_id, lead_label.c.ref)
    if refs is not None:
        query = query.where(lead_label.c.ref.in_(list(refs)[:CHUNK]))
    return [dict(row) for row in conn.execute(query).mappings()]


def courses(conn: Connection, since_us: int, until_us: int) -> list[Row[Any]]:
    """Leads drafted within [since, until): unit, drafted, dispatched, received, deadline, ended, outcome, returns,
    returned_wrong. The unit of one never dispatched is the one its draft means.
    """
    f = lead_file.c
    columns = (f.unit, f.drafted_at_us, f.dispatched_at_us, f.received_at_us, f.deadline_us, f.ended_at_us, f.outcome,
               f.returns, f.returned_wrong)  # fmt: skip
    within = select(*columns).where(f.drafted_at_us >= since_us, f.drafted_at_us < until_us)
    return list(conn.execute(within.order_by(f.number)))
