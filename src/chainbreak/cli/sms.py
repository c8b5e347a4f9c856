"""`chainbreak sms`: notice, send, list, receipts."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, LimitOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Texts to people by SMPP")
COLUMNS = ("text_id", "state", "event", "recipient", "template", "lang", "parts", "queued_at", "detail")


@app.command()
def notice(
    order_id: str, as_name: AsOption,
    to: Annotated[str, typer.Option("--to", help="Whom to tell, as a written token line:…")] = "",
    lang: Annotated[Literal["zh", "en"] | None, typer.Option("--lang", help="Language of the text")] = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Queue the notice of an order to the person it concerns; an order on a number tells that number."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.queue_text import text_notice

    office = open_office(centre)
    emit({"text_id": text_notice(office, find_actor(office, as_name), order_id, to, lang), "state": "queued"}, as_json)


@app.command()
def send(
    stay: Annotated[float, typer.Option(min=0, help="Seconds without news after which to leave")] = 2.0,
    patience: Annotated[float, typer.Option(min=0, help="Seconds that a broken link is tried again")] = 30.0,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Send what is due and take receipts."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.send_texts import send_texts

    result = send_texts(open_office(centre), stay_s=stay, patience_s=patience)
    emit(result, as_json)
    if result["link"]:
        raise typer.Exit(1)


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help="Only texts in this state")] = "", limit: LimitOption = 200,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Texts, newest first; `--state unknown` lists those a person must follow up."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_texts import list_texts

    emit(list_texts(open_office(centre), state=state, limit=limit), as_json, columns=COLUMNS)


@app.command()
def receipts(
    text_id: Annotated[str, typer.Argument(help="Only of this text")] = "", limit: LimitOption = 200,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """What the message centre said became of texts, newest first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_texts import list_text_receipts

    rows = list_text_receipts(open_office(centre), text_id, limit=limit)
    emit(rows, as_json, columns=("at", "stat", "err", "text_id", "part", "message_id"))
