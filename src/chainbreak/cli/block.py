"""`chainbreak block export`: what is in force now, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="What is in force now, as a file")


@app.callback()
def _nouns() -> None:
    """Keeps `export` a verb of its own while it is the only one."""


@app.command()
def export(
    out: Path, as_name: AsOption, purpose: Annotated[str, typer.Option(help="What the file is for; in the log")],
    format_: Annotated[str, typer.Option("--format", help="rpz, csv, json")] = "rpz",
    kind: Annotated[str, typer.Option(help="csv: number.block (default) or funds.hold")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Write the entries in force to a file; identifiers are in clear, so the log has it first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.export_blocks import export_blocks
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    count = export_blocks(office, find_actor(office, as_name), format_, out, kind=kind, purpose=purpose)
    emit({"file": str(out), "entries": count}, as_json)
