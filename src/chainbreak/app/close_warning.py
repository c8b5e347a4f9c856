"""Close warnings: whatever is pending about them on any channel is cancelled in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.records.actor import Actor


def close_warning(
    conn: Connection, actor: Actor, warning_ids: Iterable[str], state: str, outcome: str, now_us: int
) -> list[str]:
    """Close those of the warnings that are open, in the caller's transaction; their ids.

    `state`: resolved, lapsed or retracted; `outcome` "" when nobody was spoken with: what an earlier talk came to then
    stays. A talk that outlasted its warning settles one that has lapsed too. Messages that have not left, the next call
    and visits that have not begun are off; the caller leaves the leaf.
    """
    from sqlalchemy import select, update

    from chainbreak.act.warnings.model import LAPSED
    from chainbreak.store.desk import warnings as desk
    from chainbreak.store.desk.funds import chunks
    from chainbreak.store.desk.tables_warnings import warning as w
    from chainbreak.store.desk.visits import cancel_visits
    from chainbreak.store.desk.warning_sends import cancel_sends

    closed: list[str] = []
    ends = (desk.OPEN, LAPSED) if outcome else (desk.OPEN,)
    for some in chunks(warning_ids):
        still = select(w.c.warning_id).where(w.c.warning_id.in_(some), w.c.state.in_(ends))
        closed += conn.execute(still).scalars().all()
    reason = outcome or state
    came_to: dict[str, Any] = {"outcome": outcome, "outcome_at_us": now_us} if outcome else {}
    for some in chunks(closed):
        conn.execute(update(w).where(w.c.warning_id.in_(some)).values(
            state=state, calls=False, call_at_us=None, visit_due_at_us=None, holder=None, held_until_us=None,
            updated_at_us=now_us, **came_to,
        ))  # fmt: skip
    cancel_sends(conn, closed, reason, now_us)
    cancel_visits(conn, closed, reason, now_us, actor.name)
    desk.add_moves(conn, [(one, {"outcome": outcome}) for one in closed], now_us, actor.name, state)
    return closed
