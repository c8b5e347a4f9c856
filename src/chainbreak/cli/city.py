"""`chainbreak city`: build the simulated city, step it on; write casebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainbreak.base.progress import progress_bar
from chainbreak.cli.common import JsonOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="The simulated city with ground truth.")


@app.command()
def build(
    out: Annotated[Path, typer.Argument(help="New or empty folder: records/, truth/, state/, partner/, manifest.json")],
    preset: Annotated[str, typer.Option(help="town: 20,000 people, 7 days; city: 460,000 people, 30 days")] = "town",
    seed: Annotated[int, typer.Option(help="Equal seeds give equal cities")] = 1,
    start: Annotated[str, typer.Option(help="First day")] = "2026-11-02",
    mix: Annotated[Path | None, typer.Option(help="YAML that overrides counts and parameters")] = None,
    until: Annotated[int | None, typer.Option(min=1, help="Stop after this day; go on with `city step`")] = None,
    as_json: JsonOption = False,
) -> None:
    """Build a city from its first day."""
    from chainbreak.app.build_city import build_city, days_of

    with progress_bar("city", until or days_of(preset, mix)) as advance:
        made = build_city(out, preset, seed, start, mix=mix, until=until, advance=advance)
    emit(made, as_json, title=f"city in {out}")


@app.command()
def step(
    folder: Annotated[Path, typer.Argument(help="A built city")],
    days: Annotated[int, typer.Option(min=1, help="Days to add")] = 1,
    blocks: Annotated[
        list[Path] | None, typer.Option(help="Number list, hold list or zone as delivered; repeat")
    ] = None,
    warnings: Annotated[Path | None, typer.Option(help="CSV of warnings given: number, at_us, channel, tier")] = None,
    as_json: JsonOption = False,
) -> None:
    """Go on by some days, given what is blocked and who was warned."""
    from chainbreak.app.step_city import step_city

    with progress_bar("city", days) as advance:
        made = step_city(folder, days, blocks or [], advance, warnings)
    emit(made, as_json, title=f"city in {folder}")


@app.command()
def casebook(
    out: Annotated[Path, typer.Argument(help="New or empty folder: records/, truth/, manifest.json")],
    reports: Annotated[int, typer.Option(help="How many reports, 100 to 2,000,000")] = 10_000,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal casebooks")] = 1,
    shape: Annotated[Path | None, typer.Option(help="YAML that overrides parameters")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write reports alone, at any size, with the series they belong to: what linking is tried on."""
    from chainbreak.app.build_casebook import build_casebook

    with progress_bar("casebook", reports) as advance:
        made = build_casebook(out, reports, seed, shape, advance)
    emit(made, as_json, title=f"casebook in {out}")
