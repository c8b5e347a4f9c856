"""Note that somebody complained about being warned: counted with the measures, beside mutes and false alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

ABOUT = ("too_often", "at_night", "manner", "not_believed", "privacy", "other")
"""What it is about; the words themselves belong into an appeal or a letter, not here."""
MAY_NOTE = frozenset({Role.HOTLINE, Role.OFFICER, Role.COMMANDER, Role.APPROVER})


def note_complaint(office: Office, actor: Actor, warning_id: str, about: str) -> None:
    """Note one complaint about a warning.

    Raises:
        UsageError: no such warning (CB-WA-192), or no such word (CB-US-001).
        RefusedError: the role (CB-WA-180).
    """
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.warning_measures import is_warning
    from chainbreak.store.desk.warnings import add_move

    if not actor.has(*MAY_NOTE):
        raise RefusedError("CB-WA-180", "this role does not note complaints", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_NOTE)))  # fmt: skip
    if about not in ABOUT:
        raise UsageError("CB-US-001", "no such word", given=about, allowed=did_you_mean(about, ABOUT))
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        if not is_warning(conn, warning_id):
            raise UsageError("CB-WA-192", "there is no such warning", given=warning_id[:16])
        add_move(conn, warning_id, now, actor.name, "complaint", {"about": about})
        append(conn, Entry.by(actor, now, "warning.complaint", f"warning:{warning_id}", payload={"about": about}))
