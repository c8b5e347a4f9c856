"""`chainbreak case`: add, show, list."""

from __future__ import annotations

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Cases and what belongs to them")


@app.command()
def add(
    case_id: str, title: str, as_name: AsOption, note: str = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Open a case under the authority's own number."""
    from chainbreak.app.add_case import add_case
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    add_case(office, find_actor(office, as_name), case_id, title, note)
    emit({"case_id": case_id}, as_json)


@app.command()
def show(case_id: str, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """A case with its findings and orders."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.show_case import show_case

    emit(show_case(open_office(centre), case_id), as_json)


@app.command("list")
def list_(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Every case, the newest first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.show_case import list_cases

    emit(list_cases(open_office(centre)), as_json, columns=("case_id", "title", "state", "opened_by"))
