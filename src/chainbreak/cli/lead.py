"""`chainbreak lead`: from a draft to an outcome. What a lead rests on and what became of it: `lead show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainbreak.cli.common import AsOption, CentreOption, DryRunOption, JsonOption, LimitOption, emit, say

if TYPE_CHECKING:
    from chainbreak.act.leads.model import Lead
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Leads: what a unit is asked to find out")

StageOption = Annotated[
    str, typer.Option(help="review, dispatch, out, working, returned, snoozed, over, or all")
]  # fmt: skip
KindOption = Annotated[str, typer.Option(help="account, number, device, domain, chat, outlet, victims, series")]
UnitOption = Annotated[str, typer.Option(help="District or unit")]
SeriesOption = Annotated[str, typer.Option("--series", help="A series it rests on, as S-000123")]
ReasonOption = Annotated[str, typer.Option(help="Why, in words")]
SeenOption = Annotated[int | None, typer.Option(help="Only if it is still at this version, as `lead show` prints")]
UntilOption = Annotated[str, typer.Option("--until", help="A moment, RFC 3339 or local")]
COLUMNS = ("lead_id", "priority", "standing", "kind", "target", "unit", "deadline", "expires", "holder")


def _act(centre: Any, name: str) -> tuple[Office, Actor]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, name)


def _tell(lead: Lead, as_json: bool, dry_run: bool) -> None:
    told = {"lead_id": lead.lead_id, "state": str(lead.state), "kind": lead.content.kind,
            "target": lead.content.target, "unit": lead.unit or lead.content.unit, "version": lead.events}  # fmt: skip
    emit(told | ({"dry_run": True} if dry_run else {}), as_json)


def _moment(office: Office, text: str) -> int | None:
    from chainbreak.cli.parse import moment_from

    return moment_from(text, office.centre.settings.zone)


def _readable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from chainbreak.base.clock import rfc3339

    times = {"deadline": "deadline_us", "expires": "expires_at_us"}
    return [row | {name: rfc3339(row[of]) if row[of] else "" for name, of in times.items()} for row in rows]


@app.command()
def draft(
    as_name: AsOption, series: SeriesOption = "",
    finding: Annotated[list[str] | None, typer.Option(help="A finding it rests on; may be repeated")] = None,
    report: Annotated[list[str] | None, typer.Option(help="A report it cites beside its findings")] = None,
    target: Annotated[str, typer.Option(help="What it is about; none: the finding's subject, or the series")] = "",
    kind: KindOption = "", unit: UnitOption = "",
    question: Annotated[str, typer.Option(help="What to find out; none: the kind's standard question")] = "",
    note: Annotated[str, typer.Option(help="What the unit should know")] = "",
    case: Annotated[str, typer.Option(help="The authority's case number")] = "", until: UntilOption = "",
    every: Annotated[bool, typer.Option("--every", help="From every series and finding worth one")] = False,
    dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Draft a lead from a series or from findings; with --every, whatever is worth one and was not drafted yet."""
    from chainbreak.act.leads.drafting import Wish
    from chainbreak.app.draft_lead import draft_lead
    from chainbreak.app.draft_leads import draft_leads

    office, actor = _act(centre, as_name)
    if every:
        rows = draft_leads(office, actor, series=[series] if series else [], unit=unit, dry_run=dry_run)
        emit(rows, as_json, columns=("lead_id", "why", "kind", "target", "unit", "from"))
        if not any(row["why"] == "drafted" for row in rows):
            say("nothing new is worth a lead")
            raise typer.Exit(1)
        return
    wish = Wish(target, kind, unit, question, note, case, _moment(office, until), series, tuple(finding or ()),
                tuple(report or ()))  # fmt: skip
    _tell(draft_lead(office, actor, wish, dry_run=dry_run), as_json, dry_run)


