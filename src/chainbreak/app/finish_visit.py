"""Say what came of a visit: once for each key that a browser made, however often and however late it is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.model import CLOSING, REACHED, RESOLVED
from chainbreak.act.warnings.visits import model
from chainbreak.act.warnings.visits.checklists import checklist_of
from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.visit import DONE, OPEN, UNDER_WAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

KEY_MAX = 64
AGAIN_MIN = 60
"""Minutes within which a further visit is due that the officer at the door asks for. A default of this project."""


@dataclass(frozen=True)
class Sent:
    """What became of a result: `standing` taken or conflict, `reason` why it is one; `code` "", right or wrong."""

    standing: str
    reason: str = ""
    code: str = ""


def finish_visit(
    office: Office, actor: Actor, visit_id: str, body: Mapping[str, Any], client_key: str, code: str = ""
) -> Sent:  # fmt: skip
    """Take the result of a visit that the actor made. The same key again is answered as it was the first time.

    What can no longer be taken, because the visit was called off, handed off or finished meanwhile, is kept as a
    conflict and shown to commanders: nothing that was done at a door is lost. `code`: said by the resident; a wrong one
    keeps no result from being taken. A closing outcome closes the warning, and with it every message and call.

    Raises:
        UsageError: no such visit (CB-WA-160), no usable key (CB-WA-170).
        RefusedError: never the actor's visit (CB-WA-161).
        InputError: not a result (CB-WA-167).
    """
    from chainbreak.app.prove_visit import try_code
    from chainbreak.app.visit_rights import VISITORS, need, read_visit, visit_now
    from chainbreak.store.desk import visits

    if not 8 <= len(client_key) <= KEY_MAX or not client_key.isascii():
        raise UsageError("CB-WA-170", "a result needs a key of its own", given=client_key[:KEY_MAX],
                         allowed=f"8 to {KEY_MAX} letters and digits")  # fmt: skip
    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        need(actor, VISITORS)
        row = read_visit(conn, actor, visit_id)
        before = visits.result_of(conn, visit_id, client_key)
        if before is not None:
            return Sent(before["standing"], before["reason"])
        is_theirs = actor.name in (row["officer"], row["second"]) and row["state"] != OPEN
        if not is_theirs and not visits.had_it(conn, visit_id, actor.name):
            raise RefusedError("CB-WA-161", "only who took a visit on says what came of it", given=actor.name)
        result = model.Result.read(body, checklist_of(row["fraud"]))
        why = "" if is_theirs and row["state"] in UNDER_WAY else _conflict(row, is_theirs)
        visits.add_result(conn, {
            "visit_id": visit_id, "client_key": client_key, "officer": actor.name, "received_at_us": now,
            "body": json.dumps(vars(result) | {"answers": dict(result.answers)}, sort_keys=True),
            "standing": "conflict" if why else "taken", "reason": why,
        })  # fmt: skip
        _leaf(conn, actor, row, result, why, now)
        if why:
            return Sent("conflict", why)
        said = try_code(conn, office, actor, row, "said", code, now) if code else ""
        _take(conn, office, actor, row, result, now)
        return Sent("taken", "", said)


def settle_result(office: Office, actor: Actor, visit_id: str, client_key: str) -> None:
    """Say that a result which could not be taken has been seen to; it stays on the visit's page.

    Raises:
        UsageError: no such visit (CB-WA-160), or no such conflict (CB-WA-170).
        RefusedError: no commander (CB-WA-161).
    """
    from chainbreak.app.visit_rights import LEADERS, need, read_visit, visit_now
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import visits

    need(actor, LEADERS)
    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        row = read_visit(conn, actor, visit_id)
        if not visits.settle_result(conn, visit_id, client_key):
            raise UsageError("CB-WA-170", "no such result waits to be seen to", given=client_key[:KEY_MAX])
        visits.add_move(conn, visit_id, now, actor.name, "settle", {"key": client_key})
        append(conn, Entry.by(actor, now, "warning.visit", f"visit:{visit_id}", case=row["warning_id"],
                              payload={"move": "settle"}))  # fmt: skip


def _conflict(row: Mapping[str, Any], is_theirs: bool) -> str:
    if row["state"] == DONE:
        return "already_done"
    return "handed_off" if not is_theirs else str(row["reason"] or row["state"])


def _take(
    conn: Connection, office: Office, actor: Actor, row: dict[str, Any], result: model.Result, now: int
) -> None:  # fmt: skip
    from chainbreak.app.close_warning import close_warning
    from chainbreak.app.plan_visits import assign_unit
    from chainbreak.store.desk import visits, warnings

    left, arrived, ended = model.in_order(result, row["accepted_at_us"], now)
    checklist = {"list": checklist_of(row["fraud"]).named, "answers": dict(result.answers)}
    visits.change(
        conn, row["visit_id"], state=DONE, outcome=result.outcome, entry=result.entry, card_left=result.card_left,
        checklist=json.dumps(checklist, sort_keys=True), left_at_us=row["left_at_us"] or left,
        arrived_at_us=row["arrived_at_us"] or arrived or ended, ended_at_us=ended, address_until_us=None,
        updated_at_us=now,
    )  # fmt: skip
    warning_id = row["warning_id"]
    visits.add_move(conn, row["visit_id"], now, actor.name, "finish", {"outcome": result.outcome})
    if result.entry == "met" and result.outcome in REACHED:
        warnings.note_reached(conn, warning_id, ended)
    if result.outcome in CLOSING:
        close_warning(conn, actor, [warning_id], RESOLVED, result.outcome, now)
    elif row["warning_state"] == "open":
        warnings.add_move(conn, warning_id, now, actor.name, "visited", {"outcome": result.outcome})
        if result.outcome == "needs_visit":
            _come_again(conn, actor, row, now)
    assign_unit(conn, office, row["unit"], now)


def _come_again(conn: Connection, actor: Actor, row: dict[str, Any], now: int) -> None:
    """A further visit that the officer at the door asks for: no cap holds it back, its asker stands on it."""
    from chainbreak.store.desk import visits, warnings

    n = max(one["n"] for one in visits.of_warnings(conn, [row["warning_id"]])) + 1
    due = min(now + AGAIN_MIN * US_PER_MIN, row["expires_at_us"])
    warnings.update_warnings(conn, [{"warning_id": row["warning_id"], "visit_due_at_us": due, "updated_at_us": now}])
    kept = ("warning_id", "recipient", "rank", "stake_fen", "fraud", "lang", "district", "place", "lat", "lon",
            "facts_us", "unit")  # fmt: skip
    visits.insert_visits(conn, [{name: row[name] for name in kept} | {
        "visit_id": model.visit_id_of(row["warning_id"], n), "n": n, "state": OPEN, "due_at_us": due,
        "asked_by": actor.name, "opened_at_us": now, "updated_at_us": now,
    }])  # fmt: skip


def _leaf(
    conn: Connection, actor: Actor, row: Mapping[str, Any], result: model.Result, why: str, now: int
) -> None:  # fmt: skip
    from chainbreak.audit.log import Entry, append

    append(conn, Entry.by(
        actor, now, "warning.visit", f"visit:{row['visit_id']}", case=row["warning_id"],
        payload={"move": "finish", "outcome": result.outcome, "entry": result.entry, "conflict": why},
    ))  # fmt: skip
