"""Change what a person may do here, or whether they still work here; their sessions end so that it holds at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainbreak.app.add_person import roles_named
from chainbreak.audit.log import Entry, append
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def change_person(
    office: Office, actor: Actor, name: str, *, roles: Iterable[str] | None = None, active: bool | None = None
) -> None:
    """Set the roles of `name`, or whether they are active; None leaves a thing as it is.

    Raises:
        UsageError: nobody is called that (CB-PE-001) or a role is unknown (CB-PE-007).
        RefusedError: the actor is no administrator (CB-PE-005), or nobody active would be one any more (CB-PE-008).
    """
    if not actor.has(Role.ADMIN):
        raise RefusedError("CB-PE-005", "only an administrator changes people", given=actor.name)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        found = people.read_person(conn, name)
        if found is None:
            raise UsageError("CB-PE-001", "nobody is called that here", given=name, next_step="chainbreak user list")
        new_roles = found.roles if roles is None else roles_named(roles)
        new_active = found.active if active is None else active
        others = [p for p in people.read_people(conn) if p.name != name and p.active and Role.ADMIN in p.roles]
        if not others and not (new_active and Role.ADMIN in new_roles):
            raise RefusedError("CB-PE-008", "somebody must remain administrator", given=name)
        people.change_columns(conn, name, now, roles=" ".join(sorted(new_roles)), active=new_active)
        people.drop_sessions_of(conn, name)
        change = {"roles": [sorted(found.roles), sorted(new_roles)], "active": [found.active, new_active]}
        append(conn, Entry.by(actor, now, "person.change", f"person:{name}", payload=change))
