"""Add a person. The first one must be an administrator: nobody else could add the second."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainbreak.app.record_person_change import record_person_change, roles_named
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

# Names stand in addresses, logs and shell commands.
NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


def add_person(office: Office, actor: Actor, name: str, roles: Iterable[str], display_name: str = "") -> None:
    """Add the person `name` with `roles`; they sign in by a one-time link first.

    Raises:
        UsageError: the name is not 2-32 of a-z 0-9 . _ - (CB-PE-003), is taken (CB-PE-004), or a role is unknown.
        RefusedError: the actor is no administrator (CB-PE-005), or the first person would not be one (CB-PE-006).
    """
    held = roles_named(roles)
    if not NAME.fullmatch(name):
        raise UsageError("CB-PE-003", "not a usable name", given=name, allowed="2-32 of a-z 0-9 . _ -, a letter first")
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        everybody = people.read_people(conn)
        if not everybody and Role.ADMIN not in held:
            raise RefusedError("CB-PE-006", "the first person must be an administrator", given=" ".join(sorted(held)))
        if everybody and not actor.has(Role.ADMIN):
            raise RefusedError("CB-PE-005", "only an administrator changes people", given=actor.name)
        if any(p.name == name for p in everybody):
            raise UsageError("CB-PE-004", "the name is taken", given=name, next_step="choose another")
        people.write_person(conn, name, display_name or name, held, now)
        record_person_change(conn, now, actor, "person.add", name, {"roles": sorted(held)})
