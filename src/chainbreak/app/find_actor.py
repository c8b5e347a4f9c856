"""Who acts at the terminal: the account of the operating system is trusted, the name must be an active person here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Actor
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def find_actor(office: Office, name: str, via: str = "cli") -> Actor:
    """The active person `name` with all roles held, as the one who acts through `via`.

    Raises:
        UsageError: nobody is called that (CB-PE-001).
        RefusedError: the person is no longer active (CB-PE-002).
    """
    with office.desk.read() as conn:
        found = people.read_person(conn, name)
        if found is None:
            known = did_you_mean(name, [p.name for p in people.read_people(conn)])
            raise UsageError("CB-PE-001", "nobody is called that here", given=name, allowed=known,
                             next_step="chainbreak user list")  # fmt: skip
    if not found.active:
        raise RefusedError("CB-PE-002", "this person no longer works here", given=name)
    return found.actor(via)
