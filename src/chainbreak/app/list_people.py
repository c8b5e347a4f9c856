"""People who work here, for the users' page and `user list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.store.desk.people import Person


def list_people(office: Office) -> list[Person]:
    """Everybody, active or not, by name."""
    with office.desk.read() as conn:
        return people.read_people(conn)
