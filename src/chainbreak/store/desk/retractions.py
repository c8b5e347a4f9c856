"""Contacts that turned out to be none: which events rest on what, who was told of them, who is owed a correction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, insert, or_, select, update

from chainbreak.store.desk.findings import FALSE
from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_contacts import correction_call, retraction
from chainbreak.store.desk.tables_findings import finding
from chainbreak.store.desk.tables_orders import order_file, refuted
from chainbreak.store.desk.tables_visits import visit
from chainbreak.store.desk.tables_warnings import contact_event, warning, warning_call, warning_send

_e, _w, _s = contact_event.c, warning.c, warning_send.c
RETRACTED = "retracted"
MAYBE_TOLD = ("handing", "handed", "delivered", "unknown")
"""States of a message that its reader may have seen."""
WRONG_RELEASES = ("wrong_object", "evidence_withdrawn")
"""Reasons of a release which say that the order should not have been."""
ENDED_WRONG = ("released", "annulled")
GROUNDS = ("finding", "order", "report", "statement")
"""What a contact can rest on; anything else that is named is an indicator."""


def events_on(conn: Connection, what: str) -> list[Mapping[str, Any]]:
    """Rows (event_id, recipient, indicator, ground, warning_id) of events on `what` (a ground or an indicator)
    and were not taken back, by recipient.
    """
    about = _e.ground == what if what.partition(":")[0] in GROUNDS else _e.indicator == what
    query = select(_e.event_id, _e.recipient, _e.indicator, _e.ground, _e.warning_id)
    rows = conn.execute(query.where(about, _e.retracted_at_us.is_(None)).order_by(_e.recipient, _e.event_id))
    return [dict(row) for row in rows.mappings()]


def overturned(conn: Connection) -> list[str]:
    """Grounds of standing events that people have found wrong since: findings false or refuted by an appeal, orders
    annulled or released as wrong.
    """

    def stands(ground: ColumnElement[str]) -> ColumnElement[bool]:
        return exists(select(_e.event_id).where(_e.ground == ground, _e.retracted_at_us.is_(None)))

    f, o, r = finding.c, order_file.c, refuted.c
    false = select(f.finding_id).where(f.state == FALSE, stands("finding:" + f.finding_id))
    grounds = {f"finding:{ident}" for ident in conn.execute(false).scalars()}
    grounds |= set(conn.execute(select(r.ref).where(stands(r.ref))).scalars())
    ended = select(o.order_id, o.body).where(o.state.in_(ENDED_WRONG), stands("order:" + o.order_id))
    for row in conn.execute(ended):
        order = json.loads(row.body)
        if order["state"] == "annulled" or order["end_reason"] in WRONG_RELEASES:
            grounds.add(f"order:{row.order_id}")
    return sorted(grounds)


def retracted_objects(conn: Connection) -> dict[str, int]:
    """What people took back -> when, the last time."""
    r = retraction.c
    return {row.object: row.at_us for row in conn.execute(select(r.object, r.at_us).order_by(r.at_us))}


def still_standing(conn: Connection, event_ids: Iterable[str]) -> set[str]:
    """Those of these events that were not taken back."""
    return {
        ident
        for some in chunks(event_ids)
        for ident in conn.execute(
            select(_e.event_id).where(_e.event_id.in_(some), _e.retracted_at_us.is_(None))
        ).scalars()
    }


def take_back(conn: Connection, event_ids: Iterable[str], now_us: int) -> None:
    """Note that these events were none."""
    for some in chunks(event_ids):
        conn.execute(update(contact_event).where(_e.event_id.in_(some)).values(retracted_at_us=now_us))


def reground(conn: Connection, event_ids: Iterable[str], ground: str, confidence: float) -> None:
    """Let these events rest on something else that says the same."""
    for some in chunks(event_ids):
        conn.execute(update(contact_event).where(_e.event_id.in_(some)).values(ground=ground, confidence=confidence))


def standing_on(conn: Connection, warning_ids: Iterable[str]) -> dict[str, list[Mapping[str, Any]]]:
    """Warning -> rows of its events that were not taken back; warnings without any are left out."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for some in chunks(warning_ids):
        query = select(contact_event).where(_e.warning_id.in_(some), _e.retracted_at_us.is_(None))
        for row in conn.execute(query).mappings():
            found.setdefault(row["warning_id"], []).append(dict(row))
    return found


