"""Take one report out of its series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.link_decisions import deciding
from chainbreak.app.split_series import take_apart
from chainbreak.base.errors import UsageError
from chainbreak.find.linkage.decisions import DETACH
from chainbreak.store.desk.series import series_of

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def detach_report(
    office: Office, actor: Actor, report_id: str, why: str, *, key: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Keep the report apart from every other report of the series it is in now.

    Raises:
        UsageError: it is in no series (CB-SE-009), no reason (CB-SE-004).
        RefusedError: the actor may not decide (CB-SE-002).
    """
    with deciding(office, actor, why, key=key, dry_run=dry_run) as conn:
        series_id = series_of(conn, [report_id]).get(report_id)
        if series_id is None:
            raise UsageError("CB-SE-009", "the report is in no series", given=report_id[:80])
        return take_apart(conn, office, actor, DETACH, series_id, [report_id], why, dry_run=dry_run)
