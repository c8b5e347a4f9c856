"""What a trace gave, as one JSON-ready dictionary: tokens, transfer ids and record refs instead of numbers of a ledger.

A function of the ledger, the claims and the terms alone, so the same trace has the same bytes at any time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.find.tracing import BUCKETS, DE_MINIMIS, EXIT, HOLDING, IN_FLIGHT, ORIGIN, OWN, REASONS, UNKNOWN

if TYPE_CHECKING:
    from chainbreak.app.ledger_of import Held
    from chainbreak.find.tracing import Traced

LISTS = {"exits": EXIT, "in_flight": IN_FLIGHT, "unknown": UNKNOWN, "de_minimis": DE_MINIMIS, "origins": ORIGIN}
"""Keys of the places that are listed one by one; holdings are summed by account."""


def body_of(held: Held, traced: Traced, claims: Sequence[Mapping[str, Any]], as_of_us: int) -> dict[str, Any]:
    """`accounts` (bank and kind of each that is met), `flows`, `holdings`, `exits`, `in_flight`, `unknown`,
    `de_minimis`, `origins`, `totals` (fen by bucket, which add up to `claimed`), `by_claim` (the same a claim).
    `claims`: as in `trace_money`, in the order of the trace.

    Flows are numbered as they stand; `parent` is such a number, -1 for a claim's own transfer, -2 where money had been
    mixed. `hop` is 1 for the claim's own transfer. `lo`, `hi`: fen of the transfer that are the claim's.
    """
    names = [claim["claim_id"] for claim in claims]
    hops = _hops(held, traced)
    flows = _flows(held, traced, names, hops)
    by_claim = {
        name: {"claimed": claim["claim_fen"]} | {BUCKETS[b]: int(fen) for b, fen in enumerate(totals)}
        for name, claim, totals in zip(names, claims, _totals(traced), strict=True)
    }
    totals = {key: sum(one[key] for one in by_claim.values()) for key in ("claimed", *BUCKETS)}
    listed = {key: _listed(held, traced, names, flows, bucket) for key, bucket in LISTS.items()}
    met = np.unique(np.concatenate([side[traced.flows.row] for side in _sides(held)]))
    accounts = {held.account(a): {"bank": held.bank(a), "kind": held.kind(a)} for a in met.tolist()}
    return {
        "accounts": dict(sorted(accounts.items())), "flows": flows,
        "holdings": _holdings(held, traced, names, hops, as_of_us), **listed, "totals": totals, "by_claim": by_claim,
    }  # fmt: skip


def reached(held: Held, traced: Traced) -> list[dict[str, Any]]:
    """Accounts that money of the claims can have touched, without amounts (poison), in order of the first time."""
    hops, ledger = _hops(held, traced), held.tracer.ledger
    found: dict[int, dict[str, Any]] = {}
    for flow in np.argsort(traced.flows.row, kind="stable").tolist():
        row = int(traced.flows.row[flow])
        account = int(ledger.payee[row])
        if account not in found:
            found[account] = {**_account(held, account), "first_us": int(ledger.at_us[row]), "depth": int(hops[flow]),
                              "transfer_id": held.transfer_id(row), "exit": bool(ledger.sink[account])}  # fmt: skip
    return list(found.values())


def _sides(held: Held) -> tuple[Any, Any]:
    return held.tracer.ledger.payer, held.tracer.ledger.payee


def _totals(traced: Traced) -> Any:
    return np.stack([traced.total(bucket) for bucket in range(len(BUCKETS))], axis=1).tolist()


def _account(held: Held, account: int) -> dict[str, Any]:
    return {"account": held.account(account), "bank": held.bank(account), "kind": held.kind(account)}


def _hops(held: Held, traced: Traced) -> Any:
    """How many transfers from the victim each flow is; of money that had been mixed, by the shortest way."""
    ledger, flows = held.tracer.ledger, traced.flows
    hops = np.ones(len(flows.row), np.int64)
    nearest: dict[tuple[int, int], int] = {}
    # Mixed flows name no parent, but stand in order of booking: all that can have fed one has been seen.
    for flow in range(len(hops)):
        claim, row, parent = int(flows.claim[flow]), int(flows.row[flow]), int(flows.parent[flow])
        if parent >= 0:
            hops[flow] = hops[parent] + 1
        elif parent != OWN:
            hops[flow] = nearest.get((claim, int(ledger.payer[row])), 0) + 1
        to = (claim, int(ledger.payee[row]))
        nearest[to] = min(int(hops[flow]), nearest.get(to, int(hops[flow])))
    return hops


def _flows(held: Held, traced: Traced, names: Sequence[str], hops: Any) -> list[dict[str, Any]]:
    ledger, flows = held.tracer.ledger, traced.flows
    rows = flows.row
    columns = {
        "claim_id": [names[claim] for claim in flows.claim.tolist()],
        "transfer_id": held.transfer_ids(rows),
        "record_ref": [held.record_ref(row) for row in rows.tolist()],
        "payer": [held.account(a) for a in ledger.payer[rows].tolist()],
        "payee": [held.account(a) for a in ledger.payee[rows].tolist()],
        "fen": ledger.fen[rows].tolist(), "lo": flows.lo.tolist(), "hi": flows.hi.tolist(),
        "booked_at_us": ledger.at_us[rows].tolist(), "parent": flows.parent.tolist(), "hop": hops.tolist(),
    }  # fmt: skip
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _listed(
    held: Held, traced: Traced, names: Sequence[str], flows: Sequence[Mapping[str, Any]], bucket: int
) -> list[dict[str, Any]]:
    """Places of one bucket: where, how much, when it came there (None where money had been mixed), by which flow."""
    places = traced.places
    return [
        {
            "claim_id": names[int(places.claim[at])], **_account(held, int(places.account[at])),
            "fen": int(places.fen[at]), "flow": (flow := int(places.flow[at])),
            "booked_at_us": flows[flow]["booked_at_us"] if flow >= 0 else None,
            **({"reason": REASONS[int(places.reason[at])]} if bucket == UNKNOWN else {}),
        }
        for at in np.flatnonzero(places.bucket == bucket)
    ]  # fmt: skip


def _holdings(
    held: Held, traced: Traced, names: Sequence[str], hops: Any, as_of_us: int
) -> list[dict[str, Any]]:  # fmt: skip
    """Accounts on which claimed money lies, the largest first, with what else is known of each."""
    places, ledger = traced.places, held.tracer.ledger
    chosen = np.flatnonzero(places.bucket == HOLDING)
    balance = held.balance(as_of_us) if len(chosen) else None
    found: dict[int, dict[str, Any]] = {}
    for at in chosen.tolist():
        account, claim, fen = int(places.account[at]), int(places.claim[at]), int(places.fen[at])
        row = found.setdefault(account, {
            **_account(held, account), "fen": 0, "balance_fen": int(balance[account]) if balance is not None else 0,
            "last_in_us": 0, "depth": 0, "by_claim": {}, "flows": [],
        })  # fmt: skip
        row["fen"] += fen
        row["by_claim"][names[claim]] = row["by_claim"].get(names[claim], 0) + fen
        row["flows"] += _bringing(traced, ledger, claim, account, int(places.flow[at]))
    for row in found.values():
        row["flows"] = sorted(set(row["flows"]))
        rows = traced.flows.row[row["flows"]]
        row["last_in_us"] = int(ledger.at_us[rows].max())
        row["depth"] = int(hops[row["flows"]].min())
    return sorted(found.values(), key=lambda row: (-row["fen"], row["account"]))


def _bringing(traced: Traced, ledger: Any, claim: int, account: int, flow: int) -> list[int]:
    """The flows that brought money of a claim to an account: the one named, or where it mixed, all that came."""
    if flow >= 0:
        return [flow]
    flows = traced.flows
    came = (flows.claim == claim) & (ledger.payee[flows.row] == account)
    return [int(at) for at in np.flatnonzero(came)]
