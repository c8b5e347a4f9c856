"""`chainbreak warn visit`: the queue, who is on duty, addresses and codes, and each step of a visit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, DryRunOption, JsonOption, emit, readable, say

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

app = typer.Typer()
visit = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Visits: who goes to which door, by when"
)
app.add_typer(visit, name="visit")

COLUMNS = (
    "visit_id",
    "state",
    "tier",
    "minutes_left",
    "officer",
    "second",
    "turn",
    "way_min",
    "unit",
    "reason",
    "outcome",
)
PurposeOption = Annotated[str, typer.Option(help="What it is needed for")]


def _act(centre: Path | None, name: str) -> tuple[Office, Actor]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, name)


@visit.command("list")
def list_(
    as_name: AsOption, shown: Annotated[str, typer.Option(help="mine, unit, over")] = "unit",
    order: Annotated[str, typer.Option(help="left: by minutes left; tour: as planned")] = "left",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Visits to be made by minutes left; `over`: what ended or was held back in seven days, with the reason."""
    from chainbreak.app.list_visits import list_visits

    office, actor = _act(centre, as_name)
    rows = list_visits(office, actor, shown, order)
    emit(rows, as_json, columns=COLUMNS)
    if not rows:
        raise typer.Exit(1)


@visit.command()
def show(visit_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """One visit: why, by when, its steps, its proofs; never its address."""
    from chainbreak.app.show_visit import show_visit

    office, actor = _act(centre, as_name)
    found = show_visit(office, actor, visit_id)
    found["checklist"] = found["checklist"] | {"items": [item.model_dump() for item in found["checklist"]["items"]]}
    emit(found if as_json else readable(found, office.centre.settings.zone), as_json)


@visit.command()
def plan(
    as_name: AsOption, dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False
) -> None:
    """Plan every unit's visits now, and say who goes where, when, and what will be late."""
    from chainbreak.app.plan_visits import plan_visits

    office, actor = _act(centre, as_name)
    rows = plan_visits(office, actor, dry_run=dry_run)
    shown = rows if as_json else [readable(row, office.centre.settings.zone) for row in rows]
    emit(shown, as_json)
    late, nobody = sum(bool(row["late_min"]) for row in rows), sum(not row["officer"] for row in rows)
    say(f"{len(rows)} visits: {late} will be late and are still made, {nobody} have nobody to go")


@visit.command("open")
def open_(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Open the visits that warnings ask for, call off those that are over; `serve` does it every few seconds."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.open_visits import open_visits

    emit(open_visits(open_office(centre)), as_json)


@visit.command()
def duty(
    name: Annotated[str, typer.Argument(help="An officer; nobody: list who is on duty")] = "", *, as_name: AsOption,
    unit: Annotated[str, typer.Option(help="A district, or specialist")] = "",
    place: Annotated[str, typer.Option(help="The cell they set out from")] = "",
    off: Annotated[bool, typer.Option("--off", help="Take them off duty")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Put an officer on duty for a unit's visits, or take them off."""
    from chainbreak.app.visit_duty import on_duty, put_on_duty, take_off_duty

    office, actor = _act(centre, as_name)
    if name and off:
        take_off_duty(office, actor, name)
    elif name:
        put_on_duty(office, actor, name, unit, place)
    emit(on_duty(office, actor), as_json, columns=("name", "unit", "place", "set_by"))


@visit.command()
def address(
    visit_id: str, as_name: AsOption,
    file: Annotated[typer.FileText, typer.Option(help="Its one line; - reads stdin, so that no history has it")],
    source: Annotated[str, typer.Option(help="citizen, or the partner whose data say it")] = "citizen",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Seal the address of a visit in the vault."""
    from chainbreak.app.visit_address import enter_address

    office, actor = _act(centre, as_name)
    enter_address(office, actor, visit_id, file.read(2_000), source)
    emit({"visit_id": visit_id, "sealed": True}, as_json)


@visit.command()
def reveal(
    visit_id: str, purpose: PurposeOption, case: Annotated[str, typer.Option(help="Case number")], as_name: AsOption,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The address, for who has taken the visit on; the look is in the log."""
    from chainbreak.app.visit_address import reveal_address

    office, actor = _act(centre, as_name)
    shown = reveal_address(office, actor, visit_id, purpose=purpose, case=case)
    found = {"address": shown.value, "until_us": shown.until_us}
    emit(found if as_json else readable(found, office.centre.settings.zone), as_json)


@visit.command()
def code(
    visit_id: str, as_name: AsOption,
    way: Annotated[str, typer.Option(help="said: for the resident alone; card: for the slip that is left")] = "said",
    enter: Annotated[str, typer.Option(help="A code that was said or read out, to be checked")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Make a one-time code of a visit, or check one."""
    from chainbreak.app.prove_visit import make_code, use_code

    office, actor = _act(centre, as_name)
    if enter:
        use_code(office, actor, visit_id, way, enter)
        emit({"visit_id": visit_id, "way": way, "right": True}, as_json)
    else:
        emit({"visit_id": visit_id, "way": way, "code": make_code(office, actor, visit_id, way)}, as_json)


@visit.command()
def accept(
    visit_id: str, as_name: AsOption,
    second: Annotated[str, typer.Option(help="Who goes along; needed at night")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take a visit on."""
    from chainbreak.app.work_visit import accept_visit

    office, actor = _act(centre, as_name)
    _tell(office, accept_visit(office, actor, visit_id, second), as_json)


@visit.command()
def leave(visit_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Set out."""
    from chainbreak.app.work_visit import leave_visit

    office, actor = _act(centre, as_name)
    _tell(office, leave_visit(office, actor, visit_id), as_json)


@visit.command()
def arrive(visit_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Stand at the door."""
    from chainbreak.app.work_visit import arrive_visit

    office, actor = _act(centre, as_name)
    _tell(office, arrive_visit(office, actor, visit_id), as_json)


@visit.command()
def confirm(visit_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Say, as the colleague who went along, that you were there."""
    from chainbreak.app.prove_visit import confirm_visit

    office, actor = _act(centre, as_name)
    confirm_visit(office, actor, visit_id)
    emit({"visit_id": visit_id, "confirmed": True}, as_json)


@visit.command()
def result(
    visit_id: str, outcome: Annotated[str, typer.Argument(help="1 dissuaded … 9 other, or the word")],
    as_name: AsOption, entry: Annotated[str, typer.Option(help="met, refused, nobody")] = "met",
    answer: Annotated[list[str] | None, typer.Option(help="ITEM=yes|no|unasked of the checklist; repeat")] = None,
    card_left: Annotated[bool, typer.Option("--card-left", help="A card was left")] = False,
    said: Annotated[str, typer.Option(help="The code that the resident said")] = "",
    key: Annotated[str, typer.Option(help="Its own key, 8 to 64 letters and digits, to send it again safely")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say what came of a visit; exit 1 when it could not be taken and was kept as a conflict."""
    import uuid

    from chainbreak.app.finish_visit import finish_visit

    office, actor = _act(centre, as_name)
    answers = dict(pair.partition("=")[::2] for pair in answer or [])
    body = {"entry": entry, "outcome": outcome, "answers": answers, "card_left": card_left}
    sent = finish_visit(office, actor, visit_id, body, key or uuid.uuid4().hex, said)
    emit({"visit_id": visit_id, **vars(sent)}, as_json)
    if sent.standing == "conflict":
        raise typer.Exit(1)


@visit.command()
def handoff(
    visit_id: str, unit: Annotated[str, typer.Argument(help="A unit with somebody on duty, or specialist")],
    reason: Annotated[str, typer.Argument(help="wrong_unit, specialist, no_staff, language")], as_name: AsOption,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Give a visit to another unit."""
    from chainbreak.app.work_visit import hand_off_visit

    office, actor = _act(centre, as_name)
    _tell(office, hand_off_visit(office, actor, visit_id, unit, reason), as_json)


@visit.command()
def settle(
    visit_id: str, key: Annotated[str, typer.Argument(help="Of the result, as `warn visit show` lists it")],
    as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say that a result which could not be taken has been seen to."""
    from chainbreak.app.finish_visit import settle_result

    office, actor = _act(centre, as_name)
    settle_result(office, actor, visit_id, key)
    emit({"visit_id": visit_id, "settled": key}, as_json)


@visit.command("print")
def print_(
    as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The queue as paper has it, for when the system is down: by officer and turn, no address and no number."""
    from chainbreak.app.list_visits import list_visits
    from chainbreak.cli.common import moment

    office, actor = _act(centre, as_name)
    rows = list_visits(office, actor, "unit", "tour")
    zone = office.centre.settings.zone
    emit(rows if as_json else [row | {"due": moment(row["due_at_us"], zone)[5:16]} for row in rows], as_json, columns=(
        "officer", "second", "turn", "visit_id", "tier", "due", "place", "direction", "road_m", "fraud",
    ))  # fmt: skip


def _tell(office: Office, row: dict[str, object], as_json: bool) -> None:
    told = {name: row[name] for name in (
        "visit_id", "state", "unit", "officer", "second", "accepted_at_us", "left_at_us", "arrived_at_us",
    )}  # fmt: skip
    emit(told if as_json else readable(told, office.centre.settings.zone), as_json)
