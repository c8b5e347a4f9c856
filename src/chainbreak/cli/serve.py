"""`chainbreak serve`: the console and the API in one process, on this machine only unless told otherwise."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.cli.common import CentreOption, say

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    centre: CentreOption = None,
    port: Annotated[int, typer.Option(help="TCP port", min=1, max=65535)] = 8600,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    landing: Annotated[bool, typer.Option("--landing", help="Only the page that barred names lead to")] = False,
) -> None:
    """Serve the console and the API; what is due is sent, and what is over let go, every few seconds."""
    import uvicorn

    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_people import list_people
    from chainbreak.base.log import configure_logs
    from chainbreak.web.application import create_app
    from chainbreak.web.landing import create_landing

    office = open_office(centre)
    if not landing and not list_people(office):
        say("nobody can sign in yet: chainbreak user add NAME --role admin, then chainbreak user link NAME")
    configure_logs()
    say(f"http://{host}:{port}/  (end with Ctrl-C)")
    # One worker: rounds must run once, and one process serves far more people than a centre has.
    served = create_landing(office) if landing else create_app(office, background=True)
    uvicorn.run(served, host=host, port=port, log_level="warning", server_header=False)
