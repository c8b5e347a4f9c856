"""`chainbreak serve`: the console and the API in one process, on this machine only unless told otherwise."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from chainbreak.cli.common import CentreOption, say

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
# Named by text: the joint of the two web faces stands above this one, and heavy imports wait until it is called.
APPLICATION = "chainbreak.web.application:create_app_with_background"


@app.command()
def serve(
    centre: CentreOption = None,
    port: Annotated[int, typer.Option(help="TCP port", min=1, max=65535)] = 8600,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
) -> None:
    """Serve the console and the API."""
    import uvicorn

    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_people import list_people
    from chainbreak.base.log import configure_logs

    office = open_office(centre)
    os.environ["CHAINBREAK_CENTRE"] = str(office.centre.root)
    if not list_people(office):
        say("nobody can sign in yet: chainbreak user add NAME --role admin, then chainbreak user link NAME")
    configure_logs()
    say(f"http://{host}:{port}/  (end with Ctrl-C)")
    uvicorn.run(APPLICATION, factory=True, host=host, port=port, log_level="warning", server_header=False)
