"""Publish a reviewed division in proportion: 30 days of public notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.returns.period import notice_until_us
from chainbreak.app.move_return import move_in, return_now
from chainbreak.app.order_ask import rules_of

if TYPE_CHECKING:
    from chainbreak.act.returns.model import Return
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def publish_return(
    office: Office, actor: Actor, return_id: str, *, seen: int | None = None, dry_run: bool = False
) -> Return:
    """Begin the notice; it ends with its thirtieth day, or with the next working day when that is a day off.

    Raises:
        UsageError, RefusedError: as `move_return`.
    """
    zone, holidays = office.centre.settings.zone, rules_of(office).holidays
    with office.desk.read() if dry_run else office.desk.begin() as conn:
        until = notice_until_us(return_now(conn, office.clock.now_us()), zone, holidays)
        return move_in(office, conn, actor, return_id, "publish", {"notice_until_us": until}, seen=seen,
                       keeps=not dry_run)  # fmt: skip
