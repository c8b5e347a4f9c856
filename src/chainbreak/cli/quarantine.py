"""`chainbreak quarantine`: rejected rows, why, and bringing them back."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Rejected rows: list, fix, replay")

Reason = Annotated[str, typer.Option(help="Only this code, as CB-IN-032")]
File = Annotated[str, typer.Option(help="Only rows of the file of this name")]
Date = Annotated[str, typer.Option(help="Only rows rejected on this local day, as 2026-11-20")]
Optional = Annotated[str, typer.Option("--as", envvar="CHAINBREAK_ACTOR", help="Who acts: a name from `user list`")]


@app.command("list")
def list_(
    reason: Reason = "",
    file: File = "",
    date: Date = "",
    reveal: Annotated[bool, typer.Option("--reveal", help="Show contents; needs --purpose, --case and --as")] = False,
    purpose: Annotated[str, typer.Option(help="Why the contents are needed")] = "",
    case: Annotated[str, typer.Option(help="The case they are needed for")] = "",
    actor: Optional = "",
    centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the rows that are out: id, file, line, code, column. Exit 1 when there is none."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.list_quarantine import list_quarantine

    office = open_office(centre)
    who = find_actor(office, actor) if reveal else None
    found = list_quarantine(office, reason=reason, file=file, date=date, actor=who, purpose=purpose, case=case)
    emit(found, as_json, columns=("id", "file", "line", "kind", "code", "column", *(("content",) if reveal else ())))
    if not found:
        raise SystemExit(1)


@app.command()
def fix(
    ident: Annotated[str, typer.Argument(help="Id from `quarantine list`")],
    corrections: Annotated[list[str], typer.Option("--set", help="column=value, as often as needed")],
    actor: AsOption,
    centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Correct one row and bring it in; columns of the file or of the kind."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.replay_quarantine import fix_row
    from chainbreak.base.errors import UsageError

    pairs = dict(text.partition("=")[::2] for text in corrections)
    if not all("=" in text for text in corrections):
        raise UsageError("CB-IN-041", "a correction is not of the form column=value", given=f"{len(corrections)} given")
    office = open_office(centre)
    emit(fix_row(office, find_actor(office, actor), ident, pairs), as_json)


@app.command()
def replay(
    actor: AsOption,
    mapping: Annotated[str | None, typer.Option("--map", help="A better mapping; else the one they came with")] = None,
    reason: Reason = "",
    file: File = "",
    date: Date = "",
    centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read rejected rows again. Exit 1 when none was brought back."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.replay_quarantine import replay_quarantine

    office = open_office(centre)
    who = find_actor(office, actor)
    totals = replay_quarantine(office, who, mapping=mapping, reason=reason, file=file, date=date)
    emit(totals, as_json)
    if totals["tried"] == totals["still_rejected"]:
        raise SystemExit(1)
