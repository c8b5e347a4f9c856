"""Who is on duty for visits, in which unit, and from where they set out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import InputError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

UNIT_MAX = 64


def put_on_duty(office: Office, actor: Actor, name: str, unit: str, place: str = "") -> dict[str, Any]:
    """Put an officer on duty for `unit`, a district or `specialist`; `place`: the cell they set out from.

    Raises:
        UsageError: no such officer, or no unit (CB-WA-164).
        RefusedError: no commander (CB-WA-161).
        InputError: the register of cells does not have `place` (CB-WA-173).
    """
    from chainbreak.app.open_visits import places_of
    from chainbreak.app.plan_visits import assign_unit
    from chainbreak.app.visit_rights import LEADERS, need, visit_now
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import people, visits

    need(actor, LEADERS)
    unit, places = unit.strip(), places_of(office) if place else {}
    if place and place not in places:
        raise InputError("CB-WA-173", "no such cell in the register", given=place[:64])
    lat, lon = places.get(place, (None, None))
    with office.desk.begin() as conn:
        now = visit_now(conn, office)
        person = people.read_person(conn, name)
        if person is None or not person.active or Role.OFFICER not in person.roles or not 0 < len(unit) <= UNIT_MAX:
            raise UsageError(
                "CB-WA-164", "an officer who works here goes on duty for a unit", given=f"{name}, {unit}"[:80]
            )
        row = {
            "name": name,
            "unit": unit,
            "place": place,
            "lat": lat,
            "lon": lon,
            "since_us": now,
            "set_by": actor.name,
        }
        visits.put_staff(conn, row)
        append(conn, Entry.by(actor, now, "warning.visit_duty", f"person:{name}", payload={"unit": unit}))
        assign_unit(conn, office, unit, now)
    return row


def take_off_duty(office: Office, actor: Actor, name: str) -> None:
    """Take an officer off duty; visits that were planned for them are planned for others.

    Raises:
        UsageError: they are not on duty (CB-WA-164).
        RefusedError: no commander (CB-WA-161).
    """
    from chainbreak.app.plan_visits import assign_unit
    from chainbreak.app.visit_rights import LEADERS, need, visit_now
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import visits

    need(actor, LEADERS)
    with office.desk.begin() as conn:
        now, unit = visit_now(conn, office), visits.unit_of(conn, name)
        if not visits.drop_staff(conn, name):
            raise UsageError("CB-WA-164", "not on duty for visits", given=name[:64])
        append(conn, Entry.by(actor, now, "warning.visit_duty", f"person:{name}", payload={"unit": ""}))
        assign_unit(conn, office, unit, now)


def on_duty(office: Office, actor: Actor) -> list[dict[str, Any]]:
    """Who is on duty: name, display_name, unit, place, since_us, set_by.

    Raises:
        RefusedError: no reader of visits (CB-WA-161).
    """
    from chainbreak.app.visit_rights import READERS, need
    from chainbreak.store.desk import people, visits

    need(actor, READERS)
    with office.desk.read() as conn:
        shown = {person.name: person.display_name for person in people.read_people(conn)}
        return [one | {"display_name": shown[one["name"]]} for one in visits.staff(conn)]
