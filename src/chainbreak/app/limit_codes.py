"""A limit on wrong receipt codes from one address, so that nobody finds one by trying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.errors import RefusedError
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

# A code holds 60 random bits; the limit keeps the log and the desk quiet rather than the codes safe. A whole office
# may stand behind one address.
WRONG, WITHIN_US = 20, 10 * US_PER_MIN


def check_code_limit(office: Office, origin: str) -> None:
    """Let the look-up go on, or not.

    Raises:
        RefusedError: too many wrong codes came from `origin` (CB-PE-023).
    """
    with office.desk.read() as conn:
        wrong = people.count_failures(conn, [f"code:{origin}"], office.clock.now_us() - WITHIN_US)
    if wrong >= WRONG:
        raise RefusedError("CB-PE-023", "too many codes that do not exist", given=str(wrong), allowed=str(WRONG))


def note_wrong_code(office: Office, origin: str) -> None:
    """Count one."""
    with office.desk.begin() as conn:
        people.note_failure(conn, [f"code:{origin}"], office.clock.now_us())
