"""Where to hold how much of the money that a run found, ranked by the value that one order is expected to save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.act.funds.lots import lots_of
from chainbreak.act.funds.proposals import NO_END, Account, Proposal, When, captured, propose
from chainbreak.act.funds.rules import Rules, load_rules
from chainbreak.act.orders import ledger
from chainbreak.act.orders.guards.money import latest_end_us
from chainbreak.app.draft_order import partners_for
from chainbreak.app.money_dwell import dwell_of
from chainbreak.app.order_ask import forms_of_all, rules_of
from chainbreak.app.show_trace import run_named
from chainbreak.app.standing_run import standing_run
from chainbreak.app.trace_rights import admit_trace
from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.errors import UsageError
from chainbreak.base.units import format_fen
from chainbreak.base.wording import LANGS, word
from chainbreak.records import Identifier
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

HOLD = "funds.hold"
NOT_FOR_HOLDS = ("poison", "paripassu")
"""Rules that do not say where money lies: poison gives no amounts, pari passu divides what is left among victims."""


def propose_holds(
    office: Office, actor: Actor, run: str, *, latency_min: float | None = None, purpose: str = "", case: str = ""
) -> list[dict[str, Any]]:  # fmt: skip
    """One row an account on which the run (`T-000123`) found money, the best order first: rank, account, bank, partner,
    state (`proposed`, or why not: held, empty, small, stopped), amount_fen, traced_fen, balance_fen, held_fen (by other
    orders, in force or waiting), p_there, dwell_p50_min, expected_fen, hop, first_in_us, last_in_us, claims (claim_id
    -> fen of the amount), path (numbers of flows), sources, why {zh, en}, as_of_us (until when the run saw bookings).

    `latency_min`: until a bank acts, from now; None: the centre's rules. The look is in the log.

    Raises:
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
        UsageError: no such run (CB-TR-028), or one without amounts (CB-FD-008).
        SetupError: the centre's rules cannot be read (CB-FD-001, CB-OR-001), or no transfers (CB-TR-020).
    """
    admit_trace(office, actor, "trace.propose", f"trace:{run}"[:255], purpose=purpose, case=case)
    latency_us = None if latency_min is None else round(latency_min * US_PER_MIN)
    dwell_of(office)  # learned before the desk is read: one snapshot at a time
    with office.desk.read() as conn:
        found = run_named(conn, run)
        rows = proposals_for(office, conn, found, latency_us)
        partners = partners_of(conn, load_rules(office.centre.root))
    seen = {"as_of_us": found["body"]["terms"]["as_of_us"]}
    return [row_of(row, partners) | seen for row in rows]


def captured_by_k(office: Office, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float | int | str]]:
    """What the first K orders of `propose_holds` capture: rows (k, orders, fen, share, expected_fen)."""
    wanted = [(row["amount_fen"], row["expected_fen"]) for row in rows if row["amount_fen"]]
    return captured(wanted, load_rules(office.centre.root).k)


def proposals_for(
    office: Office, conn: Connection, run: Mapping[str, Any], latency_us: int | None = None
) -> list[Proposal]:
    """The proposals of a kept run (a row of `funds.read_run`) as of now, within the caller's connection;
    nothing for a claim that was taken back.

    Costs a few milliseconds beside the accounts' own work: the ledger is not asked.

    Raises:
        UsageError: the run gives no amounts (CB-FD-008).
    """
    body = standing_run(conn, run)["body"]
    if body["rule"] in NOT_FOR_HOLDS or body["terms"]["back"]:
        raise UsageError("CB-FD-008", "this run gives no amounts to hold", given=f"{run['run_id']}: {body['rule']}",
                         next_step="trace forward under a rule with amounts, such as fifo")  # fmt: skip
    now = ledger.order_now(conn, office.clock.now_us())
    when = When(body["terms"]["as_of_us"], now, latency_us)
    accounts = accounts_of(office, conn, body, now)
    rules = load_rules(office.centre.root)
    return propose(lots_of(body), accounts, rank_of(conn, body), dwell_of(office), rules, when)


def accounts_of(office: Office, conn: Connection, body: Mapping[str, Any], now_us: int) -> dict[str, Account]:
    """Each account of the holdings with what lies there, what orders hold or ask for there, and how long they may."""
    holdings = {row["account"]: row for row in body["holdings"]}
    forms = forms_of_all(office, conn, Identifier.ACCOUNT, holdings)
    holds = funds.holds_on(conn, forms, now_us)
    shares: dict[str, dict[str, int]] = {}
    for share in funds.shares_of_orders(conn, (hold["order_id"] for hold in holds)):
        of_order = shares.setdefault(share["order_id"], {})
        of_order[share["claim_id"]] = share["fen"]
    ends = _ends_most(office, conn, forms, now_us)
    held_fen, claimed = dict.fromkeys(holdings, 0), {account: dict[str, int]() for account in holdings}
    for hold in holds:
        account = forms[hold["account"]]
        held_fen[account] += hold["amount_fen"]
        for claim_id, fen in shares.get(hold["order_id"], {}).items():
            part = min(fen, hold["amount_fen"])  # of an order that was lowered after its draft
            claimed[account][claim_id] = claimed[account].get(claim_id, 0) + part
    return {
        account: Account(
            row["bank"], row["balance_fen"], held_fen[account],
            funds.as_claims(conn, claimed[account], row["by_claim"]) if claimed[account] else {},
            ends.get(account, NO_END),
        )
        for account, row in holdings.items()
    }  # fmt: skip


def _ends_most(office: Office, conn: Connection, forms: Mapping[str, str], now_us: int) -> dict[str, int | None]:
    """Accounts that were stopped before -> until when they may be stopped now; None: no more."""
    stops = rules_of(office).kind(HOLD).stops
    if stops is None:
        return {}
    terms: dict[str, list[tuple[int, int]]] = {}
    for form, told in ledger.stops_on(conn, forms, stops, now_us).items():
        terms.setdefault(forms[form], []).extend(told)
    return {account: latest_end_us(told, now_us, stops.each_us, stops.most) for account, told in terms.items()}


def rank_of(conn: Connection, body: Mapping[str, Any]) -> list[str]:
    """The claims of a run, of the report first made first; claims without a report after all others."""
    at = funds.reported_at(conn, {claim["report_id"] for claim in body["claims"]} - {""})
    last = max(at.values(), default=0) + 1
    told = {claim["claim_id"]: at.get(claim["report_id"], last) for claim in body["claims"]}
    return sorted(told, key=lambda claim_id: (told[claim_id], claim_id))


def partners_of(conn: Connection, rules: Rules) -> dict[str, str]:
    """Bank -> the partner that takes its holds; "" -> the one for all other banks ("" when there is none)."""
    active = partners_for(conn, HOLD)
    named = {bank: partner for bank, partner in rules.partner_of.items() if partner in active}
    others = [partner for partner in active if partner not in named.values()]
    return {**named, "": next(iter(others), next(iter(active), ""))}


def partner_for(bank: str, partners: Mapping[str, str]) -> str:
    """The partner that a hold at this bank goes to."""
    return partners.get(bank, partners[""])


def row_of(row: Proposal, partners: Mapping[str, str]) -> dict[str, Any]:
    """A proposal as faces show it; see `propose_holds`."""
    told = {
        "traced": format_fen(row.traced_fen), "balance": format_fen(row.balance_fen), "held": format_fen(row.held_fen),
        "p": round(100 * row.p_there),
    }  # fmt: skip
    return {
        "rank": row.rank, "account": row.account, "bank": row.bank, "partner": partner_for(row.bank, partners),
        "state": row.why, "amount_fen": row.amount_fen, "traced_fen": row.traced_fen, "balance_fen": row.balance_fen,
        "held_fen": row.held_fen, "p_there": round(row.p_there, 4),
        "dwell_p50_min": None if row.p50_left_us is None else round(row.p50_left_us / US_PER_MIN, 1),
        "expected_fen": row.expected_fen, "hop": row.hop, "first_in_us": row.first_in_us, "last_in_us": row.last_in_us,
        "claims": dict(row.shares), "path": list(row.flows), "sources": list(row.sources),
        "why": {lang: word(f"funds.why.{row.why}", lang, **told) for lang in LANGS},
    }  # fmt: skip
