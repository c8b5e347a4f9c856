"""`chainbreak audit`: the transparency log. `verify` and `witness` exit 1 and 4 when something is wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chainbreak.app.bootstrap import open_office
from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit, say

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The transparency log: verify, prove, checkpoint, witness, who-saw, list, export.",
)
PurposeOption = Annotated[str, typer.Option("--purpose", help="Why the log is read; written into the log")]
CaseOption = Annotated[str, typer.Option("--case", help="The case it is read for")]
EarlierOption = Annotated[list[Path] | None, typer.Option("--earlier", help="A checkpoint kept elsewhere; repeatable")]


@app.command()
def verify(
    what: Annotated[Path | None, typer.Argument(help="An export, a published folder or a receipt; none: the database")]
    = None,
    earlier: EarlierOption = None,
    key: Annotated[str, typer.Option("--key", help="The log's public key as you know it (text or file)")] = "",
    witness: Annotated[list[str] | None, typer.Option("--witness", help="A witness's public key; repeatable")] = None,
    centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Check the log in the database; or, with WHAT, run the stand-alone verifier on it."""
    from chainbreak.app.verify_log import verify_apart, verify_log

    if what is not None:
        result = verify_apart(what, key=key, earlier=earlier or (), witnesses=witness or ())
        if not as_json:
            typer.echo("\n".join(result["said"]))
    else:
        result = verify_log(open_office(centre), earlier or ())
        if not as_json:
            say("Checked in the house, anew from the entries: leaves, nodes, sequence, times, payloads, checkpoints.")
            if not earlier:
                say("Not checked: whether the whole log was written anew. Give --earlier, or ask a witness.")
    if as_json or what is None:
        emit(result, as_json)
    if not result["sound"]:
        sys.exit(1)


@app.command()
def prove(
    sequence: int, as_name: AsOption, purpose: PurposeOption, case: CaseOption = "",
    out: Annotated[Path | None, typer.Option("--out", help="File of the receipt; none: standard output")] = None,
    opened: Annotated[bool, typer.Option("--opened", help="With payload and salt, for the person it concerns")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """A receipt for one entry: entry, inclusion proof, checkpoint; checks offline."""
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.prove_entry import prove_entry
    from chainbreak.audit.export import receipt_bytes
    from chainbreak.base.files import write_atomic

    office = open_office(centre)
    parts = prove_entry(office, find_actor(office, as_name), sequence, purpose=purpose, case=case, opened=opened)
    if out is None:
        emit(parts, True)
    else:
        write_atomic(out, receipt_bytes(parts))
        emit({"sequence": sequence, "file": str(out)}, as_json)


@app.command()
def checkpoint(
    if_due: Annotated[bool, typer.Option("--if-due", help="Only after 1,000 entries or an hour")] = False,
    rotate_key: Annotated[bool, typer.Option("--rotate-key", help="Replace the signing key; needs --as")] = False,
    as_name: Annotated[str, typer.Option("--as", envvar="CHAINBREAK_ACTOR", help="Which administrator acts")] = "",
    centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign and publish the log's state to the centre's log/ folder."""
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.publish_checkpoint import publish_checkpoint, rotate_checkpoint_key

    office = open_office(centre)
    if rotate_key:
        emit({"key": rotate_checkpoint_key(office, find_actor(office, as_name))}, as_json)
        return
    made = publish_checkpoint(office, only_if_due=if_due)
    if made is None:
        emit({"published": False}, as_json)
        return
    emit({"published": True, "checkpoint": made.name, "entries": made.size, "root": made.root.hex()}, as_json)


@app.command()
def witness(
    logdir: Annotated[Path, typer.Argument(help="The published folder (log/ of the centre, or a copy)")],
    key: Annotated[Path, typer.Option("--key", help="Your signing key; made when the file does not exist")],
    state: Annotated[Path, typer.Option("--state", help="What you saw last; keep it where the centre cannot reach")],
    name: Annotated[str, typer.Option("--name", help="Your name, for a new key")] = "witness",
    log_key: Annotated[str, typer.Option("--log-key", help="The log's first public key as it was handed to you")] = "",
    as_json: JsonOption = False,
) -> None:
    """As a second party: check that the log extends what you saw last, and co-sign it; refuses otherwise."""
    from chainbreak.app.witness_log import witness_log
    from chainbreak.base.clock import SystemClock

    result = witness_log(logdir, key, state, SystemClock(), name=name, log_key=log_key)
    if not as_json:
        typer.echo(result.pop("note"))
    emit(result, as_json)


@app.command("who-saw")
def who_saw(
    object: Annotated[str, typer.Argument(help="A written token (line:9f3a…), a domain, finding:ID or order:ID")],
    as_name: AsOption, purpose: PurposeOption, case: CaseOption = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Who looked at this, when and why, and who acted on it."""
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.who_saw import who_saw

    office = open_office(centre)
    rows = who_saw(office, find_actor(office, as_name), object, purpose=purpose, case=case)
    columns = ("sequence", "time", "actor", "role", "via", "action", "object", "purpose", "case", "unusual")
    emit(rows, as_json, columns=columns)
    if not rows:
        sys.exit(1)


@app.command("list")
def list_(
    as_name: AsOption, purpose: PurposeOption, case: CaseOption = "", limit: int = 50,
    before: Annotated[int | None, typer.Option("--before", help="Only entries below this sequence")] = None,
    who: Annotated[str, typer.Option("--who", help="Only this actor's")] = "",
    action: Annotated[str, typer.Option("--action", help="Only this noun (order) or verb (order.approve)")] = "",
    object: Annotated[str, typer.Option("--object", help="Only about this token or id")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The newest entries."""
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.list_entries import list_entries

    office = open_office(centre)
    rows = list_entries(
        office, find_actor(office, as_name), purpose=purpose, case=case, limit=limit, before=before,
        who=who, action=action, object=object,
    )  # fmt: skip
    emit(rows, as_json, columns=("sequence", "time", "actor", "role", "via", "action", "object", "purpose", "case"))


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="A new folder")],
    as_name: AsOption, purpose: PurposeOption, case: CaseOption = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The whole log and its checkpoints, for an outsider with tools/verify_log.py."""
    from chainbreak.app.export_log import export_log
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    emit(export_log(office, find_actor(office, as_name), out, purpose=purpose, case=case), as_json)
