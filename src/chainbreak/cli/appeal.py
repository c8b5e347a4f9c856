"""`chainbreak appeal`: open, accept, decide, list, overdue."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Appeals, decided outside the chain")
COLUMNS = ("appeal_id", "order_id", "state", "late", "decide_by", "lapses_at")


@app.command("open")
def open_(
    statement: str, as_name: AsOption, order: str = "",
    code: Annotated[str, typer.Option(help="Receipt code of the notice")] = "",
    channel: Annotated[str, typer.Option(help="code, hotline, counter, post")] = "hotline",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Open an appeal for a person affected."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.open_appeal import open_appeal

    office = open_office(centre)
    actor = find_actor(office, as_name)
    emit(open_appeal(office, actor, statement, order_id=order, code=code or None, channel=channel), as_json)


@app.command()
def accept(appeal_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Note that an appeal is complete and being looked at."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.decide_appeal import accept_appeal
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    accept_appeal(office, find_actor(office, as_name), appeal_id)
    emit({"appeal_id": appeal_id, "state": "accepted"}, as_json)


@app.command()
def decide(
    appeal_id: str, outcome: Annotated[str, typer.Argument(help="upheld or refused")], reason: str, as_name: AsOption,
    refutes: Annotated[list[str] | None, typer.Option(help="A finding shown to be wrong; none: of the object")] = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Decide an appeal. Upheld: lifted at once, with what rested on it alone; partners are corrected."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.decide_appeal import decide_appeal
    from chainbreak.app.find_actor import find_actor
    from chainbreak.base.errors import UsageError

    if outcome not in ("upheld", "refused"):
        raise UsageError("CB-US-001", "no such outcome", given=outcome, allowed="upheld, refused")
    office = open_office(centre)
    actor = find_actor(office, as_name)
    emit(decide_appeal(office, actor, appeal_id, upheld=outcome == "upheld", reason=reason, refutes=refutes), as_json)


@app.command("list")
def list_(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Appeals that nobody has decided, the first due first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.decide_appeal import list_appeals

    emit(list_appeals(open_office(centre)), as_json, columns=COLUMNS)


@app.command()
def overdue(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Appeals beyond a deadline; exit 1 when there are any."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.decide_appeal import list_appeals

    late = list_appeals(open_office(centre), overdue=True)
    emit(late, as_json, columns=COLUMNS)
    if late:
        raise typer.Exit(1)
