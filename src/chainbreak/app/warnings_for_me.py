"""What of warnings waits for whom: the operator's next calls, the officer's visits, what leaders see run late, and who
told the hotline that money was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.calls import callable_ranks
from chainbreak.app.current_policy import current_policy
from chainbreak.app.list_visits import list_visits
from chainbreak.app.list_warnings import warning_row
from chainbreak.app.next_warning import MAY_CALL
from chainbreak.app.visit_rights import VISITORS
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

LEADS = frozenset({Role.COMMANDER, Role.APPROVER})
"""Who can do something about a shortage of operators."""


def warnings_for_me(office: Office, actor: Actor, limit: int) -> dict[str, list[dict[str, Any]]]:
    """At most `limit` rows each of what the actor's roles are for: `calls` in the order of calling, `late` warnings the
    latest first (rows of `list_warnings`), `visits` planned for the actor; a part that is not theirs is left out.
    """
    from chainbreak.store.desk import warning_reads as reads
    from chainbreak.store.desk.warnings import events_of

    now, found = office.clock.now_us(), {}
    with office.desk.read() as conn:
        policy = current_policy(conn, office)
        if actor.has(*MAY_CALL):
            ranks = callable_ranks(policy, now, office.centre.settings.zone)
            found["calls"] = reads.to_call_first(conn, ranks, now, limit)
        if actor.has(*LEADS):
            found["late"] = reads.latest(conn, now, limit)
        events = events_of(conn, [row["warning_id"] for rows in found.values() for row in rows])
    told = {
        name: [warning_row(row, events.get(row["warning_id"], ()), policy, now) for row in rows]
        for name, rows in found.items()
    }
    if actor.has(*VISITORS):
        told["visits"] = list_visits(office, actor, "mine")[:limit]
    return told
