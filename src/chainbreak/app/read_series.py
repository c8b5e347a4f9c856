"""Who may read series; each look at the reports of one is in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.record_read import record_read
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Role
from chainbreak.store.desk import series as desk_series

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_READ = frozenset({Role.ANALYST, Role.FUND_DESK, Role.APPROVER, Role.LIAISON, Role.COMMANDER, Role.AUDITOR})
"""Whose work rests on series: those who judge, sign, pass on and check."""


def admit_series(
    office: Office, actor: Actor, action: str, thing: str, *, purpose: str = "", case: str = "", often: bool = False
) -> None:  # fmt: skip
    """Note in the log that somebody looks at `thing` (`series:S-000123`, `report:…`), or refuse and note that;
    `often`: a list, of which one look in ten minutes is noted.

    Raises:
        RefusedError: a role whose work does not rest on series (CB-SE-012).
    """
    may = actor.has(*MAY_READ)
    record_read(office, actor, action if may else "series.refuse_read", thing, purpose=purpose.strip(),
                case=case.strip(), often=often and may)  # fmt: skip
    if not may:
        raise RefusedError("CB-SE-012", "series are not within your rights", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_READ)))  # fmt: skip


def series_named(conn: Connection, series_id: str) -> Any:
    """The row of a series.

    Raises:
        UsageError: no such series (CB-SE-001).
    """
    row = desk_series.read_series(conn, series_id)
    if row is None:
        raise UsageError("CB-SE-001", "there is no such series", given=series_id[:40],
                         next_step="chainbreak link list")  # fmt: skip
    return row


def living_members(conn: Connection, series_id: str) -> list[str]:
    """The reports of a living series, sorted.

    Raises:
        UsageError: no such series (CB-SE-001), or one that has ended (CB-SE-008).
    """
    row = series_named(conn, series_id)
    if row.state != desk_series.LIVE:
        raise UsageError("CB-SE-008", "the series has ended", given=series_id,
                         next_step=f"chainbreak link show {row.merged_into or series_id}")  # fmt: skip
    return sorted(desk_series.members(conn, series_id))
