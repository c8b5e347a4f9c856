"""From proposals to drafts of orders, all in one write; a person submits each, and another one signs it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.act.funds.lots import reports_of, source_of_hold
from chainbreak.act.funds.proposals import PROPOSED, Proposal
from chainbreak.act.funds.rules import load_rules
from chainbreak.act.orders import ledger
from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.guards import DRAFTERS
from chainbreak.app.add_case import link_to_case
from chainbreak.app.draft_order import begin_in
from chainbreak.app.money_dwell import dwell_of
from chainbreak.app.order_ask import rules_of
from chainbreak.app.overtaken_holds import drop_overtaken
from chainbreak.app.propose_holds import HOLD, partner_for, partners_of, proposals_for, row_of
from chainbreak.app.show_trace import run_named
from chainbreak.app.standing_run import standing_run
from chainbreak.app.trace_run import likeness
from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.errors import ChainbreakError, InputError, RefusedError, UsageError
from chainbreak.base.units import format_fen
from chainbreak.base.wording import Lang, word
from chainbreak.records.actor import Role
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.rules import Rules
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

RUNG = "hold_amount"
LOOKED_BACK = 500
"""Newest runs among which one is looked for that had seen more of the ledger before."""
LONGEST_REF = 64
"""Characters of a reference within a case."""


def draft_holds(
    office: Office, actor: Actor, run: str, *, accounts: Sequence[str] = (), top: int | None = None, case: str = "",
    purpose: str = "", latency_min: float | None = None, key: str | None = None, dry_run: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Draft an order for each of `accounts` (written tokens), or for the first `top` proposals, or for all.

    Rows of `propose_holds` with `order_id`, `ok`, and where it was not drafted `code` and `message`: an account that
    may not be touched keeps no other from being held. Proposals are made anew inside the write, so what somebody else
    drafted in between is not held twice; earlier drafts whose money has moved on are withdrawn. `case`: else the
    report's own, else the report's number. `key`: a second draft under the same key is refused.

    Raises:
        RefusedError: a role that does not draft (CB-FD-006), an account without a hold to propose (CB-FD-003), a newer
            run saw more of the ledger (CB-FD-011), or the key was used (CB-DK-006).
        UsageError: no such run (CB-TR-028), one without amounts (CB-FD-008), an account that is not in it (CB-FD-003).
    """
    if not actor.has(*DRAFTERS, Role.SERVICE):
        raise RefusedError("CB-FD-006", "this role does not hold money", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(DRAFTERS)))  # fmt: skip
    latency_us = None if latency_min is None else round(latency_min * US_PER_MIN)
    dwell_of(office)
    with office.desk.read() if dry_run else office.desk.begin(key) as conn:
        found = run_named(conn, run)
        _must_be_newest(conn, found)
        if not dry_run:
            drop_overtaken(office, conn, actor, found)
        chosen = _chosen(proposals_for(office, conn, found, latency_us), accounts, top)
        batch = _Batch(office, conn, actor, standing_run(conn, found), case, purpose)
        return [batch.row(proposal) if dry_run else batch.draft(proposal) for proposal in chosen]


def _must_be_newest(conn: Connection, run: Mapping[str, Any]) -> None:
    """Refuse a run after which another one of the same thing, on the same terms, saw more of the ledger; and one that
    looks back: when it was made, a run of whatever thing had seen later bookings already.
    """
    own = run["terms"]
    for row in funds.list_runs(conn, run["what"]):
        other = json.loads(row["terms"])
        if likeness(other) == likeness(own) and other["as_of_us"] > own["as_of_us"]:
            raise RefusedError("CB-FD-011", "a newer run saw more of the ledger", given=run["run_id"],
                               allowed=row["run_id"], next_step=f"draft from {row['run_id']}")  # fmt: skip
    for row in funds.list_runs(conn, limit=LOOKED_BACK):
        if row["number"] < run["number"] and json.loads(row["terms"])["as_of_us"] > own["as_of_us"]:
            raise RefusedError("CB-FD-011", "the run looks at an earlier moment; the money may have left since",
                               given=run["run_id"], allowed="a run to the end of the ledger",
                               next_step="trace again without --as-of")  # fmt: skip


