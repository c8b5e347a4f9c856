"""From the entries of candidate accounts to suspicions, one an account."""

from __future__ import annotations

from collections import defaultdict

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.contract.detector import Measure, Rows, Suspicion
from chainbreak.find.detectors.mules.v1.measures import MEASURES, Cited, Row, in_order
from chainbreak.find.detectors.mules.v1.params import MulesParams
from chainbreak.records.finding import Member, write_token
from chainbreak.records.kind import Identifier

BITS_IN_REGISTER = ("age_days", "dormant_days")
"""Measures that read the account's opening as well as its entries."""


def judge_accounts(reduced: Rows, params: MulesParams) -> list[Suspicion]:
    """Every candidate account with its measures, ordered by subject."""
    entries, accounts = _grouped(reduced["entries"].to_pylist()), _grouped(reduced["accounts"].to_pylist())
    reports = _reports_by_account(reduced)
    peers = _outlet_peers(accounts, params)
    found = []
    for token in sorted(entries):
        cited = Cited(in_order(entries[token]), tuple(accounts.get(token, ())))
        if cited.credits:
            found.append(_suspicion(token, cited, peers.get(token, []), reports, params))
    return sorted(found, key=lambda s: s.subject)


def _suspicion(
    token: int, cited: Cited, peers: list[Row], reports: dict[int, set[str]], params: MulesParams
) -> Suspicion:
    kinds = {a["kind"] for a in cited.accounts if a["kind"] is not None}
    protected = kinds & set(params.protected_kinds)
    written = write_token(Identifier.ACCOUNT, token)
    return Suspicion(
        subject_kind="account", subject=written, members=(Member(Identifier.ACCOUNT, written, 1.0),),
        measures=tuple(_measures(token, cited, peers, reports, params)),
        first_evidence_us=cited.peak_us, facts=_facts(cited), protected=min(protected) if protected else "",
    )  # fmt: skip


def _measures(
    token: int, cited: Cited, peers: list[Row], reports: dict[int, set[str]], params: MulesParams
) -> list[Measure]:
    flow = Cited(cited.entries)
    found = []
    for name, value_of in MEASURES.items():
        basis = cited if name in BITS_IN_REGISTER else flow
        found.append(Measure(name, value_of(basis), basis.refs()))
    if peers:
        found.append(Measure("outlet_peers", float(len({p["account"] for p in peers})), _refs(peers)))
    kinds = {a["kind"] for a in cited.accounts if a["kind"] is not None}
    if kinds:
        found.append(Measure("institution", float(bool(kinds & set(params.institutions))), _refs(cited.accounts)))
    near = set(reports.get(token, ()))
    for e in cited.credits:
        near |= reports.get(e["other"], set())
    if near:
        found.append(Measure("named_in_reports", float(len(near)), tuple(sorted(near))))
    return found


def _facts(cited: Cited) -> dict[str, float | int | str]:
    week = cited.within(7 * US_PER_DAY)
    came = sum(e["amount_fen"] for e in week if e["is_in"])
    left = sum(e["amount_fen"] for e in week if not e["is_in"])
    facts: dict[str, float | int | str] = {
        "in_fen": came, "out_fen": left, "payers": len({e["other"] for e in week if e["is_in"]}),
        "payees": len({e["other"] for e in week if not e["is_in"]}),
    }  # fmt: skip
    kinds = sorted({a["kind"] for a in cited.accounts if a["kind"] is not None})
    return facts | ({"account_kind": kinds[0]} if kinds else {})


def _outlet_peers(accounts: dict[int, list[Row]], params: MulesParams) -> dict[int, list[Row]]:
    """Account -> register rows of candidates opened at the same outlet within `outlet_days` of it, itself included."""
    at: dict[str, list[Row]] = defaultdict(list)
    for rows in accounts.values():
        for row in rows:
            if row["outlet_id"] is not None and row["opened_at_us"] is not None:
                at[row["outlet_id"]].append(row)
    span = params.outlet_days * US_PER_DAY
    return {
        row["account"]: [p for p in here if abs(p["opened_at_us"] - row["opened_at_us"]) <= span]
        for here in at.values()
        for row in here
    }


def _reports_by_account(reduced: Rows) -> dict[int, set[str]]:
    named: dict[int, set[str]] = defaultdict(set)
    for report in reduced["reports"].to_pylist():
        for written in report["identifiers"]:
            kind, _, digits = written.partition(":")
            if kind == Identifier.ACCOUNT and len(digits) == 16:
                token = int(digits, 16)
                named[token - (1 << 64) if token >= 1 << 63 else token].add(report["record_ref"])
    return named


def _refs(rows: tuple[Row, ...] | list[Row]) -> tuple[str, ...]:
    return tuple(r["record_ref"] for r in rows)


def _grouped(rows: list[Row]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: str(r["record_ref"])):
        groups[row["account"]].append(row)
    return groups
