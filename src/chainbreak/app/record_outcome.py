"""Record what came of a call by one key: the matter is over, somebody calls again or goes there, a supervisor looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.calls import Next, after_call
from chainbreak.act.warnings.model import OUTCOMES, REACHED, RESOLVED
from chainbreak.app.next_warning import must_call
from chainbreak.base.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

REFUSED = "refused"
MOST_NOTE = 2_000
MONEY_SENT = "money_sent"
CHANGED = ("state", "outcome", "outcome_at_us", "calls", "call_at_us", "visit_due_at_us", "attempts", "told_at_us",
           "reached_at_us", "escalated")  # fmt: skip
"""Columns that an outcome changes and an undo puts back."""


def record_outcome(
    office: Office, actor: Actor, warning_id: str, attempt: int, key: str, *, stake_fen: int | None = None,
    refused: bool = False, note: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Keep the outcome of an attempt: {warning_id, attempt, outcome, again (it was known before and nothing changed),
    verified, call_at_us, visit_due_at_us, escalated, report_id (of what was taken at once when money was sent)}.

    `refused`: the citizen would not check us; that they did check is known from the phrase or the code and never said
    here. Identifiers in `note` are masked. After `money_sent` the fund desk is alerted in the same write, and a report
    is taken; if that fails the outcome stands and doing it again takes the report.

    Raises:
        UsageError: no such warning (CB-WA-141), no such key (CB-WA-144), too long a note (CB-WA-148).
        RefusedError: the actor works no calls (CB-WA-140), somebody else has the card open (CB-WA-142), the attempt is
            not the next, or has another outcome already (CB-WA-145).
    """
    from chainbreak.app.take_money_sent import take_money_sent

    must_call(actor)
    if key not in OUTCOMES:
        raise UsageError("CB-WA-144", "no such outcome", given=key[:16], allowed="1 to 9")
    if len(note) > MOST_NOTE or (stake_fen is not None and not 0 <= stake_fen < 2**62):
        raise UsageError("CB-WA-148", "too long a note, or no amount", given=f"{len(note)} characters")
    outcome, now = OUTCOMES[key], office.clock.now_us()
    with office.desk.begin() as conn:
        told = _again(conn, actor, warning_id, attempt, outcome)
        if told is None:
            told = _record(conn, office, actor, warning_id, attempt, outcome, stake_fen, refused, note.strip(), now)
    told["report_id"] = take_money_sent(office, actor, warning_id) if outcome == MONEY_SENT else ""
    return told


def _again(conn: Connection, actor: Actor, warning_id: str, attempt: int, outcome: str) -> dict[str, Any] | None:
    """What is known of an attempt that was recorded before; None if it was not."""
    from chainbreak.app.open_warning import row_named
    from chainbreak.store.desk import warning_calls as calls

    row = row_named(conn, warning_id)
    known = next((one for one in calls.attempts_of(conn, warning_id) if one["attempt"] == attempt), None)
    if known is None:
        return None
    if known["outcome"] != outcome or known["operator"] != actor.name:
        raise RefusedError("CB-WA-145", "this attempt has another outcome already", given=outcome,
                           allowed=known["outcome"])  # fmt: skip
    return _told(row, known) | {"again": True}


def _record(
    conn: Connection, office: Office, actor: Actor, warning_id: str, attempt: int, outcome: str,
    stake_fen: int | None, refused: bool, note: str, now: int,
) -> dict[str, Any]:  # fmt: skip
    from sqlalchemy import insert

    from chainbreak.app.call_scripts import script_for
    from chainbreak.app.current_policy import current_policy
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_calls as calls
    from chainbreak.store.desk import warnings as desk
    from chainbreak.store.desk.tables_warnings import warning_call

    row = _free_row(conn, actor, warning_id, attempt, now)
    policy = current_policy(conn, office)
    events = desk.events_of(conn, [warning_id]).get(warning_id, [])
    rank = min(row["rank"], len(policy.tiers) - 1)
    then = after_call(policy, rank, outcome, attempt, now, office.centre.settings.zone)
    kept = {
        "warning_id": warning_id, "attempt": attempt, "operator": actor.name, "ended_at_us": now,
        "began_at_us": calls.opened_at(conn, warning_id) or now, "outcome": outcome, "stake_fen": stake_fen,
        "script": script_for(office, conn, row["fraud"], [e["kind"] for e in events], warning_id)["shown"],
        "verified": _verified(conn, warning_id, refused), "note": _masked(office, note),
    }  # fmt: skip
    conn.execute(insert(warning_call).values(**kept))
    detail = {"attempt": attempt, "outcome": outcome, "columns": {name: row[name] for name in CHANGED},
              "sends": _pending(conn, warning_id)}  # fmt: skip
    desk.add_move(conn, warning_id, now, actor.name, "called", detail)
    after = _apply(conn, office, actor, row, outcome, then, stake_fen, now)
    append(conn, Entry.by(
        actor, now, "warning.call", f"warning:{warning_id}", purpose="warn",
        payload={"attempt": attempt, "outcome": outcome, "verified": kept["verified"], "stake_fen": stake_fen,
                 "indicators": sorted({event["indicator"] for event in events if event["indicator"]})},
    ))  # fmt: skip
    return _told(after, kept) | {"again": False}


