"""How long stolen money stayed on accounts, learned once a day from the claims of the centre's own desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from chainbreak.act.funds.dwell import Dwell, learn
from chainbreak.act.funds.rules import Rules, load_rules
from chainbreak.act.funds.survival import Stay
from chainbreak.app.ledger_of import Held, ledger_of
from chainbreak.base.clock import US_PER_DAY, local_day, to_us
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.tracing import Claim, Traced

_LEARNED: dict[Path, tuple[int, Rules, Dwell]] = {}
_LOCK = Lock()


def dwell_of(office: Office) -> Dwell:
    """The curves of today: from claims opened before midnight, so that no case teaches about itself.

    Raises:
        SetupError: the centre's rules of holds cannot be read (CB-FD-001), or no transfers (CB-TR-020).
    """
    rules = load_rules(office.centre.root)
    zone = office.centre.settings.zone
    midnight = to_us(datetime.combine(local_day(office.clock.now_us(), zone), time(), ZoneInfo(zone)))
    with _LOCK:
        known = _LEARNED.get(office.centre.root)
        if known is None or known[:2] != (midnight, rules):
            _LEARNED[office.centre.root] = (midnight, rules, _learned(office, rules, midnight))
        return _LEARNED[office.centre.root][2]


def _learned(office: Office, rules: Rules, until_us: int) -> Dwell:
    with office.desk.read() as conn:
        rows = funds.claims_between(conn, until_us - rules.learn_days * US_PER_DAY, until_us, rules.claims_most)
    if not rows:
        return learn((), rules)
    held = ledger_of(office)
    as_of = min(until_us, held.until_us)
    claims = claims_in_ledger(held, rows, as_of)
    from chainbreak.find.tracing import Terms

    traced = held.tracer.trace(claims, Terms("fifo", as_of, rules.horizon_us))
    return learn(stays_of(held, traced, as_of), rules)


def claims_in_ledger(held: Held, rows: Sequence[Mapping[str, Any]], as_of_us: int) -> list[Claim]:
    """Claims of the desk as claims on ledger rows booked until `as_of_us`; the same fen once, for whom it was claimed
    first.
    """
    from chainbreak.find.tracing import Claim

    at = rows_of_transfers(held, {row["transfer_id"] for row in rows})
    last = held.tracer.ledger.rows_until(as_of_us)
    taken: dict[int, list[tuple[int, int]]] = {}
    found = []
    for row in sorted(rows, key=lambda row: row["claim_id"]):
        claim = Claim(row["claim_id"], at.get(row["transfer_id"], last), row["fen"], row["lo_fen"])
        others = taken.setdefault(claim.row, [])
        fits = claim.row < last and claim.lo + claim.fen <= int(held.tracer.ledger.fen[claim.row])
        if fits and all(claim.lo + claim.fen <= lo or hi <= claim.lo for lo, hi in others):
            others.append((claim.lo, claim.lo + claim.fen))
            found.append(claim)
    return found


def rows_of_transfers(held: Held, transfer_ids: set[str]) -> Mapping[str, int]:
    """transfer_id -> ledger row, of those that have one: one scan of the ids, however many are asked for."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = np.flatnonzero(np.asarray(pc.is_in(held.ids, value_set=pa.array(sorted(transfer_ids), pa.string()))))
    return dict(zip(held.ids.take(rows).to_pylist(), rows.tolist(), strict=True))


def stays_of(held: Held, traced: Traced, as_of_us: int) -> Iterator[tuple[str, int, Stay]]:
    """(bank, hop, stay) of all claimed money on accounts, by the fen of each piece: until it went on, or was last seen.

    `hop` 1 is the first account that the money reached. Stays of one theft on one account are one observation.
    """
    from chainbreak.find.tracing import HOLDING, HORIZON_US, OWN, REASONS, UNKNOWN

    ledger, flows, places = held.tracer.ledger, traced.flows, traced.places
    hops = np.ones(len(flows.row), np.int64)
    for flow, parent in enumerate(flows.parent.tolist()):
        if parent != OWN:
            hops[flow] = hops[parent] + 1
    came, where = ledger.at_us[flows.row], ledger.payee[flows.row]
    banks = {account: held.bank(account) for account in np.unique(where).tolist()}

    def stay(flow: int, until_us: int, left: bool, fen: int) -> tuple[str, int, Stay]:
        account, claim = int(where[flow]), int(flows.claim[flow])
        told = Stay(max(until_us - int(came[flow]), 0), left, fen, claim * ledger.accounts + account)
        return banks[account], int(hops[flow]), told

    for flow in np.flatnonzero(flows.parent >= 0).tolist():
        yield stay(int(flows.parent[flow]), int(came[flow]), True, int(flows.hi[flow] - flows.lo[flow]))
    horizon = traced.terms.horizon_us or HORIZON_US
    for at in np.flatnonzero((places.bucket == HOLDING) | (places.bucket == UNKNOWN)).tolist():
        flow, reason = int(places.flow[at]), REASONS[int(places.reason[at])]
        if flow >= 0 and reason != "no_coverage" and int(places.account[at]) == int(where[flow]):
            seen = min(as_of_us, int(ledger.covered_until_us[where[flow]]))
            if reason == "horizon":
                seen = min(seen, int(ledger.at_us[traced.claims[int(flows.claim[flow])].row]) + horizon)
            yield stay(flow, seen, False, int(places.fen[at]))
