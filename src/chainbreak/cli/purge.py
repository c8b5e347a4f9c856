"""`chainbreak purge`: destroy what has had its time, with a certificate; `hold` and `lift` stop and resume a class."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.app.bootstrap import open_office
from chainbreak.cli.common import AsOption, CentreOption, DryRunOption, JsonOption, emit

app = typer.Typer(
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    help="Destroy what retention says has had its time, with a certificate.",
)
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; written into the log")]
CaseOption = Annotated[str, typer.Option("--case", help="The case it is for")]


@app.callback()
def purge(
    context: typer.Context,
    as_name: Annotated[str, typer.Option("--as", envvar="CHAINBREAK_ACTOR", help="Which administrator acts")] = "",
    dry_run: DryRunOption = False,
    centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Without a verb: destroy, class by class; with --dry-run only count."""
    if context.invoked_subcommand:
        return
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.purge import purge

    office = open_office(centre)
    emit(purge(office, find_actor(office, as_name), dry_run=dry_run), as_json)


@app.command()
def hold(
    name: str, as_name: AsOption, reason: ReasonOption,
    until: Annotated[str, typer.Option("--until", help="End of the hold: a date or a time, within a year")],
    case: CaseOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Stop the purge of a class until a stated time."""
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.legal_hold import place_hold
    from chainbreak.base.clock import parse_moment
    from chainbreak.base.errors import UsageError

    office = open_office(centre)
    try:
        until_us = parse_moment(until, office.centre.settings.zone)
    except ValueError:
        raise UsageError("CB-PU-003", "not a time", given=until, allowed="2027-01-31 or RFC 3339") from None
    place_hold(office, find_actor(office, as_name), name, until_us, reason=reason, case=case)
    emit({"class": name, "held_until": until}, as_json)


@app.command()
def lift(
    name: str, as_name: AsOption, reason: ReasonOption, case: CaseOption = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """End the hold of a class at once."""
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.legal_hold import lift_hold

    office = open_office(centre)
    lift_hold(office, find_actor(office, as_name), name, reason=reason, case=case)
    emit({"class": name, "held_until": ""}, as_json)
