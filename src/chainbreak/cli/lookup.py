"""`chainbreak lookup`: serve, token, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit, say

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False,
    help="Whether a caller, a domain or an account is under an order, answered to partners",
)  # fmt: skip


@app.command()
def serve(
    centre: CentreOption = None,
    port: Annotated[int, typer.Option(help="TCP port", min=1, max=65535)] = 8610,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(help="Processes that answer, each with its own snapshot", min=1, max=64)] = 1,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate (PEM), with its chain")] = None,
    key: Annotated[Path | None, typer.Option(help="Key of the certificate (PEM)")] = None,
) -> None:
    """Answer partners' questions from a snapshot that follows the desk within a second."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.serve_lookup import lookup_address, serve_lookup
    from chainbreak.base.log import configure_logs

    office = open_office(centre)
    configure_logs()
    say(f"{lookup_address(host, port, certificate)}  (end with Ctrl-C)")
    serve_lookup(office, host, port, workers, certificate, key)


@app.command()
def token(
    partner_id: str, as_name: AsOption,
    only: Annotated[bool, typer.Option("--only", help="The token before ends at once: it was lost")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Issue a token to a partner of format lookup; it is shown this once."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.issue_lookup_token import issue_lookup_token

    office = open_office(centre)
    issued = issue_lookup_token(office, find_actor(office, as_name), partner_id, only=only)
    emit({"partner_id": partner_id, "token": issued}, as_json)


@app.command()
def check(
    partner_id: str, kind: Annotated[str, typer.Argument(help="phone, domain, account")], value: str, as_name: AsOption,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """What the partner is told about a value now, asked of the running look-up; exit 1 when it is not listed."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.check_lookup import check_lookup
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    answer = check_lookup(office, find_actor(office, as_name), partner_id, kind, value)
    emit(answer, as_json)
    raise typer.Exit(0 if answer["listed"] else 1)
