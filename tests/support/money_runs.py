"""Traces of any size as `trace_money` gives them, through the real tracer and without a centre: for pictures."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from chainbreak.find.tracing import BUCKETS, FOREVER, REASONS, Claim, Terms, Tracer, make_ledger

MINUTE = 60_000_000
T0 = 1_795_130_000_000_000
BANKS = ("工商银行", "建设银行", "邮储银行", "江南农商行")
LISTS = {1: "exits", 2: "in_flight", 3: "unknown", 4: "de_minimis", 5: "origins"}
VICTIM, CASH = 0, 1


def run_of(accounts: int, rule: str = "fifo", seed: int = 7, bank: str = "") -> dict[str, Any]:
    """A theft that spreads over about so many accounts, some of it gone in cash, some beyond the ledgers held."""
    rows = _cascade(accounts, random.Random(seed))
    n = max(max(payer, payee) for _, payer, payee, _ in rows) + 1
    draw = random.Random(seed + 1)
    at, payer, payee, fen = (np.array(column) for column in zip(*rows, strict=True))
    opening, sink, covered = np.zeros(n, np.int64), np.zeros(n, bool), np.full(n, FOREVER, np.int64)
    opening[VICTIM], sink[CASH] = 10**12, True
    for account in range(4, n):
        covered[account] = 0 if draw.random() < 0.05 else FOREVER
    ledger, _ = make_ledger(at, np.arange(len(rows)), payer, payee, fen, accounts=n, opening_fen=opening, sink=sink,
                            covered_until_us=covered)  # fmt: skip
    claims = [Claim(f"C-{row:06d}", int(row), int(ledger.fen[row])) for row in np.flatnonzero(ledger.payer == VICTIM)]
    as_of = int(ledger.at_us[-1]) + 5 * MINUTE
    tracer = Tracer(ledger)
    traced = tracer.trace(claims, Terms(rule, as_of))  # type: ignore[arg-type]
    tokens = [f"account:{draw.getrandbits(64):016x}" for _ in range(n)]
    known = {token: {"bank": bank or BANKS[i % len(BANKS)], "kind": "cash" if i == CASH else "personal"}
             for i, token in enumerate(tokens)}  # fmt: skip
    flows = _flows(traced, ledger, claims, tokens)
    when = [int(ledger.at_us[claim.row]) for claim in claims]
    return {
        "run_id": "T-000001", "rule": rule, "terms": {"as_of_us": as_of, "back": False},
        "ledger": {"until_us": int(ledger.at_us[-1])}, "accounts": known, "flows": flows,
        "claims": [{"claim_id": c.claim_id, "claim_fen": c.fen, "booked_at_us": at}
                   for c, at in zip(claims, when, strict=True)],
        "totals": {name: int(traced.total(bucket).sum()) for bucket, name in enumerate(BUCKETS)},
        **_places(traced, claims, flows, tokens, known, tracer.balance(as_of)),
    }  # fmt: skip


def _cascade(accounts: int, draw: random.Random) -> list[tuple[int, int, int, int]]:
    """(when, payer, payee, fen) in time: every account passes on most of what it gets, late ones less often."""
    rows, seen, waiting = [(T0, VICTIM, 2, 9_000_000), (T0 + 3 * MINUTE, VICTIM, 3, 5_000_000)], 4, []
    waiting = [(at, payee, fen, 1) for at, _, payee, fen in rows]
    while waiting:
        waiting.sort()
        at, account, fen, hop = waiting.pop(0)
        chance = draw.random()
        if hop >= 2 and chance < 0.2:
            continue
        if hop >= 2 and chance < 0.35:
            rows.append((at + draw.randint(1, 20) * MINUTE, account, CASH, max(fen // 2, 1)))
            continue
        left, when = fen, at
        for _ in range(draw.choice((2, 3, 4) if accounts < 500 else (5, 8, 11))):
            if seen >= accounts:
                break
            when += draw.randint(1, 9) * MINUTE + draw.randint(0, 59_000_000)
            part = draw.randint(left // 8 + 1, left // 3 + 2)
            left -= part
            if left <= 0:
                break
            payee = seen if draw.random() > 0.08 or seen < 8 else draw.randint(4, seen - 1)
            seen += payee == seen
            if payee != account:
                rows.append((when, account, payee, part))
                waiting.append((when, payee, part, hop + 1))
    return sorted(rows, key=lambda row: row[0])


def _flows(traced: Any, ledger: Any, claims: list[Claim], tokens: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for claim, row, lo, hi, parent in zip(*(c.tolist() for c in (
        traced.flows.claim, traced.flows.row, traced.flows.lo, traced.flows.hi, traced.flows.parent
    )), strict=True):  # fmt: skip
        hop = found[parent]["hop"] + 1 if parent >= 0 else 1 if parent == -1 else 2
        found.append({
            "claim_id": claims[claim].claim_id, "transfer_id": f"x{row}", "record_ref": f"{row:032x}",
            "payer": tokens[ledger.payer[row]], "payee": tokens[ledger.payee[row]], "fen": int(ledger.fen[row]),
            "lo": lo, "hi": hi, "booked_at_us": int(ledger.at_us[row]), "parent": parent, "hop": hop,
        })  # fmt: skip
    return found


def _places(traced: Any, claims: list[Claim], flows: list[dict[str, Any]], tokens: list[str], known: dict[str, Any],
            balance: Any) -> dict[str, Any]:  # fmt: skip
    held: dict[str, dict[str, Any]] = {}
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS.values()}
    places = traced.places
    columns = (places.claim, places.account, places.bucket, places.fen, places.flow, places.reason)
    for claim, account, bucket, fen, flow, reason in zip(*(c.tolist() for c in columns), strict=True):
        token = tokens[account]
        brought = [flow] if flow >= 0 else [at for at, one in enumerate(flows) if one["payee"] == token]
        if bucket:
            lists[LISTS[bucket]].append({"account": token, **known[token], "fen": fen, "flow": flow,
                                         "reason": REASONS[reason], "claim_id": claims[claim].claim_id})  # fmt: skip
            continue
        row = held.setdefault(token, {"account": token, **known[token], "fen": 0, "balance_fen": int(balance[account]),
                                      "flows": [], "depth": flows[brought[0]]["hop"]})  # fmt: skip
        row["fen"] += fen
        row["flows"] = sorted({*row["flows"], *brought})
    return {"holdings": sorted(held.values(), key=lambda row: -row["fen"]), **lists}
