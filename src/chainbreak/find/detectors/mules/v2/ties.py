"""What ties a candidate account to others: a reported payment up the stream, other candidates, devices in common.

Each tie is a number with the records that give it, and is computed again from those records by the functions below.
Only what had happened by the moment judged is ever looked at: the tables are cut there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.find.contract.detector import Rows
from chainbreak.find.detectors.mules.v2.cited import Row
from chainbreak.records.finding import read_token
from chainbreak.records.kind import Identifier

MOST_HOPS = 6
"""Further from the reported payment nothing is said: the value is `MOST_HOPS` + 1."""
STAY_US = US_PER_DAY
"""Money is followed on from an account for so long after it came in."""
REPORTED_WITHIN_US = 7 * US_PER_DAY
"""A payment into a reported account belongs to the report when it was booked so long before it at most."""


@dataclass(frozen=True)
class Position:
    """Where an account stands in the stream of reported money: transfers after the reported payment (0: it received
    that payment itself), minutes after it, and the records of the path, the report first."""

    hops: int
    minutes: float
    refs: tuple[str, ...]


def positions(transfers: Iterable[Row], reports: Iterable[Row], stops: frozenset[int]) -> dict[int, Position]:
    """Account -> its nearest position, by hops, then minutes: each payment into a reported account is followed through
    debits within `STAY_US` of a credit. Money is not followed through accounts in `stops` (institutions)."""
    out: dict[int, list[Row]] = defaultdict(list)
    into: dict[int, list[Row]] = defaultdict(list)
    for t in sorted(transfers, key=_order):
        out[t["payer"]].append(t)
        into[t["payee"]].append(t)
    ahead = list(_claimed(into, reports))
    seen = {t["record_ref"] for t, _, _ in ahead}
    found: dict[int, Position] = {}
    for hops in range(MOST_HOPS + 1):
        # Of two ways of equal length to a transfer the one from the later payment is the shorter in time.
        front, ahead = sorted(ahead, key=lambda step: (-step[1], step[2])), []
        for t, begin_us, refs in front:
            account, path = t["payee"], (*refs, t["record_ref"])
            here = Position(hops, (t["booked_at_us"] - begin_us) / US_PER_MIN, path)
            if account not in found or (here.hops, here.minutes) < (found[account].hops, found[account].minutes):
                found[account] = here
            if account in stops:
                continue
            for onward in out[account]:
                if _follows(t, onward) and onward["record_ref"] not in seen:
                    seen.add(onward["record_ref"])
                    ahead.append((onward, begin_us, path))
    return found


def _claimed(into: Mapping[int, list[Row]], reports: Iterable[Row]) -> Iterator[tuple[Row, int, tuple[str, ...]]]:
    """(payment into a reported account, its time, the report's ref), each payment once, latest report first."""
    seen = set()
    dated = [r for r in reports if r["reported_at_us"] is not None]
    for report in sorted(dated, key=lambda r: (-r["reported_at_us"], r["record_ref"])):
        for account in sorted(accounts_named(report)):
            for t in into.get(account, ()):
                before = report["reported_at_us"] - t["booked_at_us"]
                if 0 <= before <= REPORTED_WITHIN_US and t["record_ref"] not in seen:
                    seen.add(t["record_ref"])
                    yield t, t["booked_at_us"], (report["record_ref"],)


def _follows(credit: Row, debit: Row) -> bool:
    return _order(credit) < _order(debit) and debit["booked_at_us"] - credit["booked_at_us"] <= STAY_US


def _order(t: Row) -> tuple[int, int, str]:
    return t["booked_at_us"], t["seq"] or 0, t["record_ref"]


def accounts_named(report: Row) -> set[int]:
    """Accounts that a report names."""
    written = (text for text in report["identifiers"] or () if text.startswith(f"{Identifier.ACCOUNT}:"))
    return {read_token(text)[1] for text in written if len(text) == len(Identifier.ACCOUNT) + 17}


def _position(rows: Rows, subject: str) -> Position | None:
    found = positions(rows["transfer"].to_pylist(), rows["report"].to_pylist(), frozenset())
    return found.get(read_token(subject)[1])


def traced_hops(rows: Rows, subject: str) -> float:
    """Transfers from a reported payment to the account (hop); one more than `MOST_HOPS` when none leads to it."""
    found = _position(rows, subject)
    return float(found.hops if found else MOST_HOPS + 1)


def traced_minutes(rows: Rows, subject: str) -> float:
    """Minutes from the reported payment until its money could be on the account (min)."""
    found = _position(rows, subject)
    return found.minutes if found else float("nan")


def partners(rows: Rows, subject: str) -> float:
    """Other candidates, institutions left out, that paid it or were paid by it within seven days from its peak
    (account)."""
    token = read_token(subject)[1]
    return float(len({a for t in rows["transfer"].to_pylist() for a in (t["payer"], t["payee"])} - {token}))


def shared_devices(rows: Rows, subject: str) -> float:
    """Other candidates whose debits were ordered on a device that ordered debits of this one (account)."""
    return float(len({t["payer"] for t in rows["transfer"].to_pylist()} - {read_token(subject)[1]}))


def outlet_peers(rows: Rows, _subject: str) -> float:
    """Candidate accounts opened at the same outlet within the set number of days (account)."""
    return float(len({a["account"] for a in rows["account"].to_pylist()})) or float("nan")


def named_in_reports(rows: Rows, _subject: str) -> float:
    """Reports that name the account (report)."""
    return float(rows["report"].num_rows)
