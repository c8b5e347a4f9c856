"""The golden hour of one report and of a centre: minutes of each step, money lost in it, how long money was there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.act.funds.clock import Course, golden, steps_of, summary, survival, thinned, worst_step
from chainbreak.act.funds.survival import Stay
from chainbreak.app.ledger_of import Held, ledger_of
from chainbreak.app.money_dwell import claims_in_ledger
from chainbreak.app.report_rights import report_named
from chainbreak.app.trace_rights import admit_trace
from chainbreak.base.clock import US_PER_DAY, from_us
from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.store.desk import funds
from chainbreak.store.desk.funds_course import moments_of

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.tracing import Traced
    from chainbreak.records.actor import Actor

GROUPS = ("month", "bank", "district")
MOST_CLAIMS = 20_000
"""Claims of one look at a centre, the latest: they are traced together in about a second."""
YEAR_US = 366 * US_PER_DAY


def report_clock(office: Office, actor: Actor, report_id: str) -> dict[str, Any]:
    """The clock of one report: report_id, district, banks (of the first accounts), claimed_fen, theft_us, last_us,
    seen_until_us, `steps` (see `clock.steps_of`), `worst` (the step that lost most, "" for none), held_fen,
    reachable_fen (now), `curve` (see `Course.points`), `orders` (order_id, fen for this report, held_fen of it, state,
    moments).

    Raises:
        UsageError: no such report (CB-RT-001), or nothing is claimed for it (CB-FD-010).
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
        SetupError: no transfers (CB-TR-020).
    """
    admit_trace(office, actor, "funds.clock", f"report:{report_id}"[:255])
    with office.desk.read() as conn:
        report_named(conn, report_id)
        claims = [row for row in funds.claims_of(conn, report_id) if row["state"] != funds.VOID]
    found = _clocks(office, claims)
    if not found:
        raise UsageError("CB-FD-010", "nothing is claimed for this report", given=report_id[:80],
                         next_step=f"chainbreak trace {report_id}")  # fmt: skip
    return {name: value for name, value in found[0].items() if name not in ("stays", *(f"of_{by}" for by in GROUPS))}


def golden_hour(
    office: Office, actor: Actor, by: str = "month", since_us: int | None = None, until_us: int | None = None
) -> dict[str, Any]:
    """The centre's clock over the reports whose claims were opened within [since, until) (None: the last 366 days):
    `groups` (name, reports, claimed_fen, held_fen, `steps` of `clock.summary`, `curve`, `golden`, source,
    seen_until_us) with "" for all reports together first, then by `by`: month, bank (of the first account) or district.

    Raises:
        UsageError: no such grouping (CB-US-001).
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
        SetupError: no transfers (CB-TR-020).
    """
    if by not in GROUPS:
        raise UsageError("CB-US-001", "no such grouping", given=by, allowed=did_you_mean(by, GROUPS))
    admit_trace(office, actor, "funds.clock", f"centre:{by}", often=True)
    until = office.clock.now_us() + 1 if until_us is None else until_us
    with office.desk.read() as conn:
        claims = funds.claims_between(conn, until - YEAR_US if since_us is None else since_us, until, MOST_CLAIMS)
    clocks = _clocks(office, [row for row in claims if row["report_id"]])
    members: dict[str, list[dict[str, Any]]] = {"": clocks} if clocks else {}
    for clock in clocks:
        for name in dict.fromkeys(clock[f"of_{by}"]):
            members.setdefault(name or "-", []).append(clock)
    return {"by": by, "groups": [_group(name, some, by) for name, some in sorted(members.items())]}


def _group(name: str, clocks: Sequence[Mapping[str, Any]], by: str) -> dict[str, Any]:
    # Money is of the bank that it first reached; a report that touched two banks counts its minutes in both.
    of_bank = by == "bank" and name
    stays = [stay for clock in clocks for bank, stay in clock["stays"] if not of_bank or (bank or "-") == name]
    curve = survival(stays)
    return {
        "name": name, "reports": len(clocks), "claimed_fen": sum(clock["claimed_fen"] for clock in clocks),
        "held_fen": sum(clock["held_fen"] for clock in clocks), "steps": summary([clock["steps"] for clock in clocks]),
        "curve": thinned(curve), "golden": golden(curve), "source": curve.source,
        "seen_until_us": max(clock["seen_until_us"] for clock in clocks),
    }  # fmt: skip


def _clocks(office: Office, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One clock a report with claims that have a place in the ledger; see `report_clock`, with `stays` (bank of the
    first account, stay) and `of_month`, `of_bank`, `of_district`: the groups it is of.
    """
    from chainbreak.find.tracing import Terms

    if not rows:
        return []
    held = ledger_of(office)
    until_us = held.until_us  # asked once: it may grow meanwhile
    claims = claims_in_ledger(held, rows, until_us)
    traced = held.tracer.trace(claims, Terms("fifo", until_us))
    gone, stays = _left(held, traced)
    report_of = {row["claim_id"]: row["report_id"] for row in rows}
    of_report: dict[str, list[int]] = defaultdict(list)
    for at, claim in enumerate(claims):
        of_report[report_of[claim.claim_id]].append(at)
    with office.desk.read() as conn:
        told = moments_of(conn, {claim.claim_id: report_of[claim.claim_id] for claim in claims})
    clocks = []
    for report_id, some in of_report.items():
        stolen = tuple((int(held.tracer.ledger.at_us[claims[at].row]), claims[at].fen) for at in some)
        course = Course(stolen, tuple(one for at in some for one in gone[at]), until_us)
        banks = [held.bank(int(held.tracer.ledger.payee[claims[at].row])) for at in some]
        clocks.append(_clock(office, report_id, course, told[report_id], banks) | {
            "stays": [(bank, stay) for at, bank in zip(some, banks, strict=True) for stay in stays[at]]
        })  # fmt: skip
    return clocks


