"""Take back the newest outcome within a minute: a wrong key on a long shift is no verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.calls import HOLD_US, UNDO_US
from chainbreak.app.next_warning import must_call
from chainbreak.app.record_outcome import MONEY_SENT
from chainbreak.base.errors import RefusedError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def undo_outcome(office: Office, actor: Actor) -> str:
    """Take back the actor's newest outcome within a minute; the card is theirs again. Returns the warning's id.

    Messages and visits that were called off with it are due again, unless a message had left our hands; a report that
    was taken stays. Where something else has happened to the warning since (it was taken back, raised, somebody stood
    at the door, another operator has its card), it stays as that left it.

    Raises:
        RefusedError: the actor works no calls (CB-WA-140), or there is nothing to undo any more (CB-WA-146).
    """
    from sqlalchemy import delete

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_calls as calls
    from chainbreak.store.desk import warnings as desk
    from chainbreak.store.desk.tables_warnings import warning_call as c

    must_call(actor)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        last = calls.last_by(conn, actor.name)
        row = calls.row_of(conn, last["warning_id"]) if last else None
        before = _before(conn, last) if last and now - last["ended_at_us"] <= UNDO_US else None
        if (
            last is None or row is None or before is None or row["attempts"] != last["attempt"]
            or not calls.take(conn, row["warning_id"], actor.name, now, now + HOLD_US)
        ):  # fmt: skip
            raise RefusedError("CB-WA-146", "there is nothing to undo any more", allowed="within a minute")
        warning_id = str(row["warning_id"])
        conn.execute(delete(c).where(c.c.warning_id == warning_id, c.c.attempt == last["attempt"]))
        desk.update_warnings(conn, [{"warning_id": warning_id, "updated_at_us": now, **before["columns"]}])
        _unsend(conn, last, before["sends"])
        _due_again(conn, before["sends"], now)
        _visited_again(conn, actor, last, now)
        if last["outcome"] == MONEY_SENT:
            calls.set_alert(conn, warning_id, state=calls.UNDONE)
        told = {"attempt": last["attempt"], "outcome": last["outcome"]}
        desk.add_move(conn, warning_id, now, actor.name, "undone", told)
        append(conn, Entry.by(actor, now, "warning.undo", f"warning:{warning_id}", purpose="warn", payload=told))
    return warning_id


def _unsend(conn: Connection, call: Mapping[str, Any], earlier: list[str]) -> None:
    """Messages that the outcome itself asked for, as after the last attempt, are as if they had not been, if they have
    not left.
    """
    from sqlalchemy import delete

    from chainbreak.store.desk.tables_warnings import warning_send as s

    new = s.c.send_id.not_in(earlier) & (s.c.planned_at_us == call["ended_at_us"])
    asked_for = (s.c.warning_id == call["warning_id"]) & new
    conn.execute(delete(s).where(asked_for, s.c.state.in_(("due", "suppressed"))))


def _due_again(conn: Connection, send_ids: list[str], now: int) -> None:
    from sqlalchemy import update

    from chainbreak.store.desk.tables_warnings import warning_send as s

    again = update(s).where(s.c.send_id.in_(send_ids), s.c.state == "cancelled", s.c.expires_at_us > now)
    conn.execute(again.values(state="due", reason="", settled_at_us=None))


def _visited_again(conn: Connection, actor: Actor, call: Mapping[str, Any], now: int) -> None:
    """Visits that the outcome called off are open again, for whom the next plan finds."""
    from sqlalchemy import select, update

    from chainbreak.records.visit import CANCELLED, OPEN
    from chainbreak.store.desk.tables_visits import visit as v
    from chainbreak.store.desk.visits import add_moves

    called_off = (v.c.state == CANCELLED) & (v.c.reason == call["outcome"]) & (v.c.ended_at_us == call["ended_at_us"])
    query = select(v.c.visit_id).where(v.c.warning_id == call["warning_id"], called_off)
    gone = list(conn.execute(query).scalars())
    conn.execute(update(v).where(v.c.visit_id.in_(gone)).values(
        state=OPEN, reason="", ended_at_us=None, officer="", second="", accepted_at_us=None, left_at_us=None,
        updated_at_us=now,
    ))  # fmt: skip
    add_moves(conn, [(visit_id, {"why": "undone"}) for visit_id in gone], now, actor.name, "open")


def _before(conn: Connection, call: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the warning was before the outcome of `call`; None if something else has happened to it since."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import warning_move as m

    moves = select(m.c.move, m.c.at_us, m.c.actor, m.c.detail).where(m.c.warning_id == call["warning_id"])
    for row in conn.execute(moves.order_by(m.c.move_id.desc())):
        if row.move == "called":
            detail: dict[str, Any] = json.loads(row.detail)
            return detail if detail["attempt"] == call["attempt"] else None
        if row.move != "complaint" and (row.at_us, row.actor) != (call["ended_at_us"], call["operator"]):
            return None
    return None
