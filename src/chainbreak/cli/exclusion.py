"""`chainbreak exclusion`: list, check, add, retire."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="What no order may touch")

KindOption = Annotated[str, typer.Option(help="line, domain or account")]
ReasonOption = Annotated[str, typer.Option(help="A written reason; it is in the log")]


@app.command("list")
def list_(
    retired: Annotated[bool, typer.Option("--retired", help="Those that hold no longer")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Every entry, with why it is there."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_exclusions import list_exclusions

    columns = ("name", "reason", "added_by", *(("retired_by", "retired_reason") if retired else ()))
    emit(list_exclusions(open_office(centre), retired=retired), as_json, columns=columns)


@app.command()
def check(value: str, kind: KindOption = "line", centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Which entries an order about VALUE would touch, and why they are listed; exit 1 when none."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_exclusions import check_exclusion

    found = check_exclusion(open_office(centre), kind, value)
    rows = [{"name": name, "reason": reason} for name, reason in found.items()]
    emit(rows, as_json, columns=("name", "reason"))
    if not found:
        raise typer.Exit(1)


@app.command()
def add(
    value: str, reason: ReasonOption, as_name: AsOption, kind: KindOption = "line",
    prefix: Annotated[bool, typer.Option("--prefix", help="Every number that begins so")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Exclude VALUE; lists orders issued about it, which get a task each and are not released by this."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_exclusions import add_exclusion
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    emit(add_exclusion(office, find_actor(office, as_name), kind, value, reason, prefix=prefix), as_json)


@app.command()
def retire(
    name: Annotated[str, typer.Argument(help="As `exclusion list` names it")], reason: ReasonOption, as_name: AsOption,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Let an entry hold no longer; who, when and why stay."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_exclusions import retire_exclusion
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    retire_exclusion(office, find_actor(office, as_name), name, reason)
    emit({"name": name, "state": "retired"}, as_json)
