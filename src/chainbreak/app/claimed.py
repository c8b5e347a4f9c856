"""What is to be followed: from what a person types to transfers in the ledger with the fen claimed of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chainbreak.app.claims_of_report import claims_of_report
from chainbreak.app.file_reports import AT_ONCE, file_reports
from chainbreak.base.errors import InputError, UsageError, did_you_mean
from chainbreak.store.desk import funds, reports

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.app.ledger_of import Held

NEAR = 500
"""Ids among which a mistyped one is looked for."""


@dataclass(frozen=True)
class Asked:
    """A transfer and the fen claimed of it (0: all of it), with its ledger row (-1: not looked up yet)."""

    transfer_id: str
    claim_fen: int = 0
    row: int = -1
    booked_at_us: int = 0

    def facts(self, held: Held) -> dict[str, Any]:
        """The claim as a run tells it."""
        ledger, row = held.tracer.ledger, self.row
        return {
            "transfer_id": self.transfer_id, "record_ref": held.record_ref(row), "row": row,
            "payer": held.account(int(ledger.payer[row])), "payee": held.account(int(ledger.payee[row])),
            "fen": int(ledger.fen[row]), "booked_at_us": int(ledger.at_us[row]), "claim_fen": self.claim_fen,
        }  # fmt: skip


def thing_named(office: Office, held: Held, what: str) -> str:
    """`report:ID` or `transfer:ID` of what a person typed, with or without the word before it.

    Raises:
        UsageError: neither a report nor a transfer (CB-TR-023), naming the nearest.
        InputError: a transfer without a place in the ledger (CB-TR-027).
    """
    kind, _, rest = what.strip().partition(":")
    ident = rest if kind in ("report", "transfer") and rest else what.strip()
    if kind != "transfer" or not rest:
        file_reports(office, AT_ONCE)
        with office.desk.read() as conn:
            if reports.read_report(conn, ident) is not None:
                return f"report:{ident}"
    if (kind != "report" or not rest) and held.row_of(ident) is not None:
        return f"transfer:{ident}"
    _refused(held, ident)
    raise UsageError("CB-TR-023", "neither a report nor a transfer of the ledger", given=ident[:80],
                     allowed=_meant(ident, [*_near_reports(office, ident), *_near_transfers(held, ident)]),
                     next_step="chainbreak case reports lists reports")  # fmt: skip


def asked_claims(office: Office, held: Held, thing: str, transfers: Sequence[Asked] = ()) -> list[Asked]:
    """What is claimed, in order of booking: `transfers` when there are any, else the transfer itself, else what is
    certain of the report and what people opened for it. A claim that somebody voided is not raised again.

    Raises:
        UsageError: nothing certain (CB-TR-025), no such transfer (CB-TR-023), an impossible amount (CB-TR-026).
        InputError: a transfer without a place in the ledger (CB-TR-027).
    """
    kind, _, ident = thing.partition(":")
    own = transfers or ([Asked(ident)] if kind == "transfer" else _of_report(office, ident))
    found = [looked_up(held, one) for one in own]
    twice = [ident for ident, times in Counter(one.transfer_id for one in found).items() if times > 1]
    if twice:
        raise UsageError("CB-TR-026", "a transfer is named twice", given=", ".join(sorted(twice)),
                         next_step="name it once, with the whole amount claimed of it")  # fmt: skip
    return sorted(found, key=lambda one: one.row)


def _of_report(office: Office, report_id: str) -> list[Asked]:
    candidates = claims_of_report(office, report_id)
    with office.desk.read() as conn:
        standing = funds.claims_of(conn, report_id)
    wanted = standing_claims(candidates, standing)
    if not wanted:
        offered = [c["transfer_id"] for c in candidates]
        raise UsageError(
            "CB-TR-025", "no payment of this report is certain", given=report_id,
            allowed=f"candidates: {', '.join(offered[:3])}" if offered else "no candidate in the ledger",
            next_step=f"chainbreak trace claims {report_id}; then --transfer ID --amount YUAN",
        )  # fmt: skip
    return wanted


def standing_claims(
    candidates: Sequence[Mapping[str, Any]], standing: Sequence[Mapping[str, Any]]
) -> list[Asked]:  # fmt: skip
    """What is claimed for a report: the sure candidates, as people's claims (oldest first) change them."""
    wanted = {c["transfer_id"]: Asked(c["transfer_id"], c["claim_fen"]) for c in candidates if c["sure"]}
    for row in standing:
        if row["state"] == funds.OPEN:
            wanted[row["transfer_id"]] = Asked(row["transfer_id"], row["fen"])
        elif row["state"] == funds.VOID:
            wanted.pop(row["transfer_id"], None)
    return list(wanted.values())


def looked_up(held: Held, one: Asked) -> Asked:
    """A claim with its ledger row.

    Raises:
        UsageError: no such transfer (CB-TR-023), or it does not have that much (CB-TR-026).
        InputError: it has no place in the ledger (CB-TR-027).
    """
    row = held.row_of(one.transfer_id)
    if row is None:
        _refused(held, one.transfer_id)
        raise UsageError("CB-TR-023", "no such transfer in the ledger", given=one.transfer_id[:80],
                         allowed=_meant(one.transfer_id, _near_transfers(held, one.transfer_id)))  # fmt: skip
    fen = int(held.tracer.ledger.fen[row])
    if not 0 <= one.claim_fen <= fen:
        raise UsageError("CB-TR-026", "the transfer does not have that much", given=_yuan(one.claim_fen)[:40],
                         allowed=f"0.01..{_yuan(fen)} yuan")  # fmt: skip
    at_us = int(held.tracer.ledger.at_us[row])
    return replace(one, claim_fen=one.claim_fen or fen, row=row, booked_at_us=at_us)


def _refused(held: Held, transfer_id: str) -> None:
    import pyarrow.compute as pc

    from chainbreak.app.ledger_rows import NO_ORIGINAL

    rows: Sequence[Mapping[str, Any]] = held.refused.filter(
        pc.equal(held.refused["transfer_id"], transfer_id)
    ).to_pylist()
    why = [row["why"] for row in rows if row["why"] != NO_ORIGINAL]
    if why:
        raise InputError("CB-TR-027", "this transfer has no place in the ledger", given=f"{transfer_id}: {why[0]}",
                         next_step="chainbreak trace ledger lists such transfers and why")  # fmt: skip


def _meant(ident: str, known: list[str]) -> str:
    """The ids that are near; nothing when none is, because all of them would be no help."""
    hint = did_you_mean(ident, known)
    return "" if hint.startswith("known") else hint


def _near_reports(office: Office, ident: str) -> list[str]:
    """Some reports whose id begins like a mistyped one: with its first half."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_reports import report_file

    r = report_file.c
    like = select(r.report_id).where(r.report_id.startswith(_half(ident), autoescape=True))
    with office.desk.read() as conn:
        return list(conn.execute(like.order_by(r.report_id.desc()).limit(NEAR)).scalars())


def _near_transfers(held: Held, ident: str) -> list[str]:
    """Some transfers whose id begins like a mistyped one, with all but its last three characters or its first half."""
    import pyarrow.compute as pc

    found: list[str] = []
    for start in (ident[:-3], _half(ident)):
        if start and not found:
            found = held.ids.filter(pc.starts_with(held.ids, start))[:NEAR].to_pylist()
    return found


def _half(ident: str) -> str:
    return ident[: (len(ident) + 1) // 2]


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
