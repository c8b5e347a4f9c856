"""Warnings on the desk: read and write in bulk, in the caller's transaction.

What stands as open must also not be past its end: a warning ends by itself, whether or not anything runs that says so.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, delete, exists, func, insert, or_, select, update

from chainbreak.store.desk.funds import chunks
from chainbreak.store.desk.tables_warnings import (
    contact_event,
    warning,
    warning_drawn,
    warning_move,
    warning_mute,
    warning_send,
)

OPEN, RESOLVED = "open", "resolved"
CAPPED = ("sms", "push")
_w, _e, _s = warning.c, contact_event.c, warning_send.c
ON_ITS_WAY = ("due", "handing", "handed", "delivered", "unknown")
"""States of messages that count towards caps: they were sent, or will be."""


def known_events(conn: Connection, event_ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Rows of `contact_event` by id."""
    return {
        row["event_id"]: dict(row)
        for some in chunks(event_ids)
        for row in conn.execute(select(contact_event).where(_e.event_id.in_(some))).mappings()
    }


def standing_events(conn: Connection, recipients: Collection[str], now_us: int) -> list[Mapping[str, Any]]:
    """Rows of events of these recipients that were not taken back and still say something."""
    return [
        dict(row)
        for some in chunks(recipients)
        for row in conn.execute(
            select(contact_event).where(_e.recipient.in_(some), _e.retracted_at_us.is_(None), _e.expires_at_us > now_us)
        ).mappings()
    ]


def events_of(conn: Connection, warning_ids: Iterable[str]) -> dict[str, list[Mapping[str, Any]]]:
    """Warning -> rows of the events it rests on, taken back ones left out."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for some in chunks(warning_ids):
        query = select(contact_event).where(_e.warning_id.in_(some), _e.retracted_at_us.is_(None))
        for row in conn.execute(query.order_by(_e.at_us, _e.event_id)).mappings():
            found.setdefault(row["warning_id"], []).append(dict(row))
    return found


def warnings_of(conn: Connection, recipients: Collection[str], since_us: int, now_us: int) -> list[Mapping[str, Any]]:
    """Rows of open warnings of these recipients, and of those resolved since `since_us`."""

    # By recipient alone: asked for states too, SQLite goes through all that is open.
    rows: list[Mapping[str, Any]] = [
        dict(row)
        for some in chunks(recipients)
        for row in conn.execute(select(warning).where(_w.recipient.in_(some))).mappings()
    ]
    return [
        row for row in rows
        if (row["state"] == OPEN and row["expires_at_us"] > now_us)
        or (row["state"] == RESOLVED and row["outcome_at_us"] > since_us)
    ]  # fmt: skip


def ids_in_use(conn: Connection, warning_ids: Iterable[str]) -> set[str]:
    """Which of these ids warnings have already."""
    return {
        ident
        for some in chunks(warning_ids)
        for ident in conn.execute(select(_w.warning_id).where(_w.warning_id.in_(some))).scalars()
    }


def sent_lately(conn: Connection, recipients: Collection[str], since_us: int) -> dict[str, list[tuple[str, str]]]:
    """Recipient -> (channel, campaign) of each message planned since and not held back."""
    found: dict[str, list[tuple[str, str]]] = {}
    for some in chunks(recipients):
        query = select(_s.recipient, _s.channel, _s.campaign, _s.due_at_us, _s.state).where(
            _s.recipient.in_(some), _s.channel.in_(("sms", "push")), _s.purpose == "warn"
        )
        for row in conn.execute(query):  # by recipient alone, as `warnings_of`
            if row.due_at_us > since_us and row.state in ON_ITS_WAY:
                found.setdefault(row.recipient, []).append((row.channel, row.campaign))
    return found


def muted(conn: Connection, recipients: Collection[str], now_us: int) -> set[str]:
    """Which of these want no messages of the lowest tier now."""
    m = warning_mute.c
    return {
        who
        for some in chunks(recipients)
        for who in conn.execute(select(m.recipient).where(m.recipient.in_(some), m.until_us > now_us)).scalars()
    }


def sends_of(conn: Connection, warning_ids: Iterable[str]) -> dict[tuple[str, str], str]:
    """(warning, channel) -> state of the message that warns, of these warnings."""
    return {
        (row.warning_id, row.channel): row.state
        for some in chunks(warning_ids)
        for row in conn.execute(
            select(_s.warning_id, _s.channel, _s.state).where(_s.warning_id.in_(some), _s.purpose == "warn")
        )
    }


def put_sends(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add planned messages; one that was held back before and may be sent now takes that row's place."""
    if rows:
        known = chunks(row["send_id"] for row in rows)
        for some in known:
            conn.execute(delete(warning_send).where(_s.send_id.in_(some), _s.state == "suppressed"))
        conn.execute(insert(warning_send), [dict(row) for row in rows])


