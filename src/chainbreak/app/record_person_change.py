"""The leaf that every change of a person leaves in the log, and the roles a person may be given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

# The machine's own role is never a person's.
GIVEN_ROLES = tuple(role for role in Role if role is not Role.SERVICE)


def roles_named(names: Iterable[str]) -> frozenset[Role]:
    """Roles by their names.

    >>> sorted(roles_named(["analyst", "approver"]))
    [<Role.ANALYST: 'analyst'>, <Role.APPROVER: 'approver'>]

    Raises:
        UsageError: one is unknown, or is the machine's (CB-PE-007).
    """
    wanted = list(names)
    for name in wanted:
        if name not in GIVEN_ROLES:
            raise UsageError("CB-PE-007", "no such role", given=name, allowed=did_you_mean(name, GIVEN_ROLES))
    return frozenset(Role(name) for name in wanted)


def record_person_change(
    conn: Connection, at_us: int, actor: Actor, action: str, name: str, payload: Mapping[str, Any] | None = None
) -> None:
    """Append the leaf `action` about the person `name` within the caller's transaction."""
    from chainbreak.audit.log import Entry, append

    role = " ".join(sorted(actor.roles))
    append(conn, Entry(at_us=at_us, actor=actor.name, role=role, via=actor.via, action=action,
                       object=f"person:{name}", purpose="", case="", payload=dict(payload or {})))  # fmt: skip
