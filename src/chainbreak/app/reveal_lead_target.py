"""What a lead is about, in clear, for the unit that has taken it on: nobody can look into a number they cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.leads.machine import UNIT
from chainbreak.act.leads.model import Lead, State
from chainbreak.app.move_lead import read_lead
from chainbreak.app.reveal_identifier import MAY_REVEAL, OPEN_US, Revealed
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.finding import read_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

TAKEN_ON = frozenset({State.ACCEPTED, State.WORKED})


def reveal_lead_target(office: Office, actor: Actor, lead_id: str, *, purpose: str, case: str) -> Revealed:
    """The value behind the target's token. A leaf `lead.reveal` is committed before the vault is opened, a refusal
    leaves `lead.refuse_reveal`; no leaf holds the value.

    Raises:
        UsageError: no such lead (CB-LF-001), or its target is written in clear anyway (CB-LF-037).
        RefusedError: no purpose or case, or neither the unit that took it on nor a role that sees such values
            (CB-LF-036).
        InputError: not in the vault (CB-ID-021).
    """
    from chainbreak.audit.log import Entry, append

    with office.desk.begin() as conn:
        lead = read_lead(conn, lead_id)
        kind = sealed_kind(lead.content.target)
        if kind is None:
            raise UsageError("CB-LF-037", "what this lead is about is written in clear", given=lead.content.target)
        may = may_reveal_target(lead, actor) and bool(purpose.strip() and case.strip())
        append(conn, Entry.by(
            actor, office.clock.now_us(), "lead.reveal" if may else "lead.refuse_reveal", lead.content.target,
            purpose=purpose.strip(), case=case.strip(), payload={"lead": lead_id},
        ))  # fmt: skip
    if not may:
        raise RefusedError("CB-LF-036", "a reveal needs a purpose, a case, and the unit that took the lead on",
                           given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_REVEAL[kind] | UNIT)))  # fmt: skip
    target = lead.content.target
    return Revealed(target, office.vault.value(kind, read_token(target)[1]), office.clock.now_us() + OPEN_US)


def may_reveal_target(lead: Lead, actor: Actor) -> bool:
    """Whether the actor may see what the lead is about: at the unit while it works on it, elsewhere by role."""
    kind = sealed_kind(lead.content.target)
    if kind is None:
        return False
    return actor.has(*MAY_REVEAL[kind]) or (actor.has(*UNIT) and lead.state in TAKEN_ON)


def sealed_kind(target: str) -> Identifier | None:
    """The kind of a target whose value is in the vault; None for a domain, a cell, an outlet or a series."""
    try:
        return Identifier(read_token(target)[0])
    except ValueError:
        return None
