"""Accept an appeal, and decide it: by somebody outside the order's chain, in writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import appeals, ledger
from chainbreak.app.order_ask import forms_of, plain_ask, rules_to_let_go
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


MAY_ACCEPT = frozenset({Role.HOTLINE, Role.LIAISON, Role.APPROVER, Role.COMMANDER})


def accept_appeal(office: Office, actor: Actor, appeal_id: str) -> None:
    """Note that an appeal is complete and being looked at.

    Raises:
        UsageError: no such appeal (CB-OR-070).
        RefusedError: it is no longer open (CB-OR-072), or the role (CB-OR-005).
    """
    from chainbreak.audit.log import Entry, append

    if not actor.has(*MAY_ACCEPT):
        raise RefusedError("CB-OR-005", "this role does not take appeals in", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_ACCEPT)))  # fmt: skip
    with office.desk.begin() as conn:
        found = appeals.read_appeal(conn, appeal_id)
        if found["state"] != appeals.OPEN:
            raise RefusedError("CB-OR-072", "this appeal is no longer open", given=found["state"])
        now = ledger.order_now(conn, office.clock.now_us())
        appeals.change(conn, appeal_id, state=appeals.ACCEPTED, accepted_at_us=now)
        append(conn, Entry.by(actor, now, "appeal.accept", f"appeal:{appeal_id}"))


def decide_appeal(
    office: Office, actor: Actor, appeal_id: str, *, upheld: bool, reason: str, refutes: Iterable[str] | None = None
) -> dict[str, Any]:
    """Decide an appeal. Upheld: the order is annulled, what rested on it alone is released, partners are corrected.

    `refutes`: findings that the decision shows to be wrong (None: those about the order's own object). Returns
    `appeal_id`, `order_id`, `outcome`, and order ids `fallen`, `weakened`, partners `correct`.

    Raises:
        UsageError: no such appeal (CB-OR-070), or the order does not rest on a finding named (CB-OR-073).
        RefusedError: decided already (CB-OR-072), the decider is of the chain (CB-OR-033), no reason (CB-OR-048).
    """
    rules = rules_to_let_go(office)
    with office.desk.begin() as conn:
        found = appeals.read_appeal(conn, appeal_id)
        if found["state"] not in (appeals.OPEN, appeals.ACCEPTED):
            raise RefusedError("CB-OR-072", "this appeal is already decided", given=found["state"])
        order = ledger.read_order(conn, found["order_id"])
        ask = plain_ask(office, conn, actor, {"reason": reason, "appeal_id": appeal_id})
        follows: dict[str, list[str]] = {"fallen": [], "weakened": [], "correct": []}
        if upheld:
            wrong = appeals.findings_refuted(order, refutes, forms_of(office, conn, order.content.object))
            follows = appeals.uphold(conn, order, ask, appeal_id, wrong, rules)
        else:
            appeals.refuse(conn, order, ask, appeal_id, rules)
    outcome = appeals.UPHELD if upheld else appeals.REFUSED
    return {"appeal_id": appeal_id, "order_id": order.order_id, "outcome": outcome, **follows}


def list_appeals(office: Office, *, overdue: bool = False) -> list[dict[str, Any]]:
    """Appeals that nobody has decided, the first due first; `overdue`: only those beyond a deadline.

    Rows add `late` (accept, decide or "") and `lapses_at`: when the order is over for want of an answer.
    """
    with office.desk.read() as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        rows = appeals.waiting(conn)
    for row in rows:
        unaccepted = row["state"] == appeals.OPEN and now >= row["accept_due_us"]
        row["late"] = "decide" if now >= row["decide_due_us"] else "accept" if unaccepted else ""
        row["decide_by"], row["lapses_at"] = rfc3339(row["decide_due_us"]), rfc3339(row["lapse_due_us"])
    return [row for row in rows if row["late"] or not overdue]
