"""Take the next person to call: the first of the queue that nobody else has open, now locked by the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.calls import HOLD_US, callable_ranks
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_CALL = frozenset({Role.HOTLINE})
"""Who speaks with people who are warned."""


def next_warning(office: Office, actor: Actor) -> dict[str, Any] | None:
    """The card of who is called next, as `warning_card` gives it, or None; the lock ends after 10 minutes.

    An operator who has a card open gets the same again until its outcome is recorded: nobody picks.

    Raises:
        RefusedError: the actor works no calls (CB-WA-140).
    """
    from chainbreak.app.current_policy import current_policy
    from chainbreak.app.phrase_of_card import ready_phrase
    from chainbreak.app.warning_card import warning_card
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_calls as calls

    must_call(actor)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        ranks = callable_ranks(current_policy(conn, office), now, office.centre.settings.zone)
        taken = calls.first_to_call(conn, actor.name, ranks, now)
        if taken is None:
            return None
        calls.take(conn, taken, actor.name, now, now + HOLD_US)
        ready_phrase(conn, actor, taken, now)
        append(conn, Entry.by(actor, now, "warning.open", f"warning:{taken}", purpose="warn"))
    return warning_card(office, actor, taken)


def must_call(actor: Actor) -> None:
    """Let only those go on who work calls.

    Raises:
        RefusedError: the actor does not (CB-WA-140).
    """
    if not actor.has(*MAY_CALL):
        raise RefusedError("CB-WA-140", "calls are the hotline's", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_CALL)))  # fmt: skip
