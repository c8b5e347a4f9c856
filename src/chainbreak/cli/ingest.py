"""`chainbreak ingest KIND FILE…` and `chainbreak ingest auto DIR`: records into the lake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainbreak.cli.common import CentreOption, JsonOption, emit, say

if TYPE_CHECKING:
    from chainbreak.store.desk.ingests import IngestRun

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def ingest(
    kind: Annotated[str, typer.Argument(help="Record kind (call, transfer, report …), or `auto` for a folder")],
    files: Annotated[list[Path], typer.Argument(help="CSV, TSV, NDJSON, Parquet, XLSX, or .gz")],
    mapping: Annotated[str | None, typer.Option("--map", help="Mapping: a YAML file or a shipped name")] = None,
    actor: Annotated[str, typer.Option("--as", envvar="CHAINBREAK_ACTOR", help="Who acts; else the service")] = "",
    centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring files in. A bad row goes to quarantine, a bad file is said, the rest goes on; exit 3 if any was."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.ingest_file import ingest_files
    from chainbreak.app.ingest_folder import ingest_folder
    from chainbreak.base.progress import progress_bar
    from chainbreak.records.actor import SERVICE

    office = open_office(centre)
    who = find_actor(office, actor) if actor else SERVICE
    runs: Iterator[IngestRun]
    if kind == "auto":
        runs = (run for folder in files for run in ingest_folder(office, who, folder, progress_bar))
    else:
        runs = ingest_files(office, who, kind, files, mapping, progress_bar)
    clean = True
    for run in runs:
        clean = clean and not run.error and not run.quarantined
        if as_json:
            emit(asdict(run), as_json)
        else:
            _report(asdict(run))
    if not clean:
        raise SystemExit(3)


def _report(run: dict[str, Any]) -> None:
    if run["error"]:
        say(f"{run['file']}: {run['error']}")
    counts = f"{run['rows_read']:,} read, {run['accepted']:,} accepted, {run['duplicates']:,} duplicates"
    version = "" if run["lake_version"] is None else f", lake version {run['lake_version']}"
    typer.echo(
        f"{run['file']} -> {run['kind']}: {counts}, {run['quarantined']:,} quarantined, {run['seconds']:.1f} s{version}"
    )
    if run["quarantined"]:
        typer.echo(f"  reasons: {json.dumps(run['reasons'])}; see: chainbreak quarantine list")
    for key, words in (("unread_identifiers", "optional identifiers could not be read and are empty"),
                       ("conflicts", "keys stand for more than one content; all versions are kept")):  # fmt: skip
        if run[key]:
            typer.echo(f"  {run[key]:,} {words}")