def warning_rows(conn: Connection, warning_ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Rows of `warning` by id."""
    return {
        row["warning_id"]: dict(row)
        for some in chunks(warning_ids)
        for row in conn.execute(select(warning).where(_w.warning_id.in_(some))).mappings()
    }


def mark_retracted(conn: Connection, warning_ids: Iterable[str], now_us: int) -> None:
    """Closed warnings of which nothing is left: what they came to stays on file."""
    for some in chunks(warning_ids):
        conn.execute(update(warning).where(_w.warning_id.in_(some)).values(state=RETRACTED, updated_at_us=now_us))


def owed_messages(conn: Connection, only: Collection[str] | None = None) -> list[Mapping[str, Any]]:
    """Rows (warning_id, recipient, campaign, channel, rank) of messages that told of a warning which was taken back,
    and that no correction by the same channel follows; `only`: about these warnings.
    """
    correct = warning_send.alias("correct")
    same = (correct.c.warning_id == _s.warning_id) & (correct.c.channel == _s.channel)
    follows = exists(select(correct.c.send_id).where(same, correct.c.purpose == "correct"))
    query = (
        select(_s.warning_id, _s.recipient, _s.campaign, _s.channel, _s.rank)
        .join(warning, _w.warning_id == _s.warning_id)
        .where(_w.state == RETRACTED, _s.purpose == "warn", _s.state.in_(MAYBE_TOLD), ~follows)
    )  # fmt: skip
    return _about(conn, query, only)


def owed_calls(conn: Connection, only: Collection[str] | None = None) -> list[Mapping[str, Any]]:
    """Rows (warning_id, recipient) of warnings taken back that people heard of by voice alone, at the telephone or the
    door, or from a slip; and of those whose corrections by message have failed; `only`: of these.
    """
    c, v, k = warning_call.c, visit.c, correction_call.c
    spoken = exists(select(c.warning_id).where(c.warning_id == _w.warning_id, c.outcome != "no_answer"))
    met = or_(v.entry.in_(("met", "refused")), v.card_left)
    visited = exists(select(v.visit_id).where(v.warning_id == _w.warning_id, met))
    told = or_(_w.told_at_us.is_not(None), _w.reached_at_us.is_not(None), spoken, visited)
    here = (_s.warning_id == _w.warning_id) & (_s.channel != "bank")
    written = exists(select(_s.send_id).where(here, _s.purpose == "warn", _s.state.in_(MAYBE_TOLD)))
    corrects = here & (_s.purpose == "correct")
    lost = exists(select(_s.send_id).where(corrects, _s.state == "failed"))
    under_way = exists(select(_s.send_id).where(corrects, _s.state.in_(("due", *MAYBE_TOLD))))
    asked = exists(select(k.warning_id).where(k.warning_id == _w.warning_id))
    owed = or_(and_(told, ~written), and_(lost, ~under_way))
    return _about(conn, select(_w.warning_id, _w.recipient).where(_w.state == RETRACTED, owed, ~asked), only)


def _about(conn: Connection, query: Select[Any], only: Collection[str] | None) -> list[Mapping[str, Any]]:
    queries = [query] if only is None else [query.where(_w.warning_id.in_(some)) for some in chunks(only)]
    return [dict(row) for one in queries for row in conn.execute(one).mappings()]


def add_correction_calls(conn: Connection, rows: Iterable[Mapping[str, Any]], now_us: int) -> None:
    """Ask for calls that correct: rows of (warning_id, recipient)."""
    new = [dict(row) | {"opened_at_us": now_us, "done_by": ""} for row in rows]
    if new:
        conn.execute(insert(correction_call), new)


def add_retraction(conn: Connection, values: Mapping[str, Any]) -> int:
    """Note a retraction and return its number."""
    return int(conn.execute(insert(retraction).values(**values).returning(retraction.c.retraction_id)).scalar_one())


def count_retraction(conn: Connection, number: int, **more: int) -> None:
    """Add to the sums of a retraction: events, warnings, told."""
    sums: dict[Any, Any] = {retraction.c[name]: retraction.c[name] + value for name, value in more.items()}
    conn.execute(update(retraction).where(retraction.c.retraction_id == number).values(sums))


def retracted_between(conn: Connection, since_us: int, until_us: int) -> dict[str, int]:
    """What was taken back in a time: retractions, events, warnings, told; and of the warnings opened in it whose people
    were told: `opened_told`, and `opened_wrong` that were taken back since.
    """
    r = retraction.c
    sums = [func.count(), *(func.coalesce(func.sum(column), 0) for column in (r.events, r.warnings, r.told))]
    row = conn.execute(select(*sums).where(r.at_us >= since_us, r.at_us < until_us)).one()
    told = (_w.told_at_us.is_not(None)) & (_w.opened_at_us >= since_us) & (_w.opened_at_us < until_us)
    wrong = func.coalesce(func.sum(case((_w.state == RETRACTED, 1), else_=0)), 0)
    of = conn.execute(select(func.count(), wrong).where(told)).one()
    named = ("retractions", "events", "warnings", "told", "opened_told", "opened_wrong")
    return {name: int(value) for name, value in zip(named, (*row, *of), strict=True)}


def waiting_calls(conn: Connection) -> Sequence[Mapping[str, Any]]:
    """Calls of correction that nobody has made, the oldest first."""
    k = correction_call.c
    rows = conn.execute(select(correction_call).where(k.done_at_us.is_(None)).order_by(k.opened_at_us, k.warning_id))
    return [dict(row) for row in rows.mappings()]


def finish_call(conn: Connection, warning_id: str, by: str, now_us: int) -> bool:
    """A call of correction was made; False when none waits."""
    k = correction_call.c
    mine = update(correction_call).where(k.warning_id == warning_id, k.done_at_us.is_(None))
    return bool(conn.execute(mine.values(done_at_us=now_us, done_by=by)).rowcount)
