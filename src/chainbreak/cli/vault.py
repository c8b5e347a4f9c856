"""`chainbreak vault`: what tokens stand for, under lock: reveal, rotate, status."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit
from chainbreak.records import Identifier
from chainbreak.records.actor import Actor

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What tokens stand for: reveal one, rotate the keys, say what is held.",
)


PurposeOption = Annotated[str, typer.Option("--purpose", help="What it is needed for; goes into the log")]
CaseOption = Annotated[str, typer.Option("--case", help="The case it is needed in; goes into the log")]


@app.command()
def reveal(
    token: Annotated[str, typer.Argument(help="A written token, as line:9f3a0c…")],
    purpose: PurposeOption = "", case: CaseOption = "",
    as_name: AsOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Show the value of one token; purpose, case and person go into the log before it is shown."""
    from chainbreak.app.reveal_identifier import reveal_identifier

    office = open_office(centre)
    emit(asdict(reveal_identifier(office, _named(office, as_name), token, purpose=purpose, case=case)), as_json)


@app.command()
def text(
    record_ref: Annotated[str, typer.Argument(help="The record whose text it is, 32 hex digits")],
    purpose: PurposeOption = "", case: CaseOption = "",
    as_name: AsOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Show the original text of a record, as it was before masking; logged like a reveal."""
    from chainbreak.app.reveal_identifier import reveal_text

    office = open_office(centre)
    emit(asdict(reveal_text(office, _named(office, as_name), record_ref, purpose=purpose, case=case)), as_json)


def _named(office: Office, name: str) -> Actor | None:
    """Who asks; nobody is an answer too, which the verb refuses and logs."""
    from chainbreak.app.find_actor import find_actor

    return find_actor(office, name) if name else None


@app.command()
def rotate(
    kind: Annotated[list[Identifier] | None, typer.Argument(help="Kinds of identifier; none: all")] = None,
    as_name: AsOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Put new keys in force and exchange every token; run again after an interruption, it continues."""
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.rotate_keys import rotate_keys
    from chainbreak.base.progress import progress_bar

    office = open_office(centre)
    actor = find_actor(office, as_name)
    with progress_bar("vault rotate", len(office.lake.tables())) as advance:
        done = rotate_keys(office, actor, kind or tuple(Identifier), advance)
    emit(done, as_json)


@app.command()
def status(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Entries by kind, key epochs, and which roles may reveal what."""
    from chainbreak.app.vault_status import vault_status

    emit(vault_status(open_office(centre)), as_json, title="Vault")
