"""One trace from claims to its dictionary: what `trace_money` keeps, and what `verify_trace` makes again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.app.trace_body import body_of, reached
from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.find.tracing import BUCKETS, HORIZON_US, RULES, Claim, Rule, Terms, Traced

if TYPE_CHECKING:
    from chainbreak.app.ledger_of import Held

ALL = "all"
POISON: Rule = "poison"
LARGEST = 2**53 - 1
"""Of times and amounts: beyond it JSON holds no whole numbers."""


@dataclass(frozen=True)
class RunTerms:
    """How money is followed. `rules`: the first one's flows are given, all are compared. `as_of_us` is a moment, never
    "now"; `horizon_us` None: without end; `back`: to where the money came from, first in first out.

    Raises:
        UsageError: a limit below zero or beyond what JSON holds (CB-TR-010).
    """

    rules: tuple[Rule, ...]
    as_of_us: int
    horizon_us: int | None = HORIZON_US
    de_minimis_fen: int = 0
    back: bool = False

    def __post_init__(self) -> None:
        for given in (self.as_of_us, self.horizon_us or 0, self.de_minimis_fen):
            if not 0 <= given <= LARGEST:
                raise UsageError("CB-TR-010", "a limit out of range", given=str(given)[:40], allowed=f"0..{LARGEST}")

    def of(self, rule: Rule) -> Terms:
        """The terms of one rule."""
        return Terms(rule, self.as_of_us, self.horizon_us, self.de_minimis_fen)


def likeness(terms: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the terms of two runs (`RunTerms` as a dictionary) must share for one to say more than the other: the rule
    whose flows it gives, horizon, de minimis and direction, but not the moment.
    """
    return terms["rules"][0], terms["horizon_us"], terms["de_minimis_fen"], terms["back"]


def rules_named(text: str) -> tuple[Rule, ...]:
    """The rules of `fifo`, `fifo,lib` or `all`, each once, in the order given.

    >>> rules_named("lib,fifo"), len(rules_named("all"))
    (('lib', 'fifo'), 7)

    Raises:
        UsageError: no such rule (CB-US-001).
    """
    if text.strip() == ALL:
        return RULES
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names or ("",):
        if name not in RULES:
            raise UsageError("CB-US-001", "no such rule", given=name, allowed=did_you_mean(name, [*RULES, ALL]))
    return tuple(rule for name in names for rule in RULES if rule == name)


def run_body(held: Held, what: str, claims: Sequence[Mapping[str, Any]], terms: RunTerms) -> dict[str, Any]:
    """Everything a run says, but for its number: see `trace_money`. `claims`: claim_id, transfer_id, row, claim_fen, …

    Raises:
        UsageError: claims over the same fen (CB-TR-012), or too many for a rule that mixes (CB-TR-013).
    """
    with held.lock:
        return _run_body(held, what, claims, terms)


def _run_body(held: Held, what: str, claims: Sequence[Mapping[str, Any]], terms: RunTerms) -> dict[str, Any]:
    asked = [Claim(claim["claim_id"], claim["row"], claim["claim_fen"]) for claim in claims]
    first = terms.rules[0]
    one = held.tracer.back(asked, terms.of(first)) if terms.back else held.tracer.trace(asked, terms.of(first))
    body: dict[str, Any] = {
        "what": what, "rule": first, "terms": asdict(terms) | {"rules": list(terms.rules)},
        "ledger": ledger_facts(held, terms.as_of_us), "claims": [dict(claim) for claim in claims],
        "caveats": _caveats(held, one, terms.as_of_us),
    }  # fmt: skip
    if first == POISON:
        body |= {"reached": reached(held, one)}
    else:
        body |= body_of(held, one, claims, terms.as_of_us)
    if len(terms.rules) > 1:
        body["rules"] = _side_by_side(held, asked, terms, one)
    return body


def ledger_facts(held: Held, as_of_us: int) -> dict[str, Any]:
    """What a run cites of the ledger as it was: digest, version, rows, until_us, settings, and how many rows have no
    place in it, by reason.
    """
    import pyarrow.compute as pc

    ledger = held.tracer.ledger
    rows = ledger.rows_until(as_of_us)
    refused = held.refused.filter(pc.less_equal(held.refused["booked_at_us"], as_of_us))
    counts = pc.value_counts(refused["why"].combine_chunks()).to_pylist()
    return {
        "digest": held.digest(as_of_us), "version": held.version, "rows": rows,
        "accounts": held.accounts_until(as_of_us), "until_us": int(ledger.at_us[rows - 1]) if rows else 0,
        "settings": held.settings.model_dump(mode="json"), "refused": {c["values"]: c["counts"] for c in counts},
    }  # fmt: skip


def _caveats(held: Held, traced: Traced, as_of_us: int) -> list[dict[str, Any]]:
    """Transfers without a place in the ledger that touch accounts of the trace: what they moved is not followed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not held.refused.num_rows or not len(traced.flows.row):
        return []
    ledger, since = held.tracer.ledger, int(held.tracer.ledger.at_us[traced.flows.row.min()])
    met = np.unique(np.concatenate([ledger.payer[traced.flows.row], ledger.payee[traced.flows.row]]))
    tokens = pa.array(held.register.tokens[met])
    lost = held.refused
    touched = pc.or_(pc.is_in(lost["payer"], value_set=tokens), pc.is_in(lost["payee"], value_set=tokens))
    within = pc.and_(pc.greater_equal(lost["booked_at_us"], since), pc.less_equal(lost["booked_at_us"], as_of_us))
    rows = lost.filter(pc.and_(touched, within)).select(["transfer_id", "booked_at_us", "why"]).to_pylist()
    return sorted(rows, key=lambda row: (row["booked_at_us"], row["transfer_id"]))


def _side_by_side(held: Held, claims: Sequence[Claim], terms: RunTerms, first: Traced) -> dict[str, Any]:
    """`totals` by rule, and `accounts`: for each that holds something under a rule, the fen by rule, least and most.

    Under poison an account is only reached, or not; it has no part in least and most.
    """
    names = [rule for rule in terms.rules if rule != POISON]
    totals, by_account, touched = {}, dict[int, dict[str, int]](), set[int]()
    for rule in terms.rules:
        traced = first if rule == terms.rules[0] else held.tracer.trace(claims, terms.of(rule))
        if rule == POISON:
            touched = set(held.tracer.ledger.payee[traced.flows.row].tolist())
            continue
        totals[rule] = {name: int(traced.total(bucket).sum()) for bucket, name in enumerate(BUCKETS)}
        accounts, fen = traced.holdings()
        for account, amount in zip(accounts.tolist(), fen.tolist(), strict=True):
            by_account.setdefault(account, {})[rule] = amount
    rows: list[dict[str, Any]] = [
        {
            "account": held.account(account), "bank": held.bank(account), "kind": held.kind(account),
            "by": by, "min_fen": min(by.get(name, 0) for name in names),
            "max_fen": max(by.values()), **({"reached": account in touched} if POISON in terms.rules else {}),
        }
        for account, by in by_account.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: (-row["max_fen"], -row["min_fen"], row["account"]))
    told: dict[str, Any] = {"names": list(terms.rules), "totals": totals, "accounts": rows}
    return told | ({"reached_accounts": len(touched)} if POISON in terms.rules else {})
