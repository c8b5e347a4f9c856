"""Make a visit, step by step: take it on, set out, arrive; or hand it to another unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.visits.model import SPECIALIST
from chainbreak.app.visit_address import KEPT_US
from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Role
from chainbreak.records.visit import ACCEPTED, ARRIVED, LIVE, OPEN, TRAVELLING, UNDER_WAY

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

HAND_OFF_REASONS = ("wrong_unit", "specialist", "no_staff", "language")
"""Why a visit goes to another unit; `language`: somebody is needed who speaks or signs as the resident does."""


def accept_visit(office: Office, actor: Actor, visit_id: str, second: str = "") -> dict[str, Any]:
    """Take a visit on, or open the time for its address again: from now for `visit_address_min` minutes.

    `second`: who goes along; needed at night.

    Raises:
        UsageError: no such visit (CB-WA-160), or no such colleague on duty (CB-WA-164).
        RefusedError: no officer of its unit (CB-WA-161), it is over, another's, or taken on a day ago (CB-WA-162),
            alone at night (CB-WA-163).
    """
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.visit_rights import is_night, visit_now
    from chainbreak.store.desk import visits

    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        row = _officers(conn, actor, visit_id)
        if row["state"] in UNDER_WAY and actor.name not in (row["officer"], row["second"]):
            raise _not_now(row, "already taken on by somebody else")
        if row["state"] == OPEN and (row["warning_state"] != "open" or row["expires_at_us"] <= now):
            raise _not_now(row, "its warning is over")
        again = row["state"] in UNDER_WAY
        if again and now > row["accepted_at_us"] + KEPT_US:
            raise _not_now(row, "taken on too long ago to see its address again")
        going = second.strip() or (row["second"] if again else "")
        _check_second(conn, actor, going if not again else "", row["unit"])
        zone = office.centre.settings.zone
        if not again and not going and is_night(current_policy(conn, office), now, zone):
            raise RefusedError("CB-WA-163", "nobody visits alone at night", given=actor.name,
                               next_step="name the colleague who goes along (--second NAME)")  # fmt: skip
        until = now + office.centre.settings.visit_address_min * US_PER_MIN
        columns: dict[str, Any] = {"address_until_us": until, "updated_at_us": now}
        if not again:
            columns |= {"state": ACCEPTED, "officer": actor.name, "second": going, "accepted_at_us": now,
                        "turn": None, "eta_us": None}  # fmt: skip
        visits.change(conn, visit_id, **columns)
        detail = {"again": again, "second": going}
        return _keep(conn, office, actor, row, "accept", detail, now, replan=not again)


def leave_visit(office: Office, actor: Actor, visit_id: str) -> dict[str, Any]:
    """Set out for the door. A second time it changes nothing.

    Raises:
        UsageError, RefusedError: as `accept_visit`; not taken on by the actor (CB-WA-162).
    """
    return _step(office, actor, visit_id, "leave", TRAVELLING, "left_at_us")


def arrive_visit(office: Office, actor: Actor, visit_id: str) -> dict[str, Any]:
    """Stand at the door. A second time it changes nothing.

    Raises:
        UsageError, RefusedError: as `leave_visit`.
    """
    return _step(office, actor, visit_id, "arrive", ARRIVED, "arrived_at_us")


def hand_off_visit(office: Office, actor: Actor, visit_id: str, unit: str, reason: str) -> dict[str, Any]:
    """Give a visit to another unit: it waits there, planned anew; its address is closed to who had it.

    Raises:
        UsageError: no such visit (CB-WA-160), unit or reason (CB-WA-169).
        RefusedError: neither who has it nor a commander (CB-WA-161), or it is over (CB-WA-162).
    """
    from chainbreak.app.visit_rights import LEADERS, VISITORS, need, read_visit, visit_now
    from chainbreak.store.desk import visits

    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        need(actor, LEADERS | VISITORS)
        row = read_visit(conn, actor, visit_id)
        if row["state"] not in LIVE:
            raise _not_now(row, "it is over")
        if not actor.has(*LEADERS) and actor.name not in (row["officer"], row["second"]):
            raise RefusedError("CB-WA-161", "only who has a visit, or a commander, hands it off", given=actor.name)
        known = {one["unit"] for one in visits.staff(conn)} | {row["district"], SPECIALIST}
        if unit not in known - {row["unit"]}:
            raise UsageError("CB-WA-169", "not a unit to hand this visit to", given=unit[:64],
                             allowed=", ".join(sorted(known - {row["unit"]})))  # fmt: skip
        if reason not in HAND_OFF_REASONS:
            raise UsageError("CB-WA-169", "not a reason to hand a visit off", given=reason[:24],
                             allowed=", ".join(HAND_OFF_REASONS))  # fmt: skip
        visits.change(conn, visit_id, state=OPEN, unit=unit, officer="", second="", turn=None, eta_us=None,
                      address_until_us=None, left_at_us=None, arrived_at_us=None, accepted_at_us=None,
                      updated_at_us=now)  # fmt: skip
        _plan(conn, office, unit, now)
        return _keep(conn, office, actor, row, "hand_off", {"to": unit, "reason": reason}, now, replan=True)


def _step(office: Office, actor: Actor, visit_id: str, move: str, state: str, column: str) -> dict[str, Any]:
    from chainbreak.app.visit_rights import visit_now
    from chainbreak.store.desk import visits

    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        row = _officers(conn, actor, visit_id)
        if row["state"] not in UNDER_WAY or actor.name not in (row["officer"], row["second"]):
            raise _not_now(row, "not taken on by you")
        if row[column] is not None or (move == "leave" and row["state"] == ARRIVED):
            return row
        visits.change(conn, visit_id, **{"state": state, column: now, "updated_at_us": now})
        return _keep(conn, office, actor, row, move, {}, now, replan=False)


def _officers(conn: Connection, actor: Actor, visit_id: str) -> dict[str, Any]:
    from chainbreak.app.visit_rights import VISITORS, need, read_visit

    need(actor, VISITORS)
    row = read_visit(conn, actor, visit_id)
    if row["state"] not in LIVE:
        raise _not_now(row, "it is over")
    return row


def _check_second(conn: Connection, actor: Actor, second: str, unit: str) -> None:
    """Who goes along is another officer who works here.

    Raises:
        UsageError: not so (CB-WA-164).
    """
    from chainbreak.store.desk import people

    if not second:
        return
    person = people.read_person(conn, second)
    if second == actor.name or person is None or not person.active or Role.OFFICER not in person.roles:
        raise UsageError("CB-WA-164", "not a colleague who can go along", given=second[:64],
                         allowed=f"another officer, such as those on duty for {unit}")  # fmt: skip


def _not_now(row: dict[str, Any], why: str) -> RefusedError:
    return RefusedError(
        "CB-WA-162", f"not possible with this visit now: {why}", given=f"{row['visit_id']} {row['state']}",
        next_step="look at it again; somebody may have been faster",
    )  # fmt: skip


def _keep(
    conn: Connection, office: Office, actor: Actor, row: dict[str, Any], move: str, detail: dict[str, Any], now_us: int,
    *, replan: bool,
) -> dict[str, Any]:  # fmt: skip
    """Note a move, leave its leaf, plan the unit anew when its people are elsewhere now; the visit as it stands."""
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import visits

    visits.add_move(conn, row["visit_id"], now_us, actor.name, move, detail)
    append(conn, Entry.by(actor, now_us, "warning.visit", f"visit:{row['visit_id']}", case=row["warning_id"],
                          payload={"move": move} | detail))  # fmt: skip
    if replan:
        _plan(conn, office, row["unit"], now_us)
    after = visits.read(conn, row["visit_id"])
    assert after is not None, "visits are never deleted"
    return after


def _plan(conn: Connection, office: Office, unit: str, now_us: int) -> None:
    from chainbreak.app.plan_visits import assign_unit

    assign_unit(conn, office, unit, now_us)
