"""`chainbreak map`: how partners' files become records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli.common import JsonOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Mappings of partners' files")


@app.command()
def suggest(
    file: Annotated[Path, typer.Argument(help="A file of the partner")],
    kind: Annotated[str | None, typer.Option(help="Record kind; else the likeliest")] = None,
    as_json: JsonOption = False,
) -> None:
    """Propose a mapping from column names and values; what it is unsure of is marked."""
    from chainbreak.app.suggest_map import suggest_map

    text = suggest_map(file, kind)
    if as_json:
        emit({"file": file.name, "mapping": text}, as_json)
    else:
        typer.echo(text, nl=False)


@app.command()
def check(
    mapping: Annotated[str, typer.Argument(help="Mapping: a YAML file or a shipped name")],
    file: Annotated[Path, typer.Argument(help="A file of the partner")],
    as_json: JsonOption = False,
) -> None:
    """Say what a mapping makes of a file's first rows; nothing is kept. Exit 1 when a row is faulty."""
    from chainbreak.app.suggest_map import check_map

    found = check_map(mapping, file)
    emit(found, as_json)
    if found["good"] < found["rows"] or found["broken_lines"]:
        raise SystemExit(1)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the mappings that come with the program."""
    from chainbreak.app.suggest_map import list_maps

    emit(list_maps(), as_json, columns=("name", "kind", "for"))
