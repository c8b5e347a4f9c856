"""Verbs of `chainbreak trace` about holding what a trace found: holds, draft, void, and the clock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainbreak.cli.common import AsOption, CentreOption, DryRunOption, JsonOption, emit, moment, say

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

LatencyOption = Annotated[
    float | None,
    typer.Option("--latency", min=0, max=1440, help="Minutes from now until a bank acts; none: the rules'"),
]
PurposeOption = Annotated[str, typer.Option("--purpose", help="What it is needed for; goes into the log")]
CaseOption = Annotated[str, typer.Option("--case", help="The authority's case number; none: the report's own")]
RunArgument = Annotated[str, typer.Argument(help="A kept run, as T-000123")]
COLUMNS = ("account", "bank", "amount", "traced", "balance", "there", "half_gone_min", "expected", "state")


def mount(app: typer.Typer) -> None:
    """Put these verbs beside those of a trace."""
    for verb in (holds, draft, void, clock):
        app.command()(verb)


def _act(centre: Path | None, name: str) -> tuple[Office, Actor]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, name)


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    from chainbreak.base.units import format_fen

    money = {"amount": "amount_fen", "traced": "traced_fen", "balance": "balance_fen", "expected": "expected_fen"}
    half, there = row["dwell_p50_min"], row["p_there"]
    return row | {name: format_fen(row[of]) for name, of in money.items()} | {
        "there": "<1%" if 0 < there < 0.01 else f"{there:.0%}",
        "half_gone_min": "-" if half is None else f"{half:.0f}"
    }  # fmt: skip


def holds(
    run: RunArgument, as_name: AsOption, latency: LatencyOption = None, purpose: PurposeOption = "",
    case: CaseOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Where to hold how much of what a run found, the order worth most first, and what the first K orders capture."""
    from chainbreak.app.propose_holds import captured_by_k, propose_holds
    from chainbreak.base.units import format_fen

    office, actor = _act(centre, as_name)
    rows = propose_holds(office, actor, run, latency_min=latency, purpose=purpose, case=case)
    emit(rows if as_json else [_readable(row) for row in rows], as_json, columns=COLUMNS)
    if not any(row["amount_fen"] for row in rows):
        say("nothing to hold" if rows else "nothing to hold: no money lies on accounts, or its claims were taken back")
        raise typer.Exit(1)
    if not as_json:
        curve = [
            row | {"yuan": format_fen(int(row["fen"])), "of_freezable": f"{row['share']:.1%}",
                   "expected": format_fen(int(row["expected_fen"]))}
            for row in captured_by_k(office, rows)
        ]  # fmt: skip
        emit(curve, False, columns=("k", "orders", "yuan", "of_freezable", "expected"))
        sources = dict.fromkeys(source for row in rows for source in row["sources"])
        say("how long money stays: " + "; ".join(sources))
        _tell_age(office, rows[0]["as_of_us"])


def _tell_age(office: Office, as_of_us: int) -> None:
    """Until when somebody looked, because every likelihood of the list hangs on it."""
    from chainbreak.base.clock import US_PER_MIN

    minutes = max(office.clock.now_us() - as_of_us, 0) // US_PER_MIN
    say(f"balances as of {moment(as_of_us, office.centre.settings.zone)}, {minutes:,} minutes ago; "
        "trace again as soon as newer bookings are in")  # fmt: skip


