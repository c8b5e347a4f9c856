"""Add a person. The first one must be an administrator: nobody else could add the second."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainbreak.audit.log import Entry, append
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

# Names stand in addresses, logs and shell commands.
NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
# The machine's own role is never a person's.
GIVEN_ROLES = tuple(role for role in Role if role is not Role.SERVICE)
# Nor is its name: the log would show a person's deeds as the machine's.
TAKEN = frozenset({SERVICE.name})


def roles_named(names: Iterable[str]) -> frozenset[Role]:
    """Roles by their names.

    >>> sorted(roles_named(["approver", "analyst"]))
    [<Role.ANALYST: 'analyst'>, <Role.APPROVER: 'approver'>]

    Raises:
        UsageError: one is unknown, or is the machine's (CB-PE-007).
    """
    wanted = list(names)
    for name in wanted:
        if name not in GIVEN_ROLES:
            raise UsageError("CB-PE-007", "no such role", given=name, allowed=did_you_mean(name, GIVEN_ROLES))
    return frozenset(Role(name) for name in wanted)


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
        if name in TAKEN or any(p.name == name for p in everybody):
            raise UsageError("CB-PE-004", "the name is taken", given=name, next_step="choose another")
        people.write_person(conn, name, display_name or name, held, now)
        append(conn, Entry.by(actor, now, "person.add", f"person:{name}", payload={"roles": sorted(held)}))
