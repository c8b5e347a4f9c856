"""The handsets and cards of a lead in clear, so that who stands before the box can compare: a reveal like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.reveal_identifier import MAY_REVEAL, known_values
from chainbreak.audit.log import Entry, append
from chainbreak.base.errors import RefusedError
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

KINDS = (Identifier.IMEI, Identifier.IMSI, Identifier.LINE)
"""What stands on or in the box. Whom it called is nobody's business at the door."""


def reveal_lead(office: Office, actor: Actor, lead: dict[str, Any], *, purpose: str, case: str) -> dict[str, str]:
    """Written token -> value of the finding's own members, of the kinds the actor may see and the vault knows.

    Raises:
        RefusedError: no purpose, no case, or a role without the right (CB-FN-006); the attempt is in the log.
    """
    found = lead["found"]
    kinds = [kind for kind in KINDS if actor.has(*MAY_REVEAL[kind])]
    may = bool(purpose.strip() and case.strip() and kinds)
    with office.desk.begin() as conn:
        action = "finding.reveal" if may else "finding.refuse_reveal"
        append(conn, Entry.by(actor, office.clock.now_us(), action, f"finding:{found['finding_id']}",
                              purpose=purpose.strip(), case=case.strip()))  # fmt: skip
    if not may:
        raise RefusedError("CB-FN-006", "a reveal needs a purpose, a case and a role that may", given=actor.name)
    return known_values(office, {member["token"] for member in found["members"]}, kinds)