def _clock(
    office: Office, report_id: str, course: Course, told: Mapping[str, Any], banks: Sequence[str]
) -> dict[str, Any]:  # fmt: skip
    steps = steps_of(course, told["moments"])
    month = from_us(told["moments"].get("report") or course.theft_us, office.centre.settings.zone).strftime("%Y-%m")
    return {
        "report_id": report_id, "district": told["district"], "banks": list(dict.fromkeys(banks)),
        "claimed_fen": course.claimed_fen, "theft_us": course.theft_us, "last_us": max(at for at, _ in course.stolen),
        "seen_until_us": course.seen_until_us, "steps": steps, "worst": worst_step(steps), "held_fen": told["held_fen"],
        "reachable_fen": course.reachable_fen(course.seen_until_us), "curve": course.points(), "orders": told["orders"],
        "of_month": [month], "of_bank": list(banks), "of_district": [told["district"]],
    }  # fmt: skip


def _left(held: Held, traced: Traced) -> tuple[list[list[tuple[int, int]]], list[list[Stay]]]:
    """By claim: (when, fen) of what left the accounts whose ledgers are held, and the stays of all its fen."""
    from chainbreak.find.tracing import EXIT, HORIZON_US, IN_FLIGHT, REASONS, UNKNOWN

    ledger, places = held.tracer.ledger, traced.places
    gone: list[list[tuple[int, int]]] = [[] for _ in traced.claims]
    stays: list[list[Stay]] = [[] for _ in traced.claims]
    came = ledger.at_us[traced.flows.row]
    columns = (places.claim, places.account, places.bucket, places.fen, places.flow, places.reason)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for claim, account, bucket, fen, flow, reason in rows:
        begin = int(ledger.at_us[traced.claims[claim].row])
        away = bucket in (EXIT, IN_FLIGHT) or (bucket == UNKNOWN and REASONS[reason] == "no_coverage")
        if away:
            gone[claim].append((int(came[flow]), fen))
            stays[claim].append(Stay(int(came[flow]) - begin, True, fen, traced.claims[claim].row))
            continue
        seen = min(
            traced.terms.as_of_us or 0,
            int(ledger.covered_until_us[account]),
            begin + (traced.terms.horizon_us or HORIZON_US),
        )
        stays[claim].append(Stay(max(seen - begin, 0), False, fen, traced.claims[claim].row))
    return gone, stays
