"""Take the next finding: the most urgent one that nobody else has open, now open for the actor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.give_verdict import may_judge
from chainbreak.app.show_finding import show_finding
from chainbreak.store.desk import findings
from chainbreak.store.desk.findings import Filter

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def next_finding(office: Office, actor: Actor, wanted: Filter | None = None) -> dict[str, Any] | None:
    """The next finding, as `show_finding` gives it, or None; the lock ends after 10 idle minutes.

    Raises:
        RefusedError: the actor may not judge, so nothing is kept from those who may (CB-FN-003).
    """
    from chainbreak.audit.log import Entry, append

    may_judge(actor)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        taken = findings.take_next(conn, wanted or Filter(), actor.name, now)
        if taken is None:
            return None
        append(conn, Entry.by(actor, now, "finding.take", f"finding:{taken}"))
    return show_finding(office, taken)
