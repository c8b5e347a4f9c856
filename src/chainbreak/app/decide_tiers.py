"""Decide on a proposed change of the tiers: an approver other than its proposer; approved, it is in force at once.

What stands keeps its tier until something new is observed about it: what was promised stays promised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.tiers import read_policy
from chainbreak.app.current_policy import current_policy
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def approve_tiers(office: Office, actor: Actor, version: int) -> None:
    """Put a proposed change in force.

    Raises:
        UsageError: no such change (CB-WA-185).
        RefusedError: the role (CB-WA-180), the proposer himself (CB-WA-186), decided already (CB-WA-191), or the tiers
            in force are others than those it was tried against (CB-WA-188).
    """
    with office.desk.begin() as conn:
        row, now = _to_decide(conn, actor, version), current_policy(conn, office)
        if _tried_against(row) != now.name:
            raise RefusedError("CB-WA-188", "the tiers changed since this was tried", given=_tried_against(row),
                               allowed=now.name, next_step="chainbreak warn tiers propose FILE")  # fmt: skip
        _decide(office, conn, actor, row, "approved", "")


def decline_tiers(office: Office, actor: Actor, version: int, reason: str) -> None:
    """Decline a proposed change.

    Raises:
        UsageError: no such change (CB-WA-185), or nothing said (CB-WA-184).
        RefusedError: the role (CB-WA-180), the proposer himself (CB-WA-186), or decided already (CB-WA-191).
    """
    if not reason.strip():
        raise UsageError("CB-WA-184", "say why", allowed="why it is declined")
    with office.desk.begin() as conn:
        _decide(office, conn, actor, _to_decide(conn, actor, version), "declined", reason.strip())


def withdraw_tiers(office: Office, actor: Actor, version: int) -> None:
    """Take back one's own proposal.

    Raises:
        UsageError: no such change (CB-WA-185).
        RefusedError: somebody else's (CB-WA-186), or decided already (CB-WA-191).
    """
    with office.desk.begin() as conn:
        row = _waiting(conn, version)
        if row["proposed_by"] != actor.name:
            raise RefusedError("CB-WA-186", "only its proposer takes a proposal back", given=actor.name,
                               allowed=row["proposed_by"])  # fmt: skip
        _decide(office, conn, actor, row, "withdrawn", "")


def may_decide(actor: Actor, proposed_by: str) -> bool:
    """Whether a change that `proposed_by` proposed is this actor's to decide."""
    return actor.has(Role.APPROVER) and actor.name != proposed_by


def _waiting(conn: Connection, version: int) -> dict[str, Any]:
    from chainbreak.store.desk import warning_policies as desk

    row = desk.policy_row(conn, version)
    if row is None:
        raise UsageError("CB-WA-185", "there is no such change of the tiers", given=str(version),
                         next_step="chainbreak warn tiers show")  # fmt: skip
    if row["state"] != desk.PROPOSED:
        raise RefusedError("CB-WA-191", "it was decided already", given=row["state"], allowed=desk.PROPOSED)
    return row


def _to_decide(conn: Connection, actor: Actor, version: int) -> dict[str, Any]:
    if not actor.has(Role.APPROVER):
        raise RefusedError("CB-WA-180", "this role does not decide on tiers", given="+".join(sorted(actor.roles)),
                           allowed=Role.APPROVER)  # fmt: skip
    row = _waiting(conn, version)
    if not may_decide(actor, row["proposed_by"]):
        raise RefusedError("CB-WA-186", "who proposed it does not decide it", given=actor.name,
                           allowed="another approver")  # fmt: skip
    return row


def _tried_against(row: dict[str, Any]) -> str:
    import json

    return str(json.loads(row["back_test"])["old"]["name"])


def _decide(office: Office, conn: Connection, actor: Actor, row: dict[str, Any], state: str, why: str) -> None:
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_policies as desk

    now, version = office.clock.now_us(), row["version"]
    desk.decide_policy(conn, version, state, actor.name, now, why)
    append(conn, Entry.by(actor, now, "warning.policy", f"policy:{version}", payload={
        "move": state, "name": read_policy(row["body"]).name, "proposed_by": row["proposed_by"], "why": why,
    }))  # fmt: skip
