"""Decide a return: from now on each share is owed to its victim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.returns.period import pay_by_us
from chainbreak.app.move_return import move_in, return_now
from chainbreak.app.order_ask import rules_of

if TYPE_CHECKING:
    from chainbreak.act.returns.model import Return
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def decide_return(
    office: Office, actor: Actor, return_id: str, digest: str, *, seen: int | None = None, dry_run: bool = False
) -> Return:
    """Decide under the digest that was looked at: at once where money is traced, after the notice where it is divided.

    Raises:
        UsageError, RefusedError: as `move_return`.
    """
    zone, holidays = office.centre.settings.zone, rules_of(office).holidays
    with office.desk.read() if dry_run else office.desk.begin() as conn:
        by = pay_by_us(return_now(conn, office.clock.now_us()), zone, holidays)
        return move_in(office, conn, actor, return_id, "decide", {"digest": digest, "pay_by_us": by}, digest=digest,
                       seen=seen, keeps=not dry_run)  # fmt: skip
