"""What an operator sees between calls: who waits, who is called again and when, how the shift went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.calls import callable_ranks
from chainbreak.act.warnings.model import REACHED
from chainbreak.app.next_warning import must_call
from chainbreak.base.clock import to_us

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MOST_COUNTED, SHOWN = 1_000, 8
"""A page says "1,000" for that many and more; rows of the list of call-backs."""


def hotline_shift(office: Office, actor: Actor) -> dict[str, Any]:
    """`waiting` (to be called now, up to 1,000), `again` (call-backs: rows as `warning_row` gives them), `shift`
    (calls, reached, dissuaded, verified of the actor since local midnight).

    Raises:
        RefusedError: the actor works no calls (CB-WA-140).
    """
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.list_warnings import warning_row
    from chainbreak.base.clock import from_us
    from chainbreak.store.desk import warning_calls as calls
    from chainbreak.store.desk import warnings as desk

    must_call(actor)
    now = office.clock.now_us()
    midnight = from_us(now, office.centre.settings.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    with office.desk.read() as conn:
        policy = current_policy(conn, office)
        ranks = callable_ranks(policy, now, office.centre.settings.zone)
        again = calls.call_backs(conn, now, SHOWN)
        events = desk.events_of(conn, [row["warning_id"] for row in again])
        return {
            "waiting": calls.waiting(conn, ranks, now, MOST_COUNTED),
            "again": [warning_row(row, events.get(row["warning_id"], []), policy, now) for row in again],
            "shift": calls.shift_of(conn, actor.name, to_us(midnight), REACHED),
        }  # fmt: skip
