"""Which transfers are the money that a report says was lost: the victim's own payments to the accounts it names.

What is certain is marked `sure`; what only may be is offered with its reasons, for a person to choose from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.app.current_keys import current_keys, said_now
from chainbreak.app.file_reports import AT_ONCE, file_reports, lake_rows
from chainbreak.app.ledger_of import Held, ledger_of
from chainbreak.app.readings import readings_of
from chainbreak.app.report_rights import report_named
from chainbreak.app.report_texts import OF_INTEREST, mentions_of
from chainbreak.base.clock import US_PER_DAY
from chainbreak.records import Identifier
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

BEFORE_US = US_PER_DAY
"""Payments are looked for from so long before it happened: people state the day, and the hour only roughly."""
UNDATED_US = 7 * US_PER_DAY
"""And from so long before the report when it does not say when it happened."""
LARGE = 20
"""A payment of the victim to somebody not named is offered from a 20th of the loss on: less is daily life."""
MOST_PARTS, MOST_TRIED = 4, 24
"""The rest of a loss is looked for in up to four payments out of the 24 largest: 12,950 combinations."""


@dataclass(frozen=True)
class Told:
    """What a report says of money. Accounts by their number in the ledger; amounts in fen; `loss_fen` None: not stated.

    `owned`: accounts of the victim. `named`: accounts it names that are not the victim's or somebody's official one.
    """

    begin_us: int
    end_us: int
    loss_fen: int | None
    amounts: frozenset[int]
    owned: frozenset[int]
    named: frozenset[int]


def claims_of_report(office: Office, report_id: str) -> list[dict[str, Any]]:
    """Candidates in order of booking: transfer_id, record_ref, row, payer, payee (written tokens), fen, booked_at_us,
    claim_fen, why (codes, see words/trace.yaml), sure. One whose claim somebody took back is
    no longer sure, and says so.

    Raises:
        UsageError: no such report (CB-RT-001).
        SetupError: no transfers (CB-TR-020).
    """
    file_reports(office, AT_ONCE)
    with office.desk.read() as conn:
        row = report_named(conn, report_id)
        newest = {claim["transfer_id"]: claim["state"] for claim in funds.claims_of(conn, report_id)}
    found = candidates_of(office, ledger_of(office), [row])[report_id]
    for one in found:
        if newest.get(one["transfer_id"]) == funds.VOID:
            one |= {"why": [*one["why"], "taken_back"], "sure": False}
    return found


def candidates_of(
    office: Office, held: Held, rows: Sequence[Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """report_id -> candidates, as `claims_of_report`, of rows of the desk; what they tell is read at once."""
    ledger = held.tracer.ledger
    return {
        report_id: [
            {
                "transfer_id": held.transfer_id(row), "record_ref": held.record_ref(row), "row": row,
                "payer": held.account(int(ledger.payer[row])), "payee": held.account(int(ledger.payee[row])),
                "fen": int(ledger.fen[row]), "booked_at_us": int(ledger.at_us[row]), "claim_fen": fen,
                "why": list(why), "sure": sure,
            }
            for row, fen, why, sure in fitted(held, told)
        ]
        for report_id, told in _told(office, held, rows).items()
    }  # fmt: skip


def fitted(held: Held, told: Told) -> list[tuple[int, int, tuple[str, ...], bool]]:
    """(row, fen claimed, why, sure) of each candidate, in order of booking."""
    ledger = held.tracer.ledger
    first, last = np.searchsorted(ledger.at_us, [told.begin_us, told.end_us + 1])
    by_victim, to_named = (
        np.isin(side[first:last], sorted(accounts))
        for side, accounts in ((ledger.payer, told.owned), (ledger.payee, told.named))
    )
    inside = ~np.isin(ledger.payee[first:last], sorted(told.owned)) & (ledger.link[first:last] < 0)
    rows = {name: (np.flatnonzero(mask & inside) + first).tolist() for name, mask in (
        ("both", by_victim & to_named), ("payee", to_named & ~by_victim), ("payer", by_victim & ~to_named)
    )}  # fmt: skip
    fen = {row: int(ledger.fen[row]) for of in rows.values() for row in of}
    found = _certain(rows["both"], fen, told)
    if not rows["both"]:
        found |= _by_strangers(rows["payee"], fen, told)
    claimed = sum(claim for claim, _, sure in found.values() if sure)
    open_ones = [row for row in rows["payer"] if not ledger.sink[ledger.payee[row]]]
    found |= _elsewhere(open_ones, fen, told, claimed)
    return [(row, *found[row]) for row in sorted(found)]


Found = dict[int, tuple[int, tuple[str, ...], bool]]


def _certain(rows: list[int], fen: Mapping[int, int], told: Told) -> Found:
    """The victim's payments to named accounts, up to the loss, the latest first: early ones may have been paid back."""
    found: Found = {}
    left = told.loss_fen
    for row in reversed(rows):
        why = ["victims_account", "named_account", *_amounts(fen[row], told)]
        claim = fen[row] if left is None else min(fen[row], left)
        if left is not None:
            left -= claim
        if claim == 0:
            found[row] = (fen[row], (*why, "beyond_loss"), False)
        else:
            found[row] = (claim, (*why, *(["above_loss"] if claim < fen[row] else [])), True)
    return found


