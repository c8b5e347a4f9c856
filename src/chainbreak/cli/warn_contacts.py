"""`chainbreak warn`: collect, watch, aside."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from chainbreak.cli.common import CentreOption, JsonOption, LimitOption, emit, say

app = typer.Typer(pretty_exceptions_enable=False)
COUNTS = ("signs", "new", "grown", "repeated", "opened", "raised", "unreachable", "review", "took_s")


@app.command()
def collect(
    as_of: Annotated[str, typer.Option("--as-of", help="Moment, RFC 3339 or local; default: now")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Look once at the records of the last 24 hours for contacts with what is confirmed. Again, it adds nothing."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.collect_contacts import collect_contacts
    from chainbreak.base.progress import progress_bar
    from chainbreak.cli.detect import moment_of

    office = open_office(centre)
    as_of_us = moment_of(as_of, office.centre.settings.zone)
    with progress_bar("contacts", None):
        done = collect_contacts(office, as_of_us=as_of_us).as_dict()
    emit(done if as_json else [done], as_json, columns=COUNTS)


@app.command()
def watch(
    every: Annotated[str, typer.Option("--every", help="How often to look, as 10s, 5m or 1h")] = "10s",
    once: Annotated[bool, typer.Option("--once", help="Look once and end, for a scheduler")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Collect contacts as records arrive and findings are confirmed, until Ctrl-C. Killed, it goes on where it was."""
    from contextlib import closing

    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.collect_contacts import watch_contacts
    from chainbreak.cli.detect import seconds_of

    failed = False
    try:
        with closing(watch_contacts(open_office(centre), every_s=seconds_of(every), once=once)) as looks:
            for look in looks:
                failed |= bool(look.failed)
                row = look.as_dict()
                if as_json:
                    emit(row, as_json)
                    sys.stdout.flush()
                else:
                    say(look.failed or ", ".join(f"{name} {row[name]}" for name in COUNTS))
    except KeyboardInterrupt:
        say("Ended; what was taken in is kept.")
    if once and failed:
        raise typer.Exit(1)


@app.command()
def aside(
    reason: Annotated[str, typer.Option("--reason", help="Only these: suspected, no_open_line, …")] = "",
    limit: LimitOption = 200, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Contacts nobody could be warned of, and payments to accounts that are only suspected; the newest first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_asides import list_asides

    emit(list_asides(open_office(centre), reason=reason, limit=limit), as_json,
         columns=("at", "kind", "reason", "about", "indicator", "ground", "stake_fen"))  # fmt: skip