def _chosen(rows: Sequence[Proposal], accounts: Sequence[str], top: int | None) -> list[Proposal]:
    wanted = [row for row in rows if row.why == PROPOSED]
    if not accounts:
        return wanted[:top]
    by_account = {row.account: row for row in rows}
    for account in accounts:
        if account not in by_account:
            raise UsageError("CB-FD-003", "the run found no money there", given=account[:40],
                             next_step="chainbreak trace holds RUN lists its accounts")  # fmt: skip
        if by_account[account].why != PROPOSED:
            raise RefusedError("CB-FD-003", "there is nothing to hold on this account",
                               given=f"{account}: {by_account[account].why}")  # fmt: skip
    return [by_account[account] for account in dict.fromkeys(accounts)]


class _Batch:
    """Drafts of one write: what they share is read once."""

    def __init__(
        self, office: Office, conn: Connection, actor: Actor, run: Mapping[str, Any], case: str, purpose: str
    ) -> None:
        self.office, self.conn, self.actor, self.run = office, conn, actor, run
        self.rules: Rules = rules_of(office)
        self.partners = partners_of(conn, load_rules(office.centre.root))
        self.now_us = ledger.order_now(conn, office.clock.now_us())
        self.lang: Lang = office.centre.settings.language
        self.purpose = purpose.strip() or word("funds.purpose", self.lang)
        self.case = case.strip()

    def row(self, proposal: Proposal) -> dict[str, Any]:
        """The proposal as faces show it, not drafted."""
        return row_of(proposal, self.partners) | {"order_id": "", "ok": True, "code": "", "message": ""}

    def draft(self, proposal: Proposal) -> dict[str, Any]:
        """Draft one order, and keep the proposal that it came from and the claims that it is for."""
        told = self.row(proposal)
        reports = reports_of(self.run["body"], proposal.shares)
        try:
            order = begin_in(self.conn, self.office, self.actor, source_of_hold(proposal, self.run),
                             self._wish(proposal, reports), "draft", self.rules, self.now_us)  # fmt: skip
        except (RefusedError, InputError, UsageError) as refusal:
            return told | _refused(refusal)
        about = [("report", report_id) for report_id in reports if len(report_id) <= LONGEST_REF]
        things = [*about, ("order", order.order_id)]
        link_to_case(self.conn, self.actor, self.now_us, order.content.case_ref, things)
        funds.keep_shares(self.conn, order.order_id, self.run["run_id"], proposal.account, proposal.shares)
        funds.keep_proposal(self.conn, self._columns(proposal, order.order_id), told)
        return told | {"order_id": order.order_id}

    def _wish(self, proposal: Proposal, reports: Sequence[str]) -> Wish:
        ends = self.now_us + self.rules.kind(HOLD).expiry_us
        partner = partner_for(proposal.bank, self.partners)
        return Wish(
            self.case or self._case_of(reports), self.purpose, HOLD, RUNG, proposal.account,
            ladder_reason=self._milder(proposal), amount_fen=proposal.amount_fen, starts_at_us=self.now_us,
            expires_at_us=min(ends, proposal.ends_most_us or ends), partners=(partner,) if partner else (),
            direction="out",
        )  # fmt: skip

    def _case_of(self, reports: Sequence[str]) -> str:
        own = funds.cases_of_reports(self.conn, reports)
        return own[0] if own else (reports[0] if reports else self.run["run_id"])[:LONGEST_REF]

    def _milder(self, proposal: Proposal) -> str:
        amount = format_fen(proposal.amount_fen)
        if proposal.p50_left_us is None:
            return word("funds.ladder_unknown", self.lang, amount=amount)
        minutes = max(round(proposal.p50_left_us / US_PER_MIN), 1)
        return word("funds.ladder", self.lang, amount=amount, minutes=minutes, source="; ".join(proposal.sources))

    def _columns(self, proposal: Proposal, order_id: str) -> dict[str, Any]:
        return {
            "run_id": self.run["run_id"], "account": proposal.account, "position": proposal.rank, "bank": proposal.bank,
            "partner": partner_for(proposal.bank, self.partners), "amount_fen": proposal.amount_fen,
            "traced_fen": proposal.traced_fen, "balance_fen": proposal.balance_fen, "held_fen": proposal.held_fen,
            "p_there": proposal.p_there, "expected_fen": proposal.expected_fen, "made_at_us": self.now_us,
            "order_id": order_id,
        }  # fmt: skip


def _refused(refusal: ChainbreakError) -> dict[str, Any]:
    return {"ok": False, "code": refusal.code, "message": refusal.what}
