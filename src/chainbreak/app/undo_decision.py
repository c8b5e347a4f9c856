"""Take back any decision on links, however old; what followed from it ceases, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.link_decisions import as_ruling, deciding, outcome, write_decision
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.find.linkage.decisions import UNDO, is_undone
from chainbreak.store.desk import series as desk_series

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def undo_decision(
    office: Office, actor: Actor, decision_id: int, why: str, *, key: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Take back the decision `decision_id`, anybody's; of an undoing: the decision it took back stands again.

    Nothing is deleted: the row stays, with the row that takes it back.

    Raises:
        UsageError: no such decision (CB-SE-006), no reason (CB-SE-004).
        RefusedError: it was already taken back (CB-SE-007), or the actor may not decide (CB-SE-002).
    """
    with deciding(office, actor, why, key=key, dry_run=dry_run) as conn:
        row = desk_series.read_decision(conn, decision_id)
        if row is None:
            raise UsageError("CB-SE-006", "there is no such decision", given=str(decision_id),
                             next_step="chainbreak link show SERIES")  # fmt: skip
        rulings = [as_ruling(r) for r in desk_series.read_decisions(conn)]
        if is_undone(rulings, decision_id):
            raise RefusedError("CB-SE-007", "it was already taken back", given=str(decision_id),
                               next_step="to bring it back, undo the undoing")  # fmt: skip
        number = write_decision(
            conn, office, actor, UNDO, why, (), series_a=row.series_a, series_b=row.series_b, undoes=decision_id
        )
        return outcome(conn, [number], dry_run=dry_run, kind=UNDO, undoes=decision_id, was=row.kind)
