"""Sign the plan of a return that somebody else wrote, send it back, give it up, or renew the freeze it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.move_return import move_return

if TYPE_CHECKING:
    from chainbreak.act.returns.model import Return
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def review_return(
    office: Office, actor: Actor, return_id: str, digest: str, *, seen: int | None = None, dry_run: bool = False
) -> Return:
    """Sign it; `digest`: of the plan and division that were looked at.

    Raises:
        UsageError, RefusedError: as `move_return`.
    """
    return move_return(office, actor, return_id, "review", {"digest": digest}, digest=digest, seen=seen,
                       dry_run=dry_run)  # fmt: skip


def send_back_return(
    office: Office, actor: Actor, return_id: str, reason: str, *, seen: int | None = None, dry_run: bool = False
) -> Return:
    """Have it planned again, for this reason.

    Raises:
        UsageError, RefusedError: as `move_return`.
    """
    return move_return(office, actor, return_id, "send_back", {"reason": reason}, seen=seen, dry_run=dry_run)


def withdraw_return(
    office: Office, actor: Actor, return_id: str, reason: str, *, seen: int | None = None, dry_run: bool = False
) -> Return:
    """Give this round up; the money stays frozen.

    Raises:
        UsageError, RefusedError: as `move_return`.
    """
    return move_return(office, actor, return_id, "withdraw", {"reason": reason}, seen=seen, dry_run=dry_run)


def renew_return(
    office: Office, actor: Actor, return_id: str, basis: str, until_us: int, *, seen: int | None = None,
    dry_run: bool = False,
) -> Return:  # fmt: skip
    """Note that the freeze was renewed until `until_us` (UTC µs) on this basis; amounts and signatures stand.

    Raises:
        UsageError, RefusedError: as `move_return`.
    """
    data = {"basis": basis, "until_us": until_us}
    return move_return(office, actor, return_id, "renew", data, seen=seen, dry_run=dry_run)
