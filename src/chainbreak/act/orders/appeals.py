"""Appeals in the desk: opened by anybody with the code, decided outside the chain, with all that follows."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from chainbreak.act.orders import ledger
from chainbreak.act.orders.drafting import CODE_LETTERS
from chainbreak.act.orders.falling import let_fall
from chainbreak.act.orders.guards import Ask
from chainbreak.act.orders.model import Order
from chainbreak.act.orders.workdays import after_workdays
from chainbreak.base.clock import from_us
from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk.tables_orders import appeal, detector_outcome

if TYPE_CHECKING:
    from chainbreak.act.orders.rules import Rules

OPEN, ACCEPTED, UPHELD, REFUSED = "open", "accepted", "upheld", "refused"
CHANNELS = ("code", "hotline", "counter", "post")


def open_appeal(conn: Connection, order: Order, ask: Ask, channel: str, statement: str, zone: str, rules: Rules) -> str:
    """A new appeal with its deadlines; if nobody refuses it in writing by the last of them, the order is over."""
    now, clocks = ask.at_us, rules.clocks
    appeal_id = f"A-{from_us(now):%y%m%d}-{''.join(secrets.choice(CODE_LETTERS) for _ in range(6))}"
    accept_due = after_workdays(now, clocks.appeal_accept_days, zone, rules.holidays)
    decide_due = after_workdays(now, clocks.appeal_decide_days, zone, rules.holidays)
    lapse_due = after_workdays(decide_due, clocks.appeal_lapse_days, zone, rules.holidays)
    ends = min(lapse_due, order.silence_ends_us or lapse_due)
    conn.execute(insert(appeal).values(
        appeal_id=appeal_id, order_id=order.order_id, state=OPEN, channel=channel, statement=statement,
        opened_by=ask.actor.name, opened_at_us=now, decide_due_us=decide_due, lapse_due_us=lapse_due, reason="",
        accept_due_us=accept_due,
    ))  # fmt: skip
    data = {"appeal_id": appeal_id, "channel": channel, "silence_ends_us": ends}
    ledger.make(conn, "appeal", order.order_id, order, replace(ask, data=data), rules)
    return appeal_id


def read_appeal(conn: Connection, appeal_id: str) -> dict[str, Any]:
    """One appeal.

    Raises:
        UsageError: there is no such appeal (CB-OR-070).
    """
    row = conn.execute(select(appeal).where(appeal.c.appeal_id == appeal_id)).mappings().first()
    if row is None:
        raise UsageError("CB-OR-070", "there is no such appeal", given=appeal_id, next_step="chainbreak appeal list")
    return dict(row)


def waiting(conn: Connection) -> list[dict[str, Any]]:
    """Appeals that nobody has decided, the first due first."""
    rows = select(appeal).where(appeal.c.state.in_((OPEN, ACCEPTED))).order_by(appeal.c.decide_due_us)
    return [dict(row) for row in conn.execute(rows).mappings()]


def change(conn: Connection, appeal_id: str, **columns: Any) -> None:
    """Overwrite columns of one appeal."""
    conn.execute(update(appeal).where(appeal.c.appeal_id == appeal_id).values(**columns))


def refuse(conn: Connection, order: Order, ask: Ask, appeal_id: str, rules: Rules) -> None:
    """A written refusal: the order keeps its own end, unless another appeal about it is still unanswered."""
    others = [
        a["lapse_due_us"] for a in waiting(conn) if a["order_id"] == order.order_id and a["appeal_id"] != appeal_id
    ]
    data = {**ask.data, "appeal_id": appeal_id, "silence_ends_us": min(others, default=None)}
    ledger.make(conn, "refuse_appeal", order.order_id, order, replace(ask, data=data), rules)
    change(
        conn, appeal_id, state=REFUSED, decided_by=ask.actor.name, decided_at_us=ask.at_us, reason=ask.data["reason"]
    )


def uphold(
    conn: Connection, order: Order, ask: Ask, appeal_id: str, refuted_findings: frozenset[str], rules: Rules
) -> dict[str, list[str]]:
    """Lift the order at once, release what has no support left, set a clock on what has lost some, correct partners.

    Returns order ids: `fallen`, `weakened`; and partners to be corrected: `correct`.
    """
    now, reason = ask.at_us, str(ask.data.get("reason", ""))
    annulled = ledger.make(conn, "annul", order.order_id, order, ask, rules)
    if not annulled.sent_to:
        nobody = Ask(SERVICE, now, {"acknowledged": []})
        ledger.make(conn, "correct", order.order_id, annulled, nobody, rules)
    lost = {f"order:{order.order_id}", *(f"finding:{f}" for f in refuted_findings)}
    _note_outcomes(conn, order, refuted_findings, reason, now)
    change(conn, appeal_id, state=UPHELD, decided_by=ask.actor.name, decided_at_us=now, reason=reason)
    note = f"{order.order_id} was annulled on appeal; part of the evidence is gone"
    found = let_fall(conn, lost, order.order_id, lambda _: note, now, rules)
    return {"fallen": found["fallen"], "weakened": found["weakened"], "correct": list(annulled.sent_to)}


def findings_refuted(order: Order, named: Iterable[str] | None, forms: frozenset[str]) -> frozenset[str]:
    """Findings that an upheld appeal shows to be wrong: those `named`, else those about the order's own object.

    A finding about a larger thing (a box of many lines) stays, unless the decider names it. `forms`: every way in which
    the object is written.

    Raises:
        UsageError: a finding that the order does not rest on (CB-OR-073).
    """
    cited = {str(item["ref"]).removeprefix("finding:"): item for item in order.content.evidence if "subject" in item}
    if named is None:
        return frozenset(name for name, item in cited.items() if item["subject"] in forms)
    said = frozenset(name.removeprefix("finding:") for name in named)
    for name in said - cited.keys():
        raise UsageError("CB-OR-073", "the order does not rest on this finding", given=name,
                         allowed=did_you_mean(name, cited))  # fmt: skip
    return said


def _note_outcomes(conn: Connection, order: Order, findings: frozenset[str], reason: str, now_us: int) -> None:
    rows = []
    for item in order.content.evidence:
        finding_id = str(item["ref"]).removeprefix("finding:")
        if finding_id in findings:
            name, _, version = str(item["detector"]).partition("@")
            rows.append({
                "order_id": order.order_id, "finding_id": finding_id, "detector": name, "version": version,
                "subject_kind": str(item["subject"]).partition(":")[0], "outcome": "wrong", "reason": reason,
                "at_us": now_us,
            })  # fmt: skip
    if rows:
        conn.execute(insert(detector_outcome), rows)
