"""Let go of an order everywhere, with one wish: an approver's releases it, a liaison's asks the approvers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import ISSUED
from chainbreak.app.order_ask import rules_to_let_go
from chainbreak.app.release_order import release_order
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.rules import Rules
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def let_go(office: Office, actor: Actor, order_id: str, reason: str = "other", note: str = "") -> dict[str, Any]:
    """`order_id` and `outcome`: `released` (every partner that holds it is told at once), or `asked`.

    A liaison sees first that a block is wrong but decides about none: the wish becomes a task of the approvers, due
    when an unconfirmed emergency would lapse, that is while a second person is there anyway. Asking twice is one task.

    Raises:
        UsageError: no such order (CB-OR-003), or a reason that is not on the list (CB-OR-065).
        RefusedError: it was never issued or is over (CB-OR-004), the role (CB-OR-005).
    """
    if actor.has(Role.APPROVER):
        release_order(office, actor, order_id, reason, note)
        return {"order_id": order_id, "outcome": "released"}
    rules = rules_to_let_go(office)
    if not actor.has(Role.LIAISON):
        raise RefusedError("CB-OR-005", "this role neither releases nor asks for it",
                           given="+".join(sorted(actor.roles)), allowed="approver, liaison")  # fmt: skip
    if reason not in rules.release_reasons:
        raise UsageError("CB-OR-065", "not a reason for a release", given=reason,
                         allowed=did_you_mean(reason, rules.release_reasons))  # fmt: skip
    with office.desk.begin() as conn:
        _ask(office, conn, actor, order_id, reason, note, rules)
    return {"order_id": order_id, "outcome": "asked"}


def _ask(
    office: Office, conn: Connection, actor: Actor, order_id: str, reason: str, note: str, rules: Rules
) -> None:  # fmt: skip
    from chainbreak.audit.log import Entry, append

    order = ledger.read_order(conn, order_id)
    if order.state not in ISSUED:
        raise RefusedError("CB-OR-004", "not possible from here: release", given=order.state,
                           allowed=", ".join(sorted(ISSUED)))  # fmt: skip
    now = ledger.order_now(conn, office.clock.now_us())
    if not ledger.has_open_task(conn, ledger.RELEASE_ASKED, order_id):
        said = f"{actor.name}: {reason} {note}".strip()
        ledger.open_task(conn, ledger.RELEASE_ASKED, order_id, said, now, now + rules.clocks.emergency_us)
    append(conn, Entry.by(
        actor, now, "order.ask_release", f"order:{order_id}", purpose=order.content.purpose,
        case=order.content.case_ref, payload={"reason": reason, "note": note},
    ))  # fmt: skip
