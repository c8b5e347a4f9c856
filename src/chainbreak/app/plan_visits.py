"""Plan visits: each unit's open visits in the tours of who is on duty there; what is under way is not disturbed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.visits import travel
from chainbreak.act.warnings.visits.crews import Staff, crews, members
from chainbreak.act.warnings.visits.plan import Leg, Stop, plan
from chainbreak.base.clock import US_PER_MIN
from chainbreak.records.visit import ARRIVED, OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MOVED_US = 5 * US_PER_MIN
"""An arrival that moves by less is left as it was: nobody is told of minutes that an estimate does not know."""


def plan_visits(office: Office, actor: Actor, *, dry_run: bool = False) -> list[dict[str, Any]]:
    """Plan every unit now; rows of visit_id, unit, officer, second, turn, way_min, eta_us, late_min, by unit and tour.
    A visit that nobody is there to make has no officer and no turn, and comes last in its unit.

    Raises:
        RefusedError: no commander (CB-WA-161).
    """
    from chainbreak.app.visit_rights import LEADERS, need, visit_now
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import visits

    need(actor, LEADERS)
    with office.desk.read() as conn:
        now = visit_now(conn, office)
        rows = [row for unit in sorted(visits.live_units(conn)) for row in _rows_of(conn, office, unit, now)]
    if not dry_run:
        with office.desk.begin() as conn:
            now = visit_now(conn, office)
            for unit in sorted(visits.live_units(conn)):
                assign_unit(conn, office, unit, now)
            late = sum(bool(row["late_min"]) for row in rows)
            append(
                conn, Entry.by(actor, now, "warning.visit_plan", "visit:*", payload={"visits": len(rows), "late": late})
            )
    return rows


def assign_unit(conn: Connection, office: Office, unit: str, now_us: int) -> int:
    """Write a unit's plan; how many visits go to somebody else, at another turn, or at another time."""
    from chainbreak.store.desk import visits

    legs = {leg.visit_id: leg for leg in legs_of(conn, office, unit, now_us)}
    changed = []
    for row in visits.to_make(conn, now_us, [unit]):
        if row["state"] != OPEN or row["unit"] != unit:
            continue
        leg = legs.get(row["visit_id"])
        officer, second, turn, eta = ("", "", None, None) if leg is None else _placed(leg)
        moved = eta is None or row["eta_us"] is None or abs(eta - row["eta_us"]) > MOVED_US
        if (row["officer"], row["second"], row["turn"]) != (officer, second, turn) or (moved and eta != row["eta_us"]):
            changed.append(
                {"visit_id": row["visit_id"], "officer": officer, "second": second, "turn": turn, "eta_us": eta}
            )
    visits.change_many(conn, changed)
    return len(changed)


def legs_of(conn: Connection, office: Office, unit: str, now_us: int) -> list[Leg]:
    """The tours of one unit's staff over its open visits."""
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.visit_rights import is_night
    from chainbreak.store.desk import visits

    rows = [row for row in visits.to_make(conn, now_us, [unit]) if row["unit"] == unit]
    night = is_night(current_policy(conn, office), now_us, office.centre.settings.zone)
    busy = {name: row for row in rows if row["state"] != OPEN for name in (row["officer"], row["second"]) if name}
    staff = [_where(one, busy.get(one["name"]), now_us) for one in visits.staff(conn, unit)]
    stops = [
        Stop(row["visit_id"], place_of(row), row["due_at_us"], row["stake_fen"] or 0, row["opened_at_us"])
        for row in rows if row["state"] == OPEN
    ]  # fmt: skip
    return plan(stops, crews(staff, night)[0], now_us)


def place_of(row: Mapping[str, Any]) -> travel.Place:
    """Where a row with `lat` and `lon` lies."""
    return None if row["lat"] is None or row["lon"] is None else (row["lat"], row["lon"])


def _rows_of(conn: Connection, office: Office, unit: str, now_us: int) -> list[dict[str, Any]]:
    from chainbreak.store.desk import visits

    rows = [{"unit": unit} | told(leg) for leg in legs_of(conn, office, unit, now_us)]
    known = {row["visit_id"] for row in rows}
    nobody = {"officer": "", "second": "", "turn": None, "eta_us": None, "way_min": None, "late_min": None}
    left = [row for row in visits.to_make(conn, now_us, [unit]) if row["state"] == OPEN and row["unit"] == unit]
    return rows + [{"unit": unit, "visit_id": row["visit_id"]} | nobody for row in left if row["visit_id"] not in known]


def told(leg: Leg) -> dict[str, Any]:
    """A leg as lists show it."""
    officer, second, turn, eta = _placed(leg)
    return {"visit_id": leg.visit_id, "officer": officer, "second": second, "turn": turn, "eta_us": eta,
            "way_min": round(leg.way_min, 1), "late_min": round(leg.late_min, 1)}  # fmt: skip


def _placed(leg: Leg) -> tuple[str, str, int, int]:
    names: Sequence[str] = members(leg.team)
    return names[0], names[1] if len(names) > 1 else "", leg.turn, leg.eta_us


def _where(one: Mapping[str, Any], busy: Mapping[str, Any] | None, now_us: int) -> Staff:
    """Where somebody on duty is free, and when: at the door they are at or on the way to, when they are done there."""
    if busy is None:
        return Staff(one["name"], place_of(one), now_us)
    at_door = round(travel.AT_DOOR_MIN * US_PER_MIN)
    if busy["state"] == ARRIVED and busy["arrived_at_us"] is not None:
        return Staff(one["name"], place_of(busy), max(now_us, busy["arrived_at_us"] + at_door))
    begun = busy["left_at_us"] or busy["accepted_at_us"] or now_us
    arrives = max(now_us, begun + travel.way_us(place_of(one), place_of(busy)))
    return Staff(one["name"], place_of(busy), arrives + at_door)
