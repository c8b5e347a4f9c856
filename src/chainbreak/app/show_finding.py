"""One finding with its reasons, its verdicts, who has it open, and the orders and cases that rest on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import UsageError
from chainbreak.store.desk import findings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.finding import Finding


def show_finding(office: Office, finding_id: str) -> dict[str, Any]:
    """The finding as `Finding.as_dict` gives it, with `state`, `holder`, `verdicts`, `orders`, `cases`, `leads`,
    `reported` (what other centres report about its subject and members, with the weight it still has) and `warned`
    (what people said who were warned because of it, see `warning_labels.said_of_finding`).

    Raises:
        UsageError: no such finding (CB-FN-001).
    """
    from sqlalchemy import select

    from chainbreak.app.list_indicators import reported_elsewhere
    from chainbreak.app.warning_labels import said_of_finding
    from chainbreak.store.desk import leads
    from chainbreak.store.desk.tables_cases import case_link
    from chainbreak.store.desk.tables_orders import order_support

    with office.desk.read() as conn:
        found, state = finding_named(conn, finding_id)
        held = findings.holders(conn, [finding_id], office.clock.now_us())
        verdicts = [
            {"verdict_id": v.verdict_id, "at_us": v.at_us, "actor": v.actor, "verdict": v.verdict, "note": v.note}
            for v in findings.standing_verdicts(conn, finding_id)
        ]
        rests = select(order_support.c.order_id).where(order_support.c.ref == f"finding:{finding_id}")
        linked = select(case_link.c.case_id).where(case_link.c.kind == "finding", case_link.c.ref == finding_id)
        resting = leads.about(conn, [f"finding:{finding_id}"])
        reported = reported_elsewhere(office, conn, [found.subject, *(member.token for member in found.members)])
        warned = said_of_finding(conn, finding_id)
        orders, cases = list(conn.execute(rests).scalars()), list(conn.execute(linked).scalars())
    return {
        **found.as_dict(), "state": state, "holder": held.get(finding_id, ""), "verdicts": verdicts,
        "orders": orders, "cases": cases, "leads": resting, "reported": reported,
        "warned": warned,
    }  # fmt: skip


def finding_named(conn: Connection, finding_id: str) -> tuple[Finding, str]:
    """The finding and its state.

    Raises:
        UsageError: no such finding (CB-FN-001).
    """
    found = findings.read_finding(conn, finding_id)
    if found is None:
        raise UsageError("CB-FN-001", "no such finding", given=finding_id, next_step="chainbreak finding list")
    return found
