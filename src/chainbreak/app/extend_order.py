"""Ask for a later end, on evidence found since the last signature; somebody who has not signed before must sign."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainbreak.act.orders import drafting, ledger
from chainbreak.act.orders.model import Order
from chainbreak.app.order_ask import ask_for, forms_of, rules_of
from chainbreak.app.show_finding import finding_named
from chainbreak.base.errors import InputError
from chainbreak.records import KINDS

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor
    from chainbreak.records.finding import Finding


def extend_order(office: Office, actor: Actor, order_id: str, finding_id: str, until_us: int | None = None) -> Order:
    """The order with a wished extension to `until_us` (None: the kind's default length again), resting on the finding.

    Raises:
        UsageError: no such order (CB-OR-003) or finding (CB-FN-001).
        InputError: the finding is about something else (CB-OR-062).
        RefusedError: not in force (CB-OR-037), unsigned (CB-OR-038), old evidence (CB-OR-044), one already waits
            (CB-OR-045), no further extension (CB-OR-046), beyond the longest term (CB-OR-014).
    """
    rules = rules_of(office)
    with office.desk.read() as conn:
        found, _ = finding_named(conn, finding_id)
    newest = newest_record_us(office, found)
    evidence = drafting.evidence_of(found, found.as_bytes())
    if newest is not None:
        evidence["newest_record_us"] = newest
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        old = order.content
        if not {found.subject, *(m.token for m in found.members)} & forms_of(office, conn, old.object):
            raise InputError("CB-OR-062", "the object is not part of the finding", given=old.object,
                             allowed="a finding about the order's own object")  # fmt: skip
        longer = replace(
            old, evidence=(*old.evidence, evidence),
            expires_at_us=until_us or old.expires_at_us + rules.kind(old.kind).expiry_us,
        )  # fmt: skip
        ask = ask_for(
            office,
            conn,
            actor,
            order,
            content=drafting.with_notice(longer, order_id, office.centre.settings),
            check_lists=True,
        )
        return ledger.make(conn, "extend", order_id, order, ask, rules)


def newest_record_us(office: Office, finding: Finding) -> int | None:
    """The time of the newest event that a finding cites for its reasons, in UTC µs; None when it cites no record.

    0 when no cited record with a time is in the lake: evidence that cannot be dated is not fresh.
    """
    refs = sorted({ref for reason in finding.evidence for ref in reason.records})
    if not refs:
        return None
    times = {table: KINDS[table].time for table in finding.snapshot if table in KINDS}
    session = office.engine()
    try:
        newest = 0
        for table in set(office.lake.tables()) & times.keys():
            if (column := times[table]) is None:
                continue
            rows = session.table(table)
            cited = rows.filter(rows.record_ref.isin(refs)).aggregate(newest_us=rows[column].max())
            newest = max(newest, session.run(cited)["newest_us"][0].as_py() or 0)
        return newest
    finally:
        session.close()
