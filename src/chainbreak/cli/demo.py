"""`chainbreak demo`: the main job on a simulated town, step by step, then the console."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli.common import JsonOption, emit, say

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where to build it; made anew each time")] = Path(
        "demo-centre"
    ),
    preset: Annotated[str, typer.Option(help="Size of the simulated place: tiny, town")] = "town",
    seed: Annotated[int, typer.Option(help="Another seed is another town")] = 1,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the console at the end")] = True,
    port: Annotated[int, typer.Option(help="TCP port of the console", min=1, max=65535)] = 8600,
    as_json: JsonOption = False,
) -> None:
    """A simulated town from records to a delivered, logged order, then the console."""
    from chainbreak.app.run_demo import GUIDE, STEPS, run_demo
    from chainbreak.base.progress import progress_bar

    began = time.perf_counter()
    for number, step in enumerate(run_demo(directory, preset=preset, seed=seed, bar=progress_bar), start=1):
        if as_json:
            emit(asdict(step), as_json)
        else:
            say(f"{number}/{len(STEPS)} {step.name:<9}{step.took_s:6.1f} s  {step.outcome}")
    where = directory / "centre"
    say(f"done in {time.perf_counter() - began:.1f} s; look around: chainbreak finding list --centre {where}")
    if serve:
        _serve(where, port, GUIDE)


def _serve(centre: Path, port: int, guide: str) -> None:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.issue_sign_in_link import issue_sign_in_link
    from chainbreak.cli.serve import serve

    office = open_office(centre)
    admin = find_actor(office, "admin")
    for name, can in (
        (guide, "analyst: findings and drafts"),
        ("chen", "approver: the orders that wait"),
        ("sun", "auditor: the log"),
    ):
        say(f"sign in once as {name:<5} ({can}): http://127.0.0.1:{port}{issue_sign_in_link(office, admin, name)}")
    serve(centre, port)
