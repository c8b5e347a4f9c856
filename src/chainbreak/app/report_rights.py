"""Who may read reports and who may act on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import reports

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAY_ACT = (Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.COMMANDER)
"""Those who take reports and work on them."""
MAY_READ = (*MAY_ACT, Role.APPROVER, Role.LIAISON, Role.AUDITOR)
"""And those who sign, pass on and check what rests on them."""


def must_act(actor: Actor) -> None:
    """Refuse whoever does not work on reports (CB-RT-002)."""
    _must(actor, MAY_ACT)


def must_read(actor: Actor) -> None:
    """Refuse whoever's work does not rest on reports (CB-RT-002)."""
    _must(actor, MAY_READ)


def _must(actor: Actor, roles: tuple[Role, ...]) -> None:
    if not actor.has(*roles):
        raise RefusedError("CB-RT-002", "reports are not within your rights", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(roles))  # fmt: skip


def report_named(conn: Connection, report_id: str) -> dict[str, Any]:
    """The report's row on the desk.

    Raises:
        UsageError: no such report (CB-RT-001).
    """
    row = reports.read_report(conn, report_id)
    if row is None:
        raise UsageError("CB-RT-001", "there is no such report", given=report_id[:80],
                         next_step="chainbreak case reports lists them")  # fmt: skip
    return row
