"""`chainbreak case` on reports: reports, report, take, correct, amend, delete, restore, assign, undo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, LimitOption, emit, say

app = typer.Typer(pretty_exceptions_enable=False)

WhyOption = Annotated[str, typer.Option("--why", help="The reason; it stays in the history")]
LossOption = Annotated[str, typer.Option(help="Loss in yuan, as 35000 or 35000.50")]
OccurredOption = Annotated[str, typer.Option(help="When it happened, as '2026-11-20 08:30'")]
TypeOption = Annotated[str, typer.Option(help="Type of fraud, a key of `case classify`")]


@app.command()
def reports(
    as_name: AsOption, type: TypeOption = "", district: str = "",
    series: Annotated[str, typer.Option(help="yes, no")] = "",
    state: Annotated[str, typer.Option(help="open, deleted")] = "open", unread: bool = False,
    assigned: Annotated[str | None, typer.Option(help="To whom; '' for nobody")] = None,
    after: str = "", limit: LimitOption = 50, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The inbox of reports, the newest first; `--after ID` is the last one of the page before."""
    from chainbreak.app.list_reports import filter_of, list_reports

    office, actor = _both(centre, as_name)
    wanted = filter_of(state, type, district, assigned, unread, series)
    found = list_reports(office, actor, wanted, after=after or None, limit=limit)["rows"]
    emit(found, as_json, columns=("report_id", "type", "district", "loss_fen", "reported_at_us", "assigned", "series"))
    if not found:
        raise typer.Exit(1)


@app.command()
def report(report_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """One report: masked story, identifiers, fields, history."""
    from chainbreak.app.show_report import show_report

    office, actor = _both(centre, as_name)
    emit(show_report(office, actor, report_id), as_json)


@app.command()
def take(
    story: Annotated[Path, typer.Argument(help="A text file with the story; - reads it from the terminal")],
    as_name: AsOption, report_id: Annotated[str, typer.Option("--id", help="Its number; made if not given")] = "",
    reported: Annotated[str, typer.Option(help="When it was reported; now if not given")] = "", type: TypeOption = "",
    district: str = "", loss: LossOption = "", occurred: OccurredOption = "", victim: str = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take a report; what is not given is read from the story."""
    from chainbreak.app.read_draft import read_draft
    from chainbreak.app.take_report import Draft, take_report

    office, actor = _both(centre, as_name)
    text = _story(story)
    at_us = _moment(office, reported) or office.clock.now_us()
    read = read_draft(office, actor, text, at_us)
    given = _fields(office, "", district, loss, occurred)
    draft = Draft(
        text, at_us, "", report_id, type or None, given.get("district", read["district"]),
        given.get("loss_fen", read["loss_fen"]), given.get("occurred_at_us", read["occurred_at_us"]), victim,
    )  # fmt: skip
    taken = take_report(office, actor, draft)
    emit(taken, as_json)
    if not taken["new"]:
        say(f"taken before, and left as it is: `chainbreak case correct {taken['report_id']}` changes its fields")


@app.command()
def correct(
    report_id: str, as_name: AsOption, type: TypeOption = "", district: str = "", loss: LossOption = "",
    occurred: OccurredOption = "",
    role: Annotated[list[str] | None, typer.Option(help="KEY=ROLE of an identifier; KEY= takes it away")] = None,
    add: Annotated[list[str] | None, typer.Option(help="An identifier in clear to add, as VALUE or VALUE=ROLE")] = None,
    why: WhyOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Correct fields and identifiers; the old values stay in the history."""
    from chainbreak.app.correct_report import correct_report

    office, actor = _both(centre, as_name)
    roles = dict(_pair(text, "") for text in role or ())
    added = dict(_pair(text, "suspect") for text in add or ())
    values = _fields(office, type, district, loss, occurred)
    event = correct_report(office, actor, report_id, values, why, roles=roles, add=added)
    emit({"report_id": report_id, "event_id": event}, as_json)


@app.command()
def amend(
    report_id: str, story: Path, as_name: AsOption, why: WhyOption, centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Let a new version of the story count; the earlier one stays."""
    from chainbreak.app.correct_report import amend_report

    office, actor = _both(centre, as_name)
    ref = amend_report(office, actor, report_id, _story(story), why)
    emit({"report_id": report_id, "record_ref": ref}, as_json)


@app.command()
def delete(
    report_id: str, as_name: AsOption, why: WhyOption, centre: CentreOption = None, as_json: JsonOption = False
) -> None:
    """Take a report out of linking and figures; it can be restored."""
    from chainbreak.app.correct_report import delete_report

    office, actor = _both(centre, as_name)
    emit({"report_id": report_id, "event_id": delete_report(office, actor, report_id, why)}, as_json)


@app.command()
def restore(
    report_id: str, as_name: AsOption, why: WhyOption, centre: CentreOption = None, as_json: JsonOption = False
) -> None:
    """Bring a deleted report back."""
    from chainbreak.app.correct_report import restore_report

    office, actor = _both(centre, as_name)
    emit({"report_id": report_id, "event_id": restore_report(office, actor, report_id, why)}, as_json)


@app.command()
def assign(
    report_id: str, as_name: AsOption, to: Annotated[str, typer.Option(help="To whom; '' for nobody")],
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Put a report on somebody's desk."""
    from chainbreak.app.correct_report import assign_report

    office, actor = _both(centre, as_name)
    emit({"report_id": report_id, "event_id": assign_report(office, actor, report_id, to)}, as_json)


@app.command()
def undo(as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Take back your newest correction, deletion, restoring or assignment."""
    from chainbreak.app.correct_report import undo_report

    office, actor = _both(centre, as_name)
    emit({"report_id": undo_report(office, actor)}, as_json)


def _both(centre: Path | None, as_name: str) -> tuple[Any, Any]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, as_name)


def _story(path: Path) -> str:
    from chainbreak.app.classify_report import read_report

    return read_report(None if str(path) == "-" else path)


def _fields(office: Any, type: str, district: str, loss: str, occurred: str) -> dict[str, Any]:
    from chainbreak.app.report_texts import loss_in

    values: dict[str, Any] = {name: text for name, text in (("type", type), ("district", district)) if text}
    if loss:
        values["loss_fen"] = loss_in(office, loss)
    if occurred:
        values["occurred_at_us"] = _moment(office, occurred)
    return values


def _moment(office: Any, text: str) -> int | None:
    from chainbreak.app.report_texts import moment_in

    return moment_in(office, text)


def _pair(text: str, role: str) -> tuple[str, str]:
    key, equals, given = text.rpartition("=")
    return (key, given) if equals else (text, role)