def draft(
    run: RunArgument, as_name: AsOption,
    account: Annotated[list[str] | None, typer.Option(help="Only on this account; may be repeated")] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Only the first so many")] = None,
    latency: LatencyOption = None, purpose: PurposeOption = "", case: CaseOption = "",
    key: Annotated[str, typer.Option(help="Names this wish; the same key is never drafted twice")] = "",
    dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Draft orders from a run's proposals, all in one write; a person submits each, another one signs it."""
    from chainbreak.app.draft_holds import draft_holds

    office, actor = _act(centre, as_name)
    rows = draft_holds(office, actor, run, accounts=account or (), top=top, case=case, purpose=purpose,
                       latency_min=latency, key=key or None, dry_run=dry_run)  # fmt: skip
    emit(rows if as_json else [_readable(row) for row in rows], as_json,
         columns=("order_id", "account", "bank", "amount", "ok", "code", "message"))  # fmt: skip
    if not any(row["ok"] for row in rows):
        say("nothing was drafted" if rows else f"nothing to draft; chainbreak trace holds {run} says why")
        raise typer.Exit(1)


def void(
    claim_id: Annotated[str, typer.Argument(help="A claim, as C-000123")], as_name: AsOption,
    reason: Annotated[str, typer.Option(help="Why, in words")] = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take a claim back; what was held for it alone is let go, what stands on other claims gets a task."""
    from chainbreak.app.void_claim import void_claim

    office, actor = _act(centre, as_name)
    emit(void_claim(office, actor, claim_id, reason), as_json)


def clock(
    as_name: AsOption,
    report_id: Annotated[str, typer.Argument(help="One report; none: the centre")] = "",
    by: Annotated[str, typer.Option(help="month, bank (of the first account) or district")] = "month",
    since: Annotated[str, typer.Option(help="Claims opened from this moment on; none: the last year")] = "",
    until: Annotated[str, typer.Option(help="And before this one")] = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The golden hour: minutes of each step from theft to the bank's answer, and the money lost in it."""
    from chainbreak.app.golden_hour import golden_hour, report_clock
    from chainbreak.cli.parse import moment_from

    office, actor = _act(centre, as_name)
    if report_id:
        told = report_clock(office, actor, report_id)
        emit(told, as_json) if as_json else _tell_clock(told)
        return
    zone = office.centre.settings.zone
    found = golden_hour(office, actor, by, moment_from(since, zone), moment_from(until, zone))
    if as_json:
        emit(found, as_json)
    for group in [] if as_json else found["groups"]:
        _tell_group(group, by)
    if not found["groups"]:
        say("no claims were traced within this time")
        raise typer.Exit(1)


def _tell_clock(told: dict[str, Any]) -> None:
    from chainbreak.base.units import format_fen

    rows = [
        {"step": row["step"], "done": row["done"], "minutes": f"{row['minutes']:.1f}",
         "since_theft": f"{row['since_theft_min']:.1f}", "lost": format_fen(row["lost_fen"])}
        for row in told["steps"]
    ]  # fmt: skip
    emit(rows, False, columns=("step", "done", "minutes", "since_theft", "lost"), title=told["report_id"])
    say(f"claimed {format_fen(told['claimed_fen'])}, held {format_fen(told['held_fen'])}, "
        f"still reachable {format_fen(told['reachable_fen'])}; lost most until: {told['worst'] or '-'}")  # fmt: skip


def _tell_group(group: dict[str, Any], by: str) -> None:
    from chainbreak.base.units import format_fen

    def minutes(value: float | None) -> str:
        return "-" if value is None else f"{value:.1f}"

    steps = [
        row | {"p50": minutes(row["p50_min"]), "p90": minutes(row["p90_min"]), "lost": format_fen(row["lost_fen"])}
        for row in group["steps"]
    ]
    name = f"{by} {group['name']}" if group["name"] else "all reports"
    money = f"claimed {format_fen(group['claimed_fen'])}, held {format_fen(group['held_fen'])}"
    title = f"{name}: {group['reports']} reports, {money}"
    emit(steps, False, columns=("step", "cases", "p50", "p90", "lost", "worst_of"), title=title)
    if not group["name"]:
        hour = [
            row | {"reachable": "-" if row["share"] is None else f"{row['share']:.1%}",
                   "interval": "-" if row["share"] is None else f"{row['low']:.1%} to {row['high']:.1%}"}
            for row in group["golden"]
        ]  # fmt: skip
        emit(hour, False, columns=("delay_min", "latency_min", "reachable", "interval"))
        say(group["source"])
