"""`chainbreak warn`: plan, tidy."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.cli.common import CentreOption, JsonOption, LimitOption, emit, readable

app = typer.Typer()


@app.command()
def plan(
    operators: Annotated[int | None, typer.Option(min=0, help="Who can call at once; else those on shift")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Minutes a call takes; else measured")] = None,
    limit: LimitOption = 20, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Who is called when, how many not before their deadline, and how many operators would be enough."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.plan_warnings import plan_warnings

    office = open_office(centre)
    found = plan_warnings(office, operators=operators, minutes=minutes, limit=limit)
    if as_json:
        emit(found, as_json)
        return
    found = readable(found, office.centre.settings.zone)
    emit({name: found[name] for name in ("operators", "minutes", "waiting", "operators_needed")}, as_json)
    emit(found["tiers"], as_json)
    emit(found["calls"], as_json)


@app.command()
def tidy(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """What time has made due: escalate, lapse, begin and end draws; `serve` does it every few seconds."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.tidy_warnings import tidy_warnings

    done = tidy_warnings(open_office(centre))
    emit({name: done[name] for name in ("half", "late", "lapse", "drawn", "ended")}, as_json)
