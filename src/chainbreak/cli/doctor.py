"""`chainbreak doctor`: what is missing and how to get it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from chainbreak.cli.common import CentreOption, JsonOption, emit

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def doctor(
    migrate: Annotated[bool, typer.Option("--migrate", help="Bring the desk's tables to this version first")] = False,
    done_key: Annotated[str, typer.Option(help="Was the action with this key done? The error named it")] = "",
    centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is missing on this machine or in this centre, and how to get it; exit 1 when something is wrong."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.examine import Check, examine_centre, examine_machine
    from chainbreak.base.errors import SetupError

    if done_key:
        done = open_office(centre).desk.was_done(done_key)
        emit({"key": done_key, "done": done}, as_json)
        raise typer.Exit(0 if done else 1)
    if migrate:
        open_office(centre).desk.migrate()
    checks = list(examine_machine())
    try:
        checks += examine_centre(open_office(centre))
    except SetupError as e:
        # No centre is no fault unless one was named: a new machine is examined before the first `init`.
        checks.append(Check("centre", "wrong" if centre else "optional", e.what, e.next_step))
    emit([asdict(check) for check in checks], as_json)
    raise typer.Exit(1 if any(check.state == "wrong" for check in checks) else 0)