def _free_row(conn: Connection, actor: Actor, warning_id: str, attempt: int, now: int) -> dict[str, Any]:
    """The warning's row, if the actor may say what came of this attempt. A call that outlasted its lock, or its
    warning, still happened.
    """
    from chainbreak.app.open_warning import row_named

    row = row_named(conn, warning_id)
    if row["holder"] not in (None, actor.name) and (row["held_until_us"] or 0) > now:
        raise RefusedError("CB-WA-142", "somebody else has this card open", given=row["holder"])
    if attempt != row["attempts"] + 1:
        raise RefusedError("CB-WA-145", "this is not the attempt that comes next", given=str(attempt),
                           allowed=str(row["attempts"] + 1))  # fmt: skip
    return row


def _apply(
    conn: Connection, office: Office, actor: Actor, row: Mapping[str, Any], outcome: str, then: Next,
    stake_fen: int | None, now: int,
) -> dict[str, Any]:  # fmt: skip
    """Change the warning as `then` says, as far as it is still open; one that lapsed during the talk is settled by it.
    Its row after.
    """
    from chainbreak.app.close_warning import close_warning
    from chainbreak.app.open_warning import row_named
    from chainbreak.app.tidy_warnings import unreached
    from chainbreak.store.desk import warning_calls as calls
    from chainbreak.store.desk import warnings as desk

    warning_id = row["warning_id"]
    values: dict[str, Any] = {"warning_id": warning_id, "attempts": row["attempts"] + 1, "updated_at_us": now,
                              "holder": None, "held_until_us": None}  # fmt: skip
    if outcome in REACHED:
        values |= {"reached_at_us": row["reached_at_us"] or now, "told_at_us": row["told_at_us"] or now}
    is_open = row["state"] == desk.OPEN
    if is_open and not then.closes:
        visit = then.visit_at_us if then.visit_at_us is not None else row["visit_due_at_us"]
        sooner = min(visit, row["visit_due_at_us"] or visit) if visit is not None else None
        values |= {"call_at_us": then.call_at_us, "visit_due_at_us": sooner, "outcome": outcome, "outcome_at_us": now}
        if then.escalates:
            values["escalated"] = 2
    desk.update_warnings(conn, [values])
    if then.closes:
        close_warning(conn, actor, [warning_id], RESOLVED, outcome, now)
    elif is_open and then.escalates:
        unreached(conn, office, [row], now)
        desk.add_move(conn, warning_id, now, actor.name, "escalated", {"past": "attempts"})
    if outcome == MONEY_SENT:
        calls.raise_alert(conn, warning_id, actor.name, stake_fen, now)
    return row_named(conn, warning_id)


def _verified(conn: Connection, warning_id: str, refused: bool) -> str:
    """How the citizen checked us, by what we know ourselves; else whether they would not."""
    from chainbreak.store.desk import warning_calls as calls

    row = calls.phrase_row(conn, warning_id)
    if row and row["called_back_at_us"]:
        return "call_back"
    if row and row["state"] in (calls.SHOWN, calls.CONFIRMED):
        return "phrase"
    return REFUSED if refused else ""


def _masked(office: Office, note: str) -> str:
    """The note without identifiers in clear, which go into the vault as those of any text do."""
    from chainbreak.identity.numbers import Place
    from chainbreak.text.masking import mask

    if not note:
        return ""
    settings = office.centre.settings
    masked, mentions = mask(note, office.keys, Place(settings.country, settings.area_code))
    for kind in sorted({mention.kind for mention in mentions}):
        office.vault.add_values(kind, [mention.value for mention in mentions if mention.kind == kind])
    return masked


def _pending(conn: Connection, warning_id: str) -> list[str]:
    """Messages that closing would cancel and an undo can make due again: those that have not left our hands."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import warning_send as s

    due = select(s.c.send_id).where(s.c.warning_id == warning_id, s.c.state == "due")
    return list(conn.execute(due).scalars())


def _told(row: Mapping[str, Any], call: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "warning_id": row["warning_id"], "attempt": call["attempt"], "outcome": call["outcome"],
        "verified": call["verified"], "call_at_us": row["call_at_us"], "visit_due_at_us": row["visit_due_at_us"],
        "escalated": row["escalated"], "state": row["state"],
    }  # fmt: skip