def _by_strangers(rows: list[int], fen: Mapping[int, int], told: Told) -> Found:
    """Payments to named accounts by others, where none is known to be the victim's: of the amounts the report names."""
    fits = [row for row in rows if _amounts(fen[row], told)]
    return {
        row: (fen[row], ("named_account", "payer_unknown", *_amounts(fen[row], told),
                         "only_one" if len(fits) == 1 else "one_of_several"),
              len(fits) == 1 and fen[row] == told.loss_fen and not told.owned)
        for row in fits
    }  # fmt: skip


def _elsewhere(rows: list[int], fen: Mapping[int, int], told: Told, claimed: int) -> Found:
    """The victim's payments to accounts that the report does not name: what completes the loss, and what is large."""
    rest = 0 if told.loss_fen is None else told.loss_fen - claimed
    largest = sorted(rows, key=lambda row: (-fen[row], row))[:MOST_TRIED]
    ways = list(_ways(largest, fen, rest)) if rest > 0 else []
    found: Found = {}
    for row in largest:
        why = ["victims_account", "payee_not_named", *_amounts(fen[row], told)]
        among = sum(row in way for way in ways)
        if among:
            why.append("completes_loss" if len(ways) == 1 else "one_of_several")
            found[row] = (fen[row], tuple(why), len(ways) == 1)
        elif rest > 0 and (fen[row] in told.amounts or fen[row] * LARGE >= rest):
            found[row] = (min(fen[row], rest), (*why, *(["above_loss"] if fen[row] > rest else [])), False)
    return found


def _ways(rows: list[int], fen: Mapping[int, int], rest: int) -> Iterable[tuple[int, ...]]:
    """The fewest payments that add up to the rest exactly, in every way there is with so many."""
    for parts in range(1, min(MOST_PARTS, len(rows)) + 1):
        ways = [some for some in combinations(rows, parts) if sum(fen[row] for row in some) == rest]
        if ways:
            return ways
    return []


def _amounts(fen: int, told: Told) -> list[str]:
    return [*(["equals_loss"] if fen == told.loss_fen else []), *(["amount_in_story"] if fen in told.amounts else [])]


def _told(office: Office, held: Held, rows: Sequence[Mapping[str, Any]]) -> dict[str, Told]:
    """What each report says of money, as people corrected it."""
    if not rows:
        return {}
    refs = [row["record_ref"] for row in rows]
    engine = office.engine()
    try:
        found = lake_rows(engine, refs, ("record_ref", "victim", "narrative"))
    finally:
        engine.close()
    lake = {row["record_ref"]: row for row in found}
    read = {row["record_ref"]: row for row in readings_of(office, refs).to_pylist()}
    now = current_keys(office, {key for row in rows for key in row["said"]})
    nothing: dict[str, Any] = {"victim": None, "narrative": "", "name": [], "role": []}
    return {
        row["report_id"]: _one_told(
            office, held, row, lake.get(row["record_ref"], nothing), read.get(row["record_ref"], nothing), now
        )
        for row in rows
    }


def _one_told(
    office: Office, held: Held, row: Mapping[str, Any], lake: Mapping[str, Any], read: Mapping[str, Any],
    now: Mapping[str, str],
) -> Told:  # fmt: skip
    """`row` of the desk, `lake` its record, `read` what was read in it, `now`: keys that people named, as of today."""
    roles = dict(zip(read["name"], read["role"], strict=True)) | said_now(row["said"], now)
    accounts = {key: role for key, role in roles.items() if key.startswith(f"{Identifier.ACCOUNT}:")}
    mentions = mentions_of(office, lake["narrative"] or "", row["reported_at_us"], marks=True)
    owned = {held.number(key) for key, role in accounts.items() if role == "victim"}
    if lake["victim"] is not None:
        owned |= set(np.flatnonzero(held.register.holder == lake["victim"]).tolist())
    named = {held.number(key) for key, role in accounts.items() if role in OF_INTEREST} - owned
    occurred = row["occurred_at_us"]
    return Told(
        row["reported_at_us"] - UNDATED_US if occurred is None else occurred - BEFORE_US, row["reported_at_us"],
        row["loss_fen"],
        frozenset(m.low for m in mentions if m.kind == "amount" and m.low is not None and m.low == m.high),
        frozenset(n for n in owned if n is not None), frozenset(n for n in named if n is not None),
    )  # fmt: skip
