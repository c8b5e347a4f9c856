"""What a kept run says of each account: the money lying there by claim and age, the way it came, and how to cite it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import rfc8785

from chainbreak.act.funds.dwell import Lot
from chainbreak.act.funds.proposals import Proposal
from chainbreak.act.orders.drafting import Source
from chainbreak.act.orders.model import CLAIM, TRACE

OWN = -1
"""Parent of a flow that is the claim's own transfer."""
LEFT_THERE = ("unknown", "de_minimis")
"""Places of a run whose money stayed on the account that a flow brought it to, without being a holding."""


def lots_of(body: Mapping[str, Any]) -> list[Lot]:
    """The money that a run found lying on accounts; the lots of an account and claim sum to what the run holds there.
    Money that came home, to the account that the claim was paid from, is nobody's to hold and left out.

    Where fen keep their identity a lot is what one flow brought less what went on; where money had been mixed it is one
    lot a claim, since the last flow that came.
    """
    flows: list[Mapping[str, Any]] = body["flows"]
    rest = [flow["hi"] - flow["lo"] for flow in flows]
    for flow in flows:
        if flow["parent"] >= 0:
            rest[flow["parent"]] -= flow["hi"] - flow["lo"]
    for kind in LEFT_THERE:
        for place in body[kind]:
            if place["flow"] >= 0 and place["account"] == flows[place["flow"]]["payee"]:
                rest[place["flow"]] -= place["fen"]
    home = {flow["claim_id"]: flow["payer"] for flow in flows if flow["parent"] == OWN}
    found = (lot for holding in body["holdings"] for lot in _lots_on(holding, flows, rest))
    return [lot for lot in found if lot.account != home[lot.claim_id]]


def _lots_on(holding: Mapping[str, Any], flows: list[Mapping[str, Any]], rest: list[int]) -> Iterator[Lot]:
    account, by_claim = holding["account"], defaultdict[str, list[int]](list)
    for at in holding["flows"]:
        by_claim[flows[at]["claim_id"]].append(at)
    for claim_id, fen in holding["by_claim"].items():
        brought = by_claim[claim_id]
        whole = [Lot(account, claim_id, rest[at], flows[at]["booked_at_us"], flows[at]["hop"], at) for at in brought]
        whole = [lot for lot in whole if lot.fen > 0]
        if sum(lot.fen for lot in whole) == fen:
            yield from whole
        else:
            since = max(flows[at]["booked_at_us"] for at in brought)
            yield Lot(account, claim_id, fen, since, min(flows[at]["hop"] for at in brought))


def way_to(body: Mapping[str, Any], account: str, claim_id: str) -> list[dict[str, Any]]:
    """The transfers by which a claim's money came to an account, in order of booking: transfer_id, record_ref, payer,
    payee, fen (the transfer's), part_fen (the claim's), booked_at_us, payer_bank ("" when the ledger does not say).

    Where money had been mixed no piece has one way: the claim's own transfer, and those that brought it in the end.
    """
    flows = body["flows"]
    holding = next(row for row in body["holdings"] if row["account"] == account)
    wanted = {at for at in holding["flows"] if flows[at]["claim_id"] == claim_id}
    for at in list(wanted):
        while (at := flows[at]["parent"]) >= 0:
            wanted.add(at)
    wanted |= {at for at, flow in enumerate(flows) if flow["claim_id"] == claim_id and flow["hop"] == 1}
    rows: dict[str, dict[str, Any]] = {}
    for at in sorted(wanted, key=lambda at: (flows[at]["booked_at_us"], at)):
        flow = flows[at]
        kept = ("transfer_id", "record_ref", "payer", "payee", "fen", "booked_at_us")
        row = rows.setdefault(flow["transfer_id"], {name: flow[name] for name in kept} | {
            "part_fen": 0, "payer_bank": body["accounts"].get(flow["payer"], {}).get("bank", ""),
        })  # fmt: skip
        row["part_fen"] += flow["hi"] - flow["lo"]
    return list(rows.values())


def source_of_hold(proposal: Proposal, run: Mapping[str, Any]) -> Source:
    """A proposal as the source of a draft; `run`: its row, as `funds.read_run` gives it."""
    return Source(
        proposal.account, "account", evidence_of_run(run, proposal.account, proposal.shares),
        traced_fen={proposal.account: proposal.traced_fen},
    )  # fmt: skip


def evidence_of_run(run: Mapping[str, Any], account: str, shares: Mapping[str, int]) -> tuple[dict[str, Any], ...]:
    """What an order about an account of the run's holdings cites: each claim on it, with its way there, and the run.

    `shares`: claim_id -> fen of the order that are for it.
    """
    body, claims = run["body"], {claim["claim_id"]: claim for claim in run["body"]["claims"]}
    holding = next(row for row in body["holdings"] if row["account"] == account)
    items = [
        _of_claim(claims[claim_id], fen, shares.get(claim_id, 0), account, run)
        for claim_id, fen in sorted(holding["by_claim"].items())
    ]
    trace = {
        "ref": f"{TRACE}{run['run_id']}", "account": account, "rule": body["rule"], "terms": body["terms"],
        "ledger": {name: body["ledger"][name] for name in ("digest", "version", "rows", "until_us")},
        "balance_fen": holding["balance_fen"], "traced_fen": holding["fen"], "found_at_us": run["made_at_us"],
        # A renewal needs newer bookings than the last signature, not the same ones traced again.
        "newest_record_us": body["ledger"]["until_us"], "digest": run["digest"],
    }  # fmt: skip
    return (*items, trace)


def _of_claim(
    claim: Mapping[str, Any], traced: int, share: int, account: str, run: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    item = {
        "ref": f"{CLAIM}{claim['claim_id']}", "report_id": claim["report_id"], "transfer_id": claim["transfer_id"],
        "claim_fen": claim["claim_fen"], "traced_fen": traced, "share_fen": share,
        "path": way_to(run["body"], account, claim["claim_id"]), "found_at_us": run["made_at_us"],
        "newest_record_us": run["body"]["ledger"]["until_us"],
    }  # fmt: skip
    return item | {"digest": hashlib.sha256(rfc8785.dumps(item)).hexdigest()}


def reports_of(body: Mapping[str, Any], claims: Iterable[str]) -> list[str]:
    """The reports behind these claims of a run, each once, in the order of the claims; without those that have none."""
    by_claim = {claim["claim_id"]: claim["report_id"] for claim in body["claims"]}
    return list(dict.fromkeys(by_claim[claim_id] for claim_id in claims if by_claim[claim_id]))
