"""Ask for a later end, on evidence found since the last signature; somebody who has not signed before must sign."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainbreak.act.funds.lots import evidence_of_run
from chainbreak.act.orders import drafting, ledger
from chainbreak.act.orders.guards.money import claims_of
from chainbreak.act.orders.model import Content, Order
from chainbreak.app.order_ask import ask_for, forms_of, rules_of
from chainbreak.app.show_finding import finding_named
from chainbreak.app.show_trace import run_named
from chainbreak.app.standing_run import standing_run
from chainbreak.base.errors import InputError
from chainbreak.records import KINDS

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor
    from chainbreak.records.finding import Finding


RUN = re.compile(r"T-\d{6,}")
"""The number of a trace run; a finding's has no such form."""


def extend_order(office: Office, actor: Actor, order_id: str, found: str, until_us: int | None = None) -> Order:
    """The order with a wished extension to `until_us` (None: the kind's default length again), resting on what was
    `found` since: a finding, or for a hold a newer trace run (`T-000123`) that still finds the money there.

    Raises:
        UsageError: no such order (CB-OR-003), finding (CB-FN-001) or run (CB-TR-028).
        InputError: the finding, or the run, is about something else (CB-OR-062).
        RefusedError: not in force (CB-OR-037), unsigned (CB-OR-038), old evidence (CB-OR-044), one already waits
            (CB-OR-045), no further extension (CB-OR-046), beyond the longest term (CB-OR-014), the account was stopped
            as often as the law lets (CB-OR-057).
    """
    rules = rules_of(office)
    cited = _by_run(office, found) if RUN.fullmatch(found.strip().upper()) else _by_finding(office, found)
    with office.desk.begin() as conn:
        order = ledger.read_order(conn, order_id)
        old = order.content
        evidence = cited(old, forms_of(office, conn, old.object))
        if not evidence:
            raise InputError("CB-OR-062", "the object is not part of the finding", given=old.object,
                             allowed="a finding or a trace about the order's own object")  # fmt: skip
        longer = replace(
            old, evidence=(*old.evidence, *evidence),
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


Cited = Callable[[Content, frozenset[str]], tuple[dict[str, Any], ...]]
"""(content, every form of its object) -> new evidence about it; none when it is about something else."""


def _by_finding(office: Office, finding_id: str) -> Cited:
    with office.desk.read() as conn:
        found, _ = finding_named(conn, finding_id)
    newest = newest_record_us(office, found)
    evidence = drafting.evidence_of(found, found.as_bytes())
    if newest is not None:
        evidence["newest_record_us"] = newest
    about = {found.subject, *(m.token for m in found.members)}
    return lambda _, forms: (evidence,) if about & forms else ()


def _by_run(office: Office, run_id: str) -> Cited:
    with office.desk.read() as conn:
        run = standing_run(conn, run_named(conn, run_id))
    there = {row["account"]: row["by_claim"] for row in run["body"].get("holdings", ())}

    def cited(content: Content, forms: frozenset[str]) -> tuple[dict[str, Any], ...]:
        shares = {claim_id: item["share_fen"] for claim_id, item in claims_of(content).items() if item["share_fen"]}
        account = next((form for form in forms if form in there), "")
        # The run must still find money there that the order is for.
        return evidence_of_run(run, account, shares) if account and shares.keys() & there[account].keys() else ()

    return cited


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
