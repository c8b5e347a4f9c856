"""A receipt: one entry, its inclusion proof and the newest checkpoint, in one file that checks offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.read_log import reading_log
from chainbreak.records.actor import Actor

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def prove_entry(
    office: Office, actor: Actor, sequence: int, *, purpose: str, case: str = "", opened: bool = False
) -> dict[str, Any]:
    """The parts of the receipt; `opened` adds the payload and its salt, for the person it concerns.

    Raises:
        UsageError: no such entry (CB-AU-004), or no checkpoint covers it yet (CB-AU-013).
        RefusedError: no auditor (CB-AU-014), no purpose (CB-AU-015).
    """
    from chainbreak.audit.export import receipt

    details = {"opened": opened}
    with reading_log(office, actor, "prove", f"entry:{sequence}", purpose=purpose, case=case, payload=details) as conn:
        return receipt(conn, office.centre.log, sequence, opened=opened)
