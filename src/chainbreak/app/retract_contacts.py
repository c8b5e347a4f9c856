"""Take contacts back that were none: warnings are judged anew, lowered or closed, and everyone told gets a correction.

By a person's word, or by itself when a finding is judged false after it was confirmed, an appeal refutes one, or an
order is released as wrong. Killed between two batches, what is left is taken back by the next round. Who is owed a
correction is asked of what is on file, so that a talk noted or a text delivered after the retraction is corrected too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import SERVICE, Role
from chainbreak.store.desk.findings import CONFIRMED, FALSE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.app.confirmed_indicators import Indicator
    from chainbreak.records.actor import Actor

MAY_RETRACT = (Role.ANALYST, Role.FUND_DESK, Role.COMMANDER)
"""Those who judge findings (see give_verdict)."""
BATCH = 500
"""Events a transaction; all of one recipient together."""
CORRECT_WITHIN_US = 7 * US_PER_DAY
"""How long a correction is tried to be sent; project default."""
LONGEST = 2_000
_CORRECT, _DUE = "correct", "due"
NEEDS_VISIT = "needs_visit"


@dataclass
class Retracted:
    """What was taken back: `events`; `kept` ones that rest on something else now; `warnings` closed, `lowered` ones;
    `told`: warnings whose people had heard of them, who get `corrections` by message and `calls` by voice.
    """

    object: str
    events: int = 0
    kept: int = 0
    warnings: int = 0
    lowered: int = 0
    told: int = 0
    corrections: int = 0
    calls: int = 0


def retract_contacts(office: Office, actor: Actor, what: str, reason: str) -> dict[str, Any]:
    """Take back every contact with `what`: a written token, a domain or template, `finding:ID` or `statement:ID`.

    A confirmed finding is judged false by it; an indicator warns no more until a newer finding confirms it.

    Raises:
        RefusedError: the role (CB-WA-101), or an order, which has to be released (CB-WA-108).
        UsageError: no reason (CB-WA-109), or nothing rests on it (CB-WA-108).
    """
    from chainbreak.app.give_verdict import give_verdict
    from chainbreak.store.desk import retractions

    if not actor.has(*MAY_RETRACT):
        raise RefusedError("CB-WA-101", "this role takes nothing back", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(MAY_RETRACT))  # fmt: skip
    if not 0 < len(reason.strip()) <= LONGEST:
        raise UsageError("CB-WA-109", "a reason is needed", allowed=f"1 to {LONGEST} characters")
    kind, _, ident = what.partition(":")
    with office.desk.read() as conn:
        stands = _finding_state(conn, ident) if kind == "finding" else ""
        if kind == "order" and what not in retractions.overturned(conn):
            raise RefusedError("CB-WA-108", "an order is taken back by its release", given=what,
                               next_step=f"chainbreak order release {ident} --reason wrong_object")  # fmt: skip
        if stands != CONFIRMED and not retractions.events_on(conn, what):
            raise UsageError("CB-WA-108", "no contact rests on it", given=what[:80])
    if stands == CONFIRMED:
        give_verdict(office, actor, ident, FALSE, reason.strip())
    return asdict(_retract(office, actor, what, reason.strip()))


def retract_overturned(office: Office) -> list[dict[str, Any]]:
    """Take back what rests on grounds that people have found wrong since, and make up corrections that are owed; a step
    of every round, small when there is nothing.
    """
    from chainbreak.store.desk import retractions

    with office.desk.read() as conn:
        grounds = retractions.overturned(conn)
        owed = bool(retractions.owed_messages(conn) or retractions.owed_calls(conn))
    done = [asdict(_retract(office, SERVICE, ground, "overturned")) for ground in grounds]
    if owed:
        with office.desk.begin() as conn:
            _correct(office, conn, Retracted("corrections"))
    return done


def _finding_state(conn: Connection, ident: str) -> str:
    from chainbreak.app.show_finding import finding_named

    return finding_named(conn, ident)[1]


def _retract(office: Office, actor: Actor, what: str, reason: str) -> Retracted:
    from chainbreak.store.desk import retractions

    done, number = Retracted(what), 0
    with office.desk.read() as conn:
        rows = retractions.events_on(conn, what)
    for batch in _batches(rows):
        with office.desk.begin() as conn:
            before = asdict(done)
            # What stood a moment ago may have been taken back by another round.
            still = retractions.still_standing(conn, [row["event_id"] for row in batch])
            _take_back(office, conn, actor, what, [row for row in batch if row["event_id"] in still], done)
            number = _note(office, conn, actor, number, reason, before, done)
    if not number:
        with office.desk.begin() as conn:
            _note(office, conn, actor, 0, reason, asdict(done), done)
    return done


def _batches(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    parts: list[list[Mapping[str, Any]]] = []
    for _, its in groupby(rows, key=lambda row: row["recipient"]):
        if not parts or len(parts[-1]) >= BATCH:
            parts.append([])
        parts[-1].extend(its)
    return parts


def _take_back(
    office: Office, conn: Connection, actor: Actor, what: str, rows: Sequence[Mapping[str, Any]], done: Retracted
) -> None:
    from chainbreak.store.desk import retractions

    now = office.clock.now_us()
    others = _other_grounds(office, conn, what, rows)
    gone = []
    for row in rows:
        other = others.get(row["indicator"])
        if other is None:
            gone.append(row)
        else:
            retractions.reground(conn, [row["event_id"]], other.ground, other.confidence)
            done.kept += 1
    retractions.take_back(conn, [row["event_id"] for row in gone], now)
    done.events += len(gone)
    warnings = retractions.warning_rows(conn, {row["warning_id"] for row in gone if row["warning_id"]})
    standing = retractions.standing_on(conn, warnings)
    _close(conn, actor, [ident for ident in warnings if ident not in standing], warnings, now, done)
    _lower(office, conn, actor, {ident: warnings[ident] for ident in standing}, standing, now, done)
    _correct(office, conn, done, [ident for ident in warnings if ident not in standing])


def _other_grounds(
    office: Office, conn: Connection, what: str, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Indicator]:  # fmt: skip
    """Indicators of these events that something else than `what` confirms; none when the indicator itself is wrong."""
    from chainbreak.app.confirmed_indicators import confirmed_indicators

    if what.partition(":")[0] not in ("finding", "order"):
        return {}
    confirmed = confirmed_indicators(office, conn)
    about = {row["indicator"] for row in rows} & confirmed.keys()
    return {name: confirmed[name] for name in about if confirmed[name].ground != what}


def _close(
    conn: Connection, actor: Actor, ids: Sequence[str], warnings: Mapping[str, Mapping[str, Any]], now: int,
    done: Retracted,
) -> None:  # fmt: skip
    from chainbreak.act.warnings.model import RETRACTED
    from chainbreak.app.close_warning import close_warning
    from chainbreak.store.desk import retractions
    from chainbreak.store.desk import warnings as desk

    closed = set(close_warning(conn, actor, ids, RETRACTED, "", now))
    over = [ident for ident in ids if ident not in closed and warnings[ident]["state"] != RETRACTED]
    retractions.mark_retracted(conn, over, now)
    desk.add_moves(conn, [(ident, {"was": warnings[ident]["state"]}) for ident in over], now, actor.name, RETRACTED)
    done.warnings += len(closed) + len(over)


def _lower(
    office: Office, conn: Connection, actor: Actor, warnings: Mapping[str, Mapping[str, Any]],
    standing: Mapping[str, Sequence[Mapping[str, Any]]], now: int, done: Retracted,
) -> None:  # fmt: skip
    """Judge open warnings anew on the events that are left."""
    from chainbreak.act.warnings.intake import fold
    from chainbreak.app.begin_warning import Plan, resting_on
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.take_contacts import event_of, standing_of
    from chainbreak.store.desk import warnings as desk
    from chainbreak.store.desk.visits import cancel_visits

    still = {ident: row for ident, row in warnings.items() if row["state"] == desk.OPEN}
    policy, recipients = current_policy(conn, office), {row["recipient"] for row in still.values()}
    plan = Plan.read(conn, office, policy, recipients, list(still), now)
    for recipient in sorted(recipients):
        mine = [row for row in still.values() if row["recipient"] == recipient]
        # All that stands of the recipient counts for repetition; only what these rest on is judged.
        known = {row["event_id"]: (row["warning_id"], event_of(row))
                 for row in desk.standing_events(conn, [recipient], now)}  # fmt: skip
        known |= {e["event_id"]: (row["warning_id"], event_of(e)) for row in mine for e in standing[row["warning_id"]]}
        changes = fold(policy, [standing_of(row) for row in mine], known.values(), now, lower=True).changes
        for change in changes:
            row = still.get(change.warning_id)
            if row is None:
                continue
            columns = resting_on(plan, change) | (plan.columns(change) if change.change == "lowered" else {})
            if columns.get("calls") and row["calls"]:  # attempts that were made count on
                columns["call_at_us"] = row["call_at_us"]
            if change.change == "lowered" and row["outcome"] == NEEDS_VISIT:  # whoever spoke with him asked for it
                columns["visit_due_at_us"] = row["visit_due_at_us"]
            desk.update_warnings(conn, [{"warning_id": change.warning_id, **columns, "updated_at_us": now}])
            if change.change == "lowered":
                done.lowered += 1
                _leave_off(conn, change.warning_id, plan.policy.tiers[change.rank].actions, now)
                if columns["visit_due_at_us"] is None:
                    cancel_visits(conn, [change.warning_id], "lowered", now, actor.name)
                desk.put_sends(conn, plan.messages(recipient, change, plan.policy.tiers[change.rank].actions))
                detail = {"from": row["tier"], "to": plan.policy.tiers[change.rank].name}
                desk.add_move(conn, change.warning_id, now, actor.name, "lowered", detail)


def _leave_off(conn: Connection, warning_id: str, actions: Sequence[str], now: int) -> None:
    """Messages that only the higher tier asked for, and that have not left, are off."""
    from sqlalchemy import update

    from chainbreak.store.desk.tables_warnings import warning_send as s

    pending = (s.c.warning_id == warning_id) & (s.c.state == _DUE) & s.c.channel.not_in(list(actions))
    conn.execute(update(s).where(pending).values(state="cancelled", reason="lowered", settled_at_us=now))


def _correct(office: Office, conn: Connection, done: Retracted, only: Sequence[str] | None = None) -> None:
    """Plan every correction that is owed: on each channel that told, after the quiet hours; a call where voice did.
    `only`: about these warnings.
    """
    from chainbreak.act.warnings.caps import quiet_until
    from chainbreak.act.warnings.model import send_id_of
    from chainbreak.app.current_policy import current_policy
    from chainbreak.store.desk import retractions
    from chainbreak.store.desk import warnings as desk

    now, policy = office.clock.now_us(), current_policy(conn, office)
    due = quiet_until(policy, policy.tiers[-1], now, office.centre.settings.zone)
    owed, calls = retractions.owed_messages(conn, only), retractions.owed_calls(conn, only)
    desk.insert_rows(conn, {"warning_send": [{
        **row, "send_id": send_id_of(row["warning_id"], row["channel"], _CORRECT), "purpose": _CORRECT, "state": _DUE,
        "reason": "", "planned_at_us": now, "due_at_us": due, "expires_at_us": due + CORRECT_WITHIN_US, "attempts": 0,
        "receipt": "",
    } for row in owed]})  # fmt: skip
    retractions.add_correction_calls(conn, calls, now)
    done.corrections, done.calls = done.corrections + len(owed), done.calls + len(calls)
    done.told += len({row["warning_id"] for row in (*owed, *calls)})


def _note(
    office: Office, conn: Connection, actor: Actor, number: int, reason: str, before: Mapping[str, Any],
    done: Retracted,
) -> int:  # fmt: skip
    """The retraction's row, its sums growing batch by batch, and the leaf of this batch."""
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import retractions

    now, after = office.clock.now_us(), asdict(done)
    more = {name: after[name] - was for name, was in before.items() if name != "object"}
    sums = {name: more[name] for name in ("events", "warnings", "told")}
    if number:
        retractions.count_retraction(conn, number, **sums)
    else:
        row = {"at_us": now, "actor": actor.name, "object": done.object, "reason": reason}
        number = retractions.add_retraction(conn, row | sums)
    append(conn, Entry.by(actor, now, "warning.retract", done.object, purpose="warn",
                          payload={"retraction": number, "reason": reason, **more}))  # fmt: skip
    return number
