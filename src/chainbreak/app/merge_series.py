"""Say that series are one: every report of them belongs together from the next run on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.app.link_decisions import deciding, outcome, write_decision
from chainbreak.app.read_series import living_members
from chainbreak.base.errors import UsageError
from chainbreak.find.linkage.decisions import MERGE

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def merge_series(
    office: Office, actor: Actor, series_ids: Sequence[str], why: str, *, key: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Merge the first of `series_ids` with each of the others: one decision each, so that each can be undone alone.

    A decision holds the reports of both as they stand now; reports that join later are linked on their own evidence.

    Raises:
        UsageError: fewer than two different series (CB-SE-005), none of that id (CB-SE-001), one that has ended
            (CB-SE-008), no reason (CB-SE-004).
        RefusedError: the actor may not decide (CB-SE-002).
    """
    ids = list(dict.fromkeys(series_ids))
    if len(ids) < 2:
        raise UsageError("CB-SE-005", "a merge needs two series", given=", ".join(series_ids)[:200])
    with deciding(office, actor, why, key=key, dry_run=dry_run) as conn:
        first, *others = ids
        members = {series_id: living_members(conn, series_id) for series_id in ids}
        numbers = [
            write_decision(conn, office, actor, MERGE, why, members[first], members[other],
                           series_a=first, series_b=other)
            for other in others
        ]  # fmt: skip
        reports = sum(map(len, members.values()))
        return outcome(conn, numbers, dry_run=dry_run, kind=MERGE, series=ids, reports=reports)
