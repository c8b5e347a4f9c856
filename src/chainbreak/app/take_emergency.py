"""One authorised officer acts at once: a hold of an amount, or a limit on outgoing calls, for 30 minutes at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.model import Order
from chainbreak.app.draft_order import begin_order

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def take_emergency(office: Office, actor: Actor, finding_id: str, wish: Wish, key: str | None = None) -> Order:
    """The emergency measure, queued for sending; it lapses by itself unless a second person approves the order.

    `wish.expires_at_us` is the end it has once confirmed.

    Raises:
        UsageError, InputError: as for a draft.
        RefusedError: not a measure one may take alone (CB-OR-040), the same person again (CB-OR-043), and all that
            stands against a submission.
    """
    return begin_order(office, actor, finding_id, wish, "emergency", key)
