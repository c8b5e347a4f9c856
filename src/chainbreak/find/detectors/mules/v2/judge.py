"""From the entries of candidate accounts to suspicions, one an account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.contract.detector import Detector, Measure, Rows, Suspicion
from chainbreak.find.detectors.mules.v2.cited import Cited, Row, in_order
from chainbreak.find.detectors.mules.v2.measures import MEASURES
from chainbreak.find.detectors.mules.v2.params import MulesParams
from chainbreak.find.detectors.mules.v2.rings import with_rings
from chainbreak.find.detectors.mules.v2.ties import MOST_HOPS, Position, accounts_named, positions
from chainbreak.records.finding import Member, write_token
from chainbreak.records.kind import Identifier

BITS_IN_REGISTER = ("age_days", "dormant_days")
"""Measures that read the account's opening as well as its entries."""


@dataclass(frozen=True)
class Candidates:
    """All candidates together: entries and register rows by account, and what ties them to one another."""

    cited: dict[int, Cited]
    institutions: frozenset[int]
    reports: list[Row]
    named: dict[int, list[str]]
    position: dict[int, Position]
    on_device: dict[int, dict[int, list[str]]]
    """Device -> account -> debits ordered on it."""
    outlet_peers: dict[int, list[Row]]


def judge_accounts(reduced: Rows, params: MulesParams, detector: Detector) -> list[Suspicion]:
    """Every candidate account with its measures and its ring, ordered by subject."""
    of = candidates(reduced, params)
    found = [_suspicion(token, of, params) for token, cited in sorted(of.cited.items()) if cited.credits]
    return with_rings(sorted(found, key=lambda s: s.subject), of, detector)


def candidates(reduced: Rows, params: MulesParams) -> Candidates:
    """The reduced tables by account, with the ties between accounts."""
    entries, accounts = _grouped(reduced["entries"].to_pylist()), _grouped(reduced["accounts"].to_pylist())
    reports = sorted(reduced["reports"].to_pylist(), key=lambda r: str(r["record_ref"]))
    institutions = frozenset(a for a, rows in accounts.items() if {r["kind"] for r in rows} & set(params.institutions))
    named: dict[int, list[str]] = defaultdict(list)
    for report in reports:
        for account in accounts_named(report):
            named[account].append(report["record_ref"])
    return Candidates(
        {a: Cited(in_order(rows), tuple(accounts.get(a, ()))) for a, rows in entries.items()}, institutions, reports,
        named, positions(transfers(entries), reports, institutions), _on_device(entries),
        _outlet_peers(accounts, params),
    )  # fmt: skip


def transfers(entries: dict[int, list[Row]]) -> list[Row]:
    """The transfers behind the entries, each once."""
    found = {}
    for account, rows in entries.items():
        for e in rows:
            payer, payee = (e["other"], account) if e["is_in"] else (account, e["other"])
            found[e["record_ref"]] = {**e, "payer": payer, "payee": payee}
    return [found[ref] for ref in sorted(found)]


def _suspicion(token: int, of: Candidates, params: MulesParams) -> Suspicion:
    cited = of.cited[token]
    protected = _kinds(cited) & set(params.protected_kinds)
    written = write_token(Identifier.ACCOUNT, token)
    return Suspicion(
        subject_kind="account", subject=written, members=(Member(Identifier.ACCOUNT, written, 1.0),),
        measures=(*_own(cited), *_register(token, of, params), *_ties(token, of)),
        first_evidence_us=cited.peak_us, facts=_facts(token, of), protected=min(protected) if protected else "",
    )  # fmt: skip


def _own(cited: Cited) -> Iterator[Measure]:
    flow = Cited(cited.entries)
    for name, value_of in MEASURES.items():
        basis = cited if name in BITS_IN_REGISTER else flow
        yield Measure(name, value_of(basis), basis.refs())


def _register(token: int, of: Candidates, params: MulesParams) -> Iterator[Measure]:
    rows = of.cited[token].accounts
    if peers := of.outlet_peers.get(token, []):
        yield Measure("outlet_peers", float(len({p["account"] for p in peers})), _refs(peers))
    if kinds := _kinds(of.cited[token]):
        yield Measure("institution", float(bool(kinds & set(params.institutions))), _refs(rows))


def _ties(token: int, of: Candidates) -> Iterator[Measure]:
    """What is not there is proved by the account's register rows: no transfer, no report among them."""
    register = _refs(of.cited[token].accounts)
    tied = [e for e in of.cited[token].within(7 * US_PER_DAY) if e["other"] in of.cited]
    tied = [e for e in tied if e["other"] not in of.institutions]
    if tied or register:
        yield Measure("partners", float(len({e["other"] for e in tied})), _refs(tied) or register)
    if of.reports:
        position, named = of.position.get(token), tuple(of.named.get(token, ()))
        if position:
            yield Measure("traced_hops", float(position.hops), position.refs)
            yield Measure("traced_minutes", position.minutes, position.refs)
        elif register:
            yield Measure("traced_hops", float(MOST_HOPS + 1), register)
        if named or register:
            yield Measure("named_in_reports", float(len(set(named))), named or register)
    yield from _devices(token, of)


def _devices(token: int, of: Candidates) -> Iterator[Measure]:
    mine = [on for on in of.on_device.values() if token in on]
    if mine:
        others = {account for on in mine for account in on} - {token}
        refs = {ref for on in mine for account in on for ref in on[account]}
        yield Measure("shared_devices", float(len(others)), tuple(sorted(refs)))


def _facts(token: int, of: Candidates) -> dict[str, float | int | str]:
    cited, position = of.cited[token], of.position.get(token)
    week = cited.within(7 * US_PER_DAY)
    came = sum(e["amount_fen"] for e in week if e["is_in"])
    left = sum(e["amount_fen"] for e in week if not e["is_in"])
    facts: dict[str, float | int | str] = {
        "in_fen": came, "out_fen": left, "payers": len({e["other"] for e in week if e["is_in"]}),
        "payees": len({e["other"] for e in week if not e["is_in"]}),
    }  # fmt: skip
    if position:
        facts |= {"hops_from_report": position.hops, "minutes_from_report": round(position.minutes)}
    kinds = sorted(_kinds(cited))
    return facts | ({"account_kind": kinds[0]} if kinds else {})


def _kinds(cited: Cited) -> set[str]:
    return {a["kind"] for a in cited.accounts if a["kind"] is not None}


def _on_device(entries: dict[int, list[Row]]) -> dict[int, dict[int, list[str]]]:
    found: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for account, rows in entries.items():
        for e in rows:
            if not e["is_in"] and e["device"] is not None:
                found[e["device"]][account].append(e["record_ref"])
    return found


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


def _refs(rows: tuple[Row, ...] | list[Row]) -> tuple[str, ...]:
    return tuple(r["record_ref"] for r in rows)


def _grouped(rows: list[Row]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: str(r["record_ref"])):
        groups[row["account"]].append(row)
    return groups
