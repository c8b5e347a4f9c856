"""Open an appeal: with the receipt code alone, or by whoever took it at the hotline, the counter or the post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import appeals, ledger
from chainbreak.app.order_ask import plain_ask, rules_to_let_go
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

LONGEST_STATEMENT = 4_000


def open_appeal(
    office: Office, actor: Actor, statement: str, *, order_id: str | None = None, code: str | None = None,
    channel: str = "code",
) -> dict[str, Any]:  # fmt: skip
    """A new appeal about the order named by its number or by the code on its notice, with its deadlines.

    The public status page passes `SERVICE` as the actor and the code.

    Raises:
        UsageError: neither names an order (CB-OR-003, CB-OR-063), no such channel (CB-OR-067), no statement or one
            that is too long (CB-OR-071).
        RefusedError: the order was never issued, or was already annulled (CB-OR-004).
    """
    if channel not in appeals.CHANNELS:
        raise UsageError("CB-OR-067", "no such channel", given=channel, allowed=", ".join(appeals.CHANNELS))
    if not 0 < len(statement.strip()) <= LONGEST_STATEMENT:
        raise UsageError("CB-OR-071", "an appeal needs a statement", given=f"{len(statement)} characters",
                         allowed=f"1..{LONGEST_STATEMENT}")  # fmt: skip
    with office.desk.begin() as conn:
        order = ledger.read_by_code(conn, code) if code else ledger.read_order(conn, order_id or "")
        ask = plain_ask(office, conn, actor)
        zone = office.centre.settings.zone
        appeal_id = appeals.open_appeal(conn, order, ask, channel, statement.strip(), zone, rules_to_let_go(office))
        opened = appeals.read_appeal(conn, appeal_id)
    return {
        "appeal_id": appeal_id, "order_id": order.order_id, "accept_by": rfc3339(opened["accept_due_us"]),
        "decide_by": rfc3339(opened["decide_due_us"]), "lapses_at": rfc3339(opened["lapse_due_us"]),
    }  # fmt: skip