def insert_rows(conn: Connection, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Add rows by table name, tables in the order given."""
    for name, some in rows.items():
        if some:
            conn.execute(insert(warning.metadata.tables[name]), [dict(row) for row in some])


def update_warnings(conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Set columns of warnings: each row names its `warning_id` and the columns; rows of one shape go together."""
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        names = tuple(sorted(set(row) - {"warning_id"}))
        shapes.setdefault(names, []).append({f"b_{name}": value for name, value in row.items()})
    for names, some in shapes.items():
        values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in names}
        conn.execute(update(warning).where(_w.warning_id == bindparam("b_warning_id")).values(values), some)


def note_reached(conn: Connection, warning_id: str, at_us: int) -> None:
    """Somebody was spoken with; the first time counts."""
    for column in (_w.reached_at_us, _w.told_at_us):
        first = update(warning).where(_w.warning_id == warning_id, or_(column.is_(None), column > at_us))
        conn.execute(first.values({column: at_us}))


def join_events(conn: Connection, belongs: Mapping[str, str]) -> None:
    """Events that were below every tier belong to a warning now: event -> warning."""
    if belongs:
        which = update(contact_event).where(_e.event_id == bindparam("b_event_id"))
        rows = [{"b_event_id": ident, "b_warning_id": warning_id} for ident, warning_id in belongs.items()]
        conn.execute(which.values(warning_id=bindparam("b_warning_id")), rows)


def hasten_sends(conn: Connection, raised: Mapping[str, tuple[int, int]]) -> None:
    """What waits about these warnings (id -> from when, rank) leaves as their new tier has it: no later than then, and
    in the order of that tier. What was tried already keeps its turn.
    """
    if not raised:
        return
    due = bindparam("b_due", type_=_s.due_at_us.type)
    waits = (_s.warning_id == bindparam("b_warning")) & (_s.state == "due") & (_s.purpose == "warn")
    sooner = case((and_(_s.due_at_us > due, _s.attempts == 0), due), else_=_s.due_at_us)
    conn.execute(
        update(warning_send).where(waits).values(rank=bindparam("b_rank"), due_at_us=sooner),
        [{"b_warning": one, "b_due": at, "b_rank": rank} for one, (at, rank) in raised.items()],
    )


def note_drawn(conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Note which of these (rows of warning_id and draw_id) took a place in a draw."""
    drawn = [{"draw_id": row["draw_id"], "warning_id": row["warning_id"]} for row in rows if row.get("draw_id")]
    for some in [drawn[at : at + 500] for at in range(0, len(drawn), 500)]:
        known = select(warning_drawn.c.draw_id, warning_drawn.c.warning_id).where(
            warning_drawn.c.warning_id.in_([row["warning_id"] for row in some])
        )
        there = {tuple(row) for row in conn.execute(known)}
        if fresh := [row for row in some if (row["draw_id"], row["warning_id"]) not in there]:
            conn.execute(insert(warning_drawn), fresh)


def update_events(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set what a later word about a contact changed: rows of event_id and the seven columns named here."""
    if rows:
        names = ("warning_id", "facts", "at_us", "ended_at_us", "expires_at_us", "stake_fen", "confidence")
        values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in names}
        conn.execute(update(contact_event).where(_e.event_id == bindparam("b_event_id")).values(values),
                     [{f"b_{name}": value for name, value in row.items()} for row in rows])  # fmt: skip


def add_move(conn: Connection, warning_id: str, at_us: int, actor: str, move: str, detail: Mapping[str, Any]) -> None:
    """Note a change of a warning."""
    add_moves(conn, [(warning_id, detail)], at_us, actor, move)


def add_moves(
    conn: Connection, changed: Iterable[tuple[str, Mapping[str, Any]]], at_us: int, actor: str, move: str
) -> None:
    """Note the same sort of change of several warnings: (warning_id, detail)."""
    rows = [
        {"warning_id": warning_id, "at_us": at_us, "actor": actor, "move": move,
         "detail": json.dumps(dict(detail), sort_keys=True, ensure_ascii=False)}
        for warning_id, detail in changed
    ]  # fmt: skip
    if rows:
        conn.execute(insert(warning_move), rows)


def to_call(now_us: int, ranks: Collection[int], holder: str = "") -> Select[Any]:
    """Who is to be called now, the first first: of the tiers `ranks` that are not quiet now, not past its end, not
    called again too soon, not open at somebody else's, nor another warning of the same person: he has one telephone.
    """
    free = or_(_w.holder.is_(None), _w.held_until_us <= now_us, _w.holder == holder)
    other = warning.alias("other").c
    spoken_with = exists().where(
        other.recipient == _w.recipient, other.warning_id != _w.warning_id, other.holder.is_not(None),
        other.holder != holder, other.held_until_us > now_us,
    )  # fmt: skip
    return (
        select(_w.warning_id)
        # Nobody is called by a lower tier's place than his own: what is quiet is not looked at.
        .where(_w.rank.in_(ranks), _w.queue <= max(ranks, default=-1), ~spoken_with)
        # `+ 0`: SQLite would walk the index by expiry, which nearly all of the open ones meet, and sort them.
        .where(_w.state == OPEN, _w.calls, _w.call_at_us <= now_us, _w.expires_at_us + 0 > now_us, free)
        .order_by(_w.queue, _w.call_order, func.coalesce(_w.stake_fen, 0).desc(), _w.warning_id)
    )  # fmt: skip
