"""Take reports out of a series: none of them is in one series with any of the rest, from the next run on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.app.link_decisions import deciding, outcome, read_rulings, write_decision
from chainbreak.app.read_series import living_members
from chainbreak.base.errors import UsageError
from chainbreak.find.linkage.decisions import SPLIT, Ruling, cut_by
from chainbreak.store.desk.series import newest_decision

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def split_series(
    office: Office, actor: Actor, series_id: str, reports: Sequence[str], why: str, *,
    key: str | None = None, dry_run: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Take `reports` out of the series `series_id`. Whether those taken out form a series follows from their evidence.

    `cuts`: earlier merges whose groups this cuts through; what is left on either side of the cut stays joined.

    Raises:
        UsageError: no such series (CB-SE-001), one that has ended (CB-SE-008), a report that is not in it, or none
            left in it (CB-SE-009), more pairs than a run holds (CB-SE-010), no reason (CB-SE-004).
        RefusedError: the actor may not decide (CB-SE-002).
    """
    with deciding(office, actor, why, key=key, dry_run=dry_run) as conn:
        return take_apart(conn, office, actor, SPLIT, series_id, reports, why, dry_run=dry_run)


def take_apart(
    conn: Connection, office: Office, actor: Actor, kind: str, series_id: str, reports: Sequence[str], why: str, *,
    dry_run: bool,
) -> dict[str, Any]:  # fmt: skip
    """Write the decision `kind` (split, detach) that keeps `reports` of the series apart from its others."""
    members, out = living_members(conn, series_id), sorted(set(reports))
    strangers = sorted(set(out) - set(members))
    rest = sorted(set(members) - set(out))
    if strangers or not out or not rest:
        raise UsageError("CB-SE-009", "a split takes some members out and leaves others",
                         given=", ".join(strangers)[:200] or f"{len(out)} of {len(members)}",
                         next_step=f"chainbreak link show {series_id}")  # fmt: skip
    cuts = cut_by(read_rulings(conn), Ruling(newest_decision(conn) + 1, kind, tuple(out), tuple(rest)))
    number = write_decision(conn, office, actor, kind, why, out, rest, series_a=series_id)
    return outcome(conn, [number], dry_run=dry_run, kind=kind, series=series_id, out=out, rest=len(rest), cuts=cuts)
