"""`chainbreak outbox`: list, show, retry, withdraw, reconcile, take, tasks."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit, moment, say

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="What is on its way to partners")


PartnerOption = Annotated[str, typer.Option("--partner", help="Only messages to this one")]
COLUMNS = ("order_id", "revision", "target", "action", "state", "attempts", "age_s", "detail", "code")
OrderOption = Annotated[str, typer.Option("--order", help="Only messages about this one")]


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Settled messages too")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="What was given up until somebody queues it again")] = False,
    disputed: Annotated[bool, typer.Option("--disputed", help="Refused, carried out in part, or appealed")] = False,
    partner: PartnerOption = "", limit: int = 200, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Messages that are not settled, withdrawals first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_outbox import list_outbox

    view = "failed" if failed else "disputed" if disputed else "open"
    rows = list_outbox(open_office(centre), every=every, view=view, partner=partner, limit=limit)
    emit(rows, as_json, columns=COLUMNS)


@app.command()
def show(order_id: str, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """One order on its way: every step at every partner with its time, and where it is really gone."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.show_receipts import show_receipts

    office = open_office(centre)
    found = show_receipts(office, order_id)
    if as_json:
        emit(found, as_json)
        return
    rows = [
        {"partner": p["target"], "action": m["action"], "revision": m["revision"], "step": s["step"],
         "at": moment(s["at_us"], office.centre.settings.zone), "since_ms": round(s["since_us"] / 1_000),
         "outcome": s["outcome"], "code": s["code"], "meaning": s["meaning"]}
        for p in found["partners"] for m in reversed(p["messages"]) for s in m["steps"]
    ]  # fmt: skip
    emit(rows, False, title=f"{order_id} {found['standing']}")


@app.command()
def retry(
    as_name: AsOption, partner: PartnerOption = "", order: OrderOption = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Queue failed messages again, once their cause is mended."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.list_outbox import retry_outbox

    office = open_office(centre)
    actor = find_actor(office, as_name)
    emit({"queued": retry_outbox(office, actor, partner=partner, order_id=order)}, as_json)


@app.command()
def withdraw(
    order_id: str, as_name: AsOption,
    reason: Annotated[str, typer.Option(help="Why, as in `order release`")] = "other",
    note: Annotated[str, typer.Option(help="A note")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Let go of an order everywhere: an approver's word releases it, a liaison's asks the approvers to."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.let_go import let_go

    office = open_office(centre)
    emit(let_go(office, find_actor(office, as_name), order_id, reason, note), as_json)


@app.command()
def reconcile(
    partner: Annotated[list[str] | None, typer.Option("--partner", help="Only this one; may be repeated")] = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Compare what partners really hold with what is in force, and mend the difference both ways: what was missing is
    put back, what was too much is taken away; exit 1 when one that tells what it holds could not be compared."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.send_due import reconcile as mend

    rows = mend(open_office(centre), partner or None)
    emit(rows, as_json, columns=("partner", "missing", "extra", "error"))
    if any(row["failed"] for row in rows):
        raise typer.Exit(1)


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
    office, stop = open_office(centre), threading.Event()
    for word in (signal.SIGINT, signal.SIGTERM):
        signal.signal(word, lambda *_: stop.set())
    say("sending; what waits and why: chainbreak outbox list")
    send_always(office, stop)
