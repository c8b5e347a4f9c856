"""What could be asked of banks when a theft is reported: our holds of amounts, and what is done elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainbreak.act.funds.dwell import Dwell, learn
from chainbreak.act.funds.lots import lots_of
from chainbreak.act.funds.proposals import PROPOSED, Account, When, propose
from chainbreak.act.funds.rules import Rules
from chainbreak.app.money_dwell import stays_of
from chainbreak.app.trace_body import body_of
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.find.tracing import Rule, Terms

if TYPE_CHECKING:
    from chainbreak.bench.funds.book import Book, Theft

ZONE_US = 8 * US_PER_HOUR
"""The city's days begin at local midnight, UTC+8."""


@dataclass(frozen=True)
class Ask:
    """One order: to hold `fen` on an account; None: all that is there and all that comes."""

    account: int
    fen: int | None


def ours(book: Book, theft: Theft, at_us: int, latency_us: int, dwell: Dwell, rules: Rules, rule: Rule) -> list[Ask]:
    """The holds that the platform proposes at `at_us`, best first, from a trace of what the victim had paid by then."""
    claims = book.claims(theft.case, at_us)
    traced = book.tracer.trace(claims, Terms(rule, at_us, rules.horizon_us))
    told = [{"claim_id": claim.claim_id, "claim_fen": claim.fen} for claim in claims]
    body = body_of(book.held, traced, told, at_us)
    accounts = {row["account"]: Account(row["bank"], row["balance_fen"]) for row in body["holdings"]}
    rank = sorted(claim.claim_id for claim in claims)
    proposals = propose(lots_of(body), accounts, rank, dwell, rules, When(at_us, at_us, latency_us))
    chosen = ((book.held.number(row.account), row.amount_fen) for row in proposals if row.why == PROPOSED)
    return [Ask(number, fen) for number, fen in chosen if number is not None]


def first_hop(book: Book, theft: Theft, at_us: int) -> list[Ask]:
    """The sums that the victim paid, on the accounts that the victim paid them to, where money can be held."""
    ledger, paid = book.tracer.ledger, dict[int, int]()
    for claim in book.claims(theft.case, at_us):
        account = int(ledger.payee[claim.row])
        paid[account] = paid.get(account, 0) + claim.fen
    return [Ask(account, fen) for account, fen in paid.items() if book.in_reach[account]]


def whole_accounts(book: Book, theft: Theft, at_us: int, rule: Rule) -> list[Ask]:
    """Every account that the theft's money reached by then under `rule`, save the victim's own."""
    traced = book.tracer.trace(book.claims(theft.case, at_us), Terms(rule, at_us))
    reached = np.unique(book.tracer.ledger.payee[traced.flows.row])
    return [Ask(int(account), None) for account in reached if book.in_reach[account] and account != theft.victim]


def dwell_before(book: Book, at_us: int, rules: Rules) -> Dwell:
    """The curves that a centre would have learned from the thefts before the day of `at_us`, as `app.money_dwell`."""
    midnight = (at_us + ZONE_US) // US_PER_DAY * US_PER_DAY - ZONE_US
    before = [theft.case for theft in book.thefts if theft.first_us < midnight]
    claims = [claim for case in before for claim in book.claims(case, midnight)]
    if not claims:
        return learn((), rules)
    claims.sort(key=lambda claim: claim.row)
    traced = book.tracer.trace(claims, Terms("fifo", midnight, rules.horizon_us))
    return learn(stays_of(book.held, traced, midnight), rules)
