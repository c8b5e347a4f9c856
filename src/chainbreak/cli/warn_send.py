"""`chainbreak warn`: send, channels."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.cli.common import CentreOption, JsonOption, emit

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def send(
    stay: Annotated[float, typer.Option(min=0, help="Seconds to go on sending; 0: only what is due now")] = 0.0,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Hand planned messages over to their channels, texts to the message centre too; `serve` does it by itself."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.send_warnings import send_for, send_once

    office = open_office(centre)
    emit(send_for(office, stay) if stay else send_once(office), as_json, columns=("channel", "state", "n"))


@app.command()
def channels(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Every channel: who stands behind it, what is declared of it, and how many messages are in each state."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_channels import list_channels

    columns = ("channel", "partners", "cost_fen", "latency_s", "reach", "due", "handing", "handed", "delivered",
               "failed", "unknown", "suppressed", "cancelled")  # fmt: skip
    emit(list_channels(open_office(centre)), as_json, columns=columns)
