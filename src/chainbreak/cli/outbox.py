"""`chainbreak outbox`: list, retry, reconcile, tasks."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="What is on its way to partners")


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Settled messages too")] = False, limit: int = 200,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Messages that are not settled, withdrawals first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_outbox import list_outbox

    emit(list_outbox(open_office(centre), every=every, limit=limit), as_json)


@app.command()
def retry(as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Queue failed messages again, once their cause is mended."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.list_outbox import retry_outbox

    office = open_office(centre)
    emit({"queued": retry_outbox(office, find_actor(office, as_name))}, as_json)


@app.command()
def reconcile(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Compare every partner's files with what is in force, and mend the difference."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.send_due import reconcile as mend

    emit(mend(open_office(centre)), as_json, columns=("partner", "missing", "extra", "mended"))


@app.command()
def take(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Take answers that partners left in out/PARTNER/incoming/; exit 1 when one went to quarantine."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.take_receipt import take_receipts

    counts = take_receipts(open_office(centre))
    emit(counts, as_json)
    if counts["refused"]:
        raise typer.Exit(1)


@app.command()
def tasks(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Things about orders that a person must look at, the first due first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_outbox import list_tasks

    emit(list_tasks(open_office(centre)), as_json, columns=("task_id", "kind", "order_id", "note", "due_at_us"))


@app.command()
def run(centre: CentreOption = None) -> None:
    """Send what becomes due, without end (Ctrl-C ends it): `serve` does the same beside its pages."""
    import signal
    import threading

    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.send_due import send_always
    from chainbreak.base.log import configure_logs

    configure_logs()
    stop = threading.Event()
    for word in (signal.SIGINT, signal.SIGTERM):
        signal.signal(word, lambda *_: stop.set())
    send_always(open_office(centre), stop)
