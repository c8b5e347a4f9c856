"""`chainbreak share`: push, pull, list, refused, sight, decay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, LimitOption, emit, moment

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False,
    help="Sharing with other centres, platforms and banks: MISP and STIX/TAXII, out and in",
)  # fmt: skip
SourceOption = Annotated[str, typer.Option("--source", help="Only what this partner reports")]
COLUMNS = ("shared_id", "source", "kind", "object", "score", "state", "last_seen", "valid_until", "seen", "denied")


@app.command()
def push(
    partner_id: Annotated[str, typer.Argument(help="Only this one; none: every sharing partner")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Send what is due, and mend what sharing partners hold; exit 1 when one could not be reached."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.share_push import share_push

    rows = share_push(open_office(centre), partner_id)
    emit(rows, as_json, columns=("partner", "missing", "extra", "mended", "error"))
    if any(row.get("error") for row in rows):
        raise typer.Exit(1)


@app.command()
def pull(
    partner_id: str, as_name: AsOption,
    file: Annotated[Path | None, typer.Argument(help="STIX bundle, MISP events, a feed's folder", exists=True)] = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Read what a partner reports: its server since the last time, or FILE; exit 1 when it stopped answering."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.share_pull import share_pull

    office = open_office(centre)
    counts = share_pull(office, find_actor(office, as_name), partner_id, file)
    emit(counts, as_json)
    if counts["error"]:
        raise typer.Exit(1)


@app.command("list")
def list_(
    source: SourceOption = "", kind: Annotated[str, typer.Option(help="line, account, domain or url")] = "",
    over: Annotated[bool, typer.Option("--all", help="What holds no longer too: aged, ended, revoked")] = False,
    limit: LimitOption = 200, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """What others report, the last seen first, with the weight it still has."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_indicators import list_indicators

    office = open_office(centre)
    rows = list_indicators(office, source=source, kind=kind, over=over, limit=limit)
    if not as_json:
        zone = office.centre.settings.zone
        rows = [
            row | {name: moment(row[f"{name}_us"], zone) if row[f"{name}_us"] else ""
                   for name in ("last_seen", "valid_until")}
            for row in rows
        ]  # fmt: skip
    emit(rows, as_json, columns=COLUMNS)


@app.command()
def refused(source: SourceOption = "", centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """What could not be read, and why; correct it at its source and pull again."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_indicators import list_refused

    emit(list_refused(open_office(centre), source), as_json, columns=("shared_id", "source", "code", "what"))


@app.command()
def sight(
    partner_id: str, as_name: AsOption,
    wrong: Annotated[str, typer.Option("--wrong", help="An indicator (shared_id) that is wrong: tell only this")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Tell a source which of its indicators our records met, or that one is wrong; exit 1 when there is nothing."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.share_sight import share_sight

    office = open_office(centre)
    rows = share_sight(office, find_actor(office, as_name), partner_id, wrong)
    emit(rows, as_json, columns=("shared_id", "says", "count", "taken"))
    if not rows:
        raise typer.Exit(1)


@app.command()
def decay(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """How what others report ages here, kind by kind; a centre's own values stand in sharing.yaml."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.show_ageing import show_ageing

    emit(show_ageing(open_office(centre)), as_json)