@app.command("list")
def list_(
    as_name: AsOption, stage: StageOption = "all", kind: KindOption = "", unit: UnitOption = "",
    target: str = "", series: SeriesOption = "", after: str = "", limit: LimitOption = 50, centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Leads by priority, the highest first; `--after ID` is the last one of the page before."""
    from chainbreak.app.list_leads import list_leads

    office, actor = _act(centre, as_name)
    rows = list_leads(office, actor, stage=stage, kind=kind, unit=unit, target=target, series_id=series,
                      after=after, limit=limit)  # fmt: skip
    emit(rows if as_json else _readable(rows), as_json, columns=COLUMNS)
    if not rows:
        raise typer.Exit(1)


@app.command()
def show(
    lead_id: str, as_name: AsOption,
    reveal: Annotated[bool, typer.Option("--reveal", help="The target in clear; with purpose, case")] = False,
    purpose: str = "", case: str = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """One lead with its evidence, its priority term by term, its history and what you may do with it."""
    from chainbreak.app.record_read import record_read
    from chainbreak.app.show_lead_file import show_lead_file

    office, actor = _act(centre, as_name)
    found = show_lead_file(office, actor, lead_id)
    record_read(office, actor, "lead.read", f"lead:{lead_id}", case=found["case_ref"])
    if reveal:
        from chainbreak.app.reveal_lead_target import reveal_lead_target

        found["value"] = reveal_lead_target(office, actor, lead_id, purpose=purpose, case=case).value
    emit(found, as_json)


@app.command("next")
def next_(
    as_name: AsOption, stage: StageOption = "all", kind: KindOption = "", unit: UnitOption = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take the lead of highest priority that waits for you and nobody else has open; yours for 10 idle minutes."""
    from chainbreak.app.list_leads import wanted_named
    from chainbreak.app.next_lead import next_lead

    office, actor = _act(centre, as_name)
    found = next_lead(office, actor, wanted_named(stage, kind, unit))
    if found is None:
        say("nothing waits for you in this filter")
        raise typer.Exit(1)
    emit(found, as_json)


@app.command()
def revise(
    lead_id: str, as_name: AsOption, unit: UnitOption = "", question: str = "", note: str = "",
    case: Annotated[str, typer.Option(help="The authority's case number")] = "", until: UntilOption = "",
    seen: SeenOption = None, dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Change a lead that is at the centre; it is a draft again and needs a new review."""
    from chainbreak.app.draft_lead import revise_lead

    office, actor = _act(centre, as_name)
    said = {"unit": unit, "question": question, "note": note, "case_ref": case, "expires_at_us": _moment(office, until)}
    changes = {name: value for name, value in said.items() if value}
    _tell(revise_lead(office, actor, lead_id, changes, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def review(
    lead_id: str, as_name: AsOption,
    back: Annotated[str, typer.Option("--send-back", help="Give it back to its drafter instead, for this reason")] = "",
    seen: SeenOption = None, dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Pass a lead that somebody else drafted, or send it back."""
    from chainbreak.app.review_lead import review_lead, send_back_lead

    office, actor = _act(centre, as_name)
    if back:
        lead = send_back_lead(office, actor, lead_id, back, seen=seen, dry_run=dry_run)
    else:
        lead = review_lead(office, actor, lead_id, seen=seen, dry_run=dry_run)
    _tell(lead, as_json, dry_run)


@app.command()
def dispatch(
    lead_id: str, as_name: AsOption, unit: UnitOption = "",
    deadline: Annotated[str, typer.Option(help="Answer by, RFC 3339 or local; none: the kind's default")] = "",
    seen: SeenOption = None, dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Send a reviewed lead to a district or unit."""
    from chainbreak.app.dispatch_lead import dispatch_lead

    office, actor = _act(centre, as_name)
    due = _moment(office, deadline)
    _tell(dispatch_lead(office, actor, lead_id, unit, due, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def recall(
    lead_id: str, reason: ReasonOption, as_name: AsOption, seen: SeenOption = None, dry_run: DryRunOption = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Call back a lead that a unit has."""
    from chainbreak.app.dispatch_lead import recall_lead

    office, actor = _act(centre, as_name)
    _tell(recall_lead(office, actor, lead_id, reason, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def withdraw(
    lead_id: str, reason: ReasonOption, as_name: AsOption, seen: SeenOption = None, dry_run: DryRunOption = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Give up a lead that no unit has."""
    from chainbreak.app.review_lead import withdraw_lead

    office, actor = _act(centre, as_name)
    _tell(withdraw_lead(office, actor, lead_id, reason, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def receive(
    lead_id: str, as_name: AsOption, seen: SeenOption = None, dry_run: DryRunOption = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Sign for a lead without taking it on yet."""
    from chainbreak.app.answer_lead import receive_lead

    office, actor = _act(centre, as_name)
    _tell(receive_lead(office, actor, lead_id, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def accept(
    lead_id: str, as_name: AsOption, seen: SeenOption = None, dry_run: DryRunOption = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take a lead on."""
    from chainbreak.app.answer_lead import accept_lead

    office, actor = _act(centre, as_name)
    _tell(accept_lead(office, actor, lead_id, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command("return")
def return_(
    lead_id: str, code: Annotated[str, typer.Argument(help="wrong_unit, not_enough, duplicate, no_power, wrong")],
    reason: ReasonOption, as_name: AsOption, seen: SeenOption = None, dry_run: DryRunOption = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Give a lead back to the centre."""
    from chainbreak.app.answer_lead import return_lead

    office, actor = _act(centre, as_name)
    _tell(return_lead(office, actor, lead_id, code, reason, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def work(
    lead_id: str, note: Annotated[str, typer.Argument(help="How far the work is")], as_name: AsOption,
    seen: SeenOption = None, dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Note progress."""
    from chainbreak.app.work_lead import work_lead

    office, actor = _act(centre, as_name)
    _tell(work_lead(office, actor, lead_id, note, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def outcome(
    lead_id: str,
    word: Annotated[str, typer.Argument(help="found, arrested, account_stopped, number_closed, victim_warned, solved, "
                                             "no_result, not_confirmed, wrong")],
    as_name: AsOption, note: str = "", seen: SeenOption = None, dry_run: DryRunOption = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say what came of a lead; it becomes a label."""
    from chainbreak.app.close_lead import close_lead

    office, actor = _act(centre, as_name)
    _tell(close_lead(office, actor, lead_id, word, note, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def snooze(
    lead_id: str, as_name: AsOption, until: UntilOption = "", reason: ReasonOption = "",
    wake: Annotated[bool, typer.Option("--wake", help="End the snooze instead")] = False,
    seen: SeenOption = None, dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Keep a lead out of the lists until a day (at most 180 days), for a reason; its clocks go on."""
    from chainbreak.app.snooze_lead import snooze_lead, wake_lead

    office, actor = _act(centre, as_name)
    if wake:
        lead = wake_lead(office, actor, lead_id, seen=seen, dry_run=dry_run)
    else:
        lead = snooze_lead(office, actor, lead_id, _moment(office, until) or 0, reason, seen=seen, dry_run=dry_run)
    _tell(lead, as_json, dry_run)


@app.command()
def undo(
    lead_id: str, as_name: AsOption, seen: SeenOption = None, dry_run: DryRunOption = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take back your own last step; a dispatch, a return and a recall cannot be."""
    from chainbreak.app.snooze_lead import undo_lead

    office, actor = _act(centre, as_name)
    _tell(undo_lead(office, actor, lead_id, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def bulk(
    move: Annotated[str, typer.Argument(help="review, send_back, withdraw, dispatch, recall, receive, accept, return, "
                                             "work, close, snooze, wake, undo")],
    lead_ids: list[str], as_name: AsOption, reason: ReasonOption = "", code: str = "",
    outcome: str = "", unit: UnitOption = "",
    deadline: Annotated[str, typer.Option(help="For dispatch: answer by")] = "", until: UntilOption = "",
    all_or_none: Annotated[bool, typer.Option("--all-or-none", help="Move none if one is refused")] = False,
    dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """One move of many leads at once, each answered for; exit 1 when one was refused."""
    from chainbreak.app.bulk_leads import bulk_leads

    office, actor = _act(centre, as_name)
    said = {"reason": reason, "code": code, "outcome": outcome, "unit": unit,
            "deadline_us": _moment(office, deadline), "until_us": _moment(office, until)}  # fmt: skip
    data = {name: str(value) for name, value in said.items() if value}
    rows = bulk_leads(office, actor, lead_ids, move, data, all_or_none=all_or_none, dry_run=dry_run)
    emit(rows, as_json, columns=("lead_id", "ok", "state", "code", "message", "given"))
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


@app.command()
def measures(
    as_name: AsOption, since: Annotated[str, typer.Option(help="Drafted since, RFC 3339 or local")] = "",
    until: UntilOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Share true with its interval, time to dispatch and to outcome, returned as wrong; over all and by district."""
    from chainbreak.app.lead_measures import lead_measures

    office, actor = _act(centre, as_name)
    rows = lead_measures(office, actor, since_us=_moment(office, since), until_us=_moment(office, until))
    emit(rows, as_json, columns=(
        "unit", "drafted", "dispatched", "closed", "true", "share_true", "share_true_low", "share_true_high",
        "returned_wrong", "share_in_time", "hours_to_dispatch", "hours_to_receipt", "hours_to_outcome",
    ))  # fmt: skip
