"""Enter what the bank says of decided shares: paid, under its receipt, or not, and why.

The same receipt entered again changes nothing, so a file may be entered twice and a lost answer sent again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.act.returns.machine import PAYERS, may
from chainbreak.act.returns.model import PAID, Return, Share
from chainbreak.app.move_return import move_in, read_return, return_now
from chainbreak.base.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


@dataclass(frozen=True)
class Receipt:
    """The bank's word on one share. `fen` None: as decided; `receipt` "": not paid, for `reason`. `round` 0: the first
    one in which this claim has a share that is not paid.
    """

    claim_id: str
    receipt: str = ""
    reason: str = ""
    fen: int | None = None
    round: int = 0


def pay_return(
    office: Office, actor: Actor, return_id: str, receipts: Iterable[Receipt], *, seen: int | None = None,
    dry_run: bool = False,
) -> Return:  # fmt: skip
    """Enter receipts; what was entered before in the same words is left out.

    Raises:
        UsageError: no such return (CB-RM-001), or no receipt (CB-RM-037).
        RefusedError: the role (CB-RM-003), or a receipt that does not fit what was decided (CB-RM-037 to CB-RM-040).
    """
    if not may("pay", actor):
        raise RefusedError("CB-RM-003", "this role may not: pay", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(PAYERS)))  # fmt: skip
    with office.desk.read() if dry_run else office.desk.begin() as conn:
        found = read_return(conn, return_id)
        said = list(receipts)
        if not said:
            raise UsageError("CB-RM-037", "no receipt was given", allowed="--claim ID --receipt NUMBER, or --file CSV")
        now = return_now(conn, office.clock.now_us())
        new = [payment for one in said if (payment := _payment(found, one, now)) is not None]
        if not new:
            return found
        return move_in(office, conn, actor, return_id, "pay", {"payments": new}, seen=seen, keeps=not dry_run)


def _payment(found: Return, one: Receipt, now_us: int) -> dict[str, Any] | None:
    own = [s for s in found.shares if s.claim_id == one.claim_id and one.round in (0, s.round)]
    if any(_is_same(share, one) for share in own):
        return None
    share = next((s for s in own if s.outcome != PAID), own[-1] if own else None)
    return {
        "round": share.round if share else one.round, "claim_id": one.claim_id,
        "fen": one.fen if one.fen is not None else share.fen if share else 0,
        "receipt": one.receipt, "reason": one.reason, "at_us": now_us,
    }  # fmt: skip


def _is_same(share: Share, one: Receipt) -> bool:
    return (
        bool(share.receipt or share.reason)
        and (share.receipt, share.reason) == (one.receipt, one.reason)
        and (one.fen in (None, share.fen))
    )
