"""Lodge an objection against a published division, or decide one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.move_return import move_return
from chainbreak.app.return_claims import masked

if TYPE_CHECKING:
    from chainbreak.act.returns.model import Return
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def object_to_return(
    office: Office, actor: Actor, return_id: str, objector: str, grounds: str, claim_id: str = "", *,
    seen: int | None = None, dry_run: bool = False,
) -> Return:  # fmt: skip
    """Take an objection while the notice runs; `objector`: a claim or a name, which is masked; `claim_id`: whose share.

    Raises:
        UsageError, RefusedError: as `move_return`.
    """
    data = {"objector": masked(objector), "reason": grounds, "claim_id": claim_id}
    return move_return(office, actor, return_id, "object", data, seen=seen, dry_run=dry_run)


def decide_objection(
    office: Office, actor: Actor, return_id: str, number: int, outcome: str, reason: str, *, seen: int | None = None,
    dry_run: bool = False,
) -> Return:  # fmt: skip
    """Uphold an objection, so that the plan must be revised, or reject it.

    Raises:
        UsageError, RefusedError: as `move_return`.
    """
    data = {"number": number, "outcome": outcome, "reason": reason}
    return move_return(office, actor, return_id, "answer", data, seen=seen, dry_run=dry_run)
