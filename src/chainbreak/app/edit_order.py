"""Change a draft. An edit of a submitted or approved order voids every signature and makes it a draft again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.drafting import with_notice
from chainbreak.act.orders.model import Order
from chainbreak.app.draft_order import check_references
from chainbreak.app.order_ask import ask_for, rules_of
from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

EDITABLE = frozenset({
    "rung", "legal_basis", "case_ref", "purpose", "ladder_reason", "starts_at_us", "expires_at_us", "partners",
    "amount_fen", "exception",
})  # fmt: skip


def edit_order(office: Office, actor: Actor, order_id: str, changes: dict[str, Any]) -> Order:
    """Overwrite fields of the content; the notice is written anew.

    Raises:
        UsageError: no such order (CB-OR-003), a field that cannot be edited (CB-OR-064), a rung, article or partner
            that this kind does not have (CB-OR-011, CB-OR-068, CB-OR-069).
        RefusedError: partners already hold it (CB-OR-007), an exclusion, the role.
    """
    for name in changes:
        if name not in EDITABLE:
            raise UsageError("CB-OR-064", "not a field that can be edited", given=name,
                             allowed=did_you_mean(name, EDITABLE))  # fmt: skip
    rules = rules_of(office)
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        changed = replace(order.content, **changes)
        ladder = rules.kind(changed.kind).ladder
        if changed.rung not in ladder:
            raise UsageError("CB-OR-011", "not a step of this kind's ladder", given=changed.rung,
                             allowed=", ".join(ladder))  # fmt: skip
        check_references(conn, changed)
        content = with_notice(changed, order_id, office.centre.settings)
        ask = ask_for(office, conn, actor, order, content=content, check_lists=True)
        return ledger.make(conn, "edit", order_id, order, ask, rules)
