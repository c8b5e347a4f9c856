"""`chainbreak warn` on contacts: collect, watch, aside, report, retract, corrections, corrected, take-events."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, LimitOption, emit, readable, say

app = typer.Typer(pretty_exceptions_enable=False)
COUNTS = ("signs", "new", "grown", "repeated", "opened", "raised", "unreachable", "review", "took_s")


@app.command()
def collect(
    as_of: Annotated[str, typer.Option("--as-of", help="Moment, RFC 3339 or local; default: now")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Look once at the records of the last 24 hours for contacts with what is confirmed. Again, it adds nothing."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.collect_contacts import collect_contacts
    from chainbreak.base.progress import progress_bar
    from chainbreak.cli.detect import moment_of

    office = open_office(centre)
    as_of_us = moment_of(as_of, office.centre.settings.zone)
    with progress_bar("contacts", None):
        done = collect_contacts(office, as_of_us=as_of_us).as_dict()
    emit(done if as_json else [done], as_json, columns=COUNTS)
    if not as_json:
        _say_refused(done["refused"])


@app.command()
def watch(
    every: Annotated[str, typer.Option("--every", help="How often to look, as 10s, 5m or 1h")] = "10s",
    once: Annotated[bool, typer.Option("--once", help="Look once and end, for a scheduler")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Collect contacts as records arrive and findings are confirmed, until Ctrl-C. Killed, it goes on where it was."""
    from contextlib import closing

    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.collect_contacts import watch_contacts
    from chainbreak.cli.detect import seconds_of

    failed = False
    try:
        with closing(watch_contacts(open_office(centre), every_s=seconds_of(every), once=once)) as looks:
            for look in looks:
                failed |= bool(look.failed)
                row = look.as_dict()
                if as_json:
                    emit(row, as_json)
                    sys.stdout.flush()
                else:
                    say(look.failed or ", ".join(f"{name} {row[name]}" for name in COUNTS))
                    _say_refused(row["refused"])
    except KeyboardInterrupt:
        say("Ended; what was taken in is kept.")
    if once and failed:
        raise typer.Exit(1)


def _say_refused(refused: Mapping[str, int]) -> None:
    """Which contacts warn nobody, and why: code -> how many."""
    from chainbreak.base.wording import codes

    for code, n in refused.items():
        say(f"{n} warn nobody: {code} {codes()[code]['title']['en']}")


@app.command()
def aside(
    reason: Annotated[str, typer.Option("--reason", help="Only these: suspected, no_open_line, …")] = "",
    limit: LimitOption = 200, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Contacts nobody could be warned of, and payments to accounts that are only suspected; the newest first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_asides import list_asides

    office = open_office(centre)
    rows = list_asides(office, reason=reason, limit=limit)
    emit(rows if as_json else readable(rows, office.centre.settings.zone), as_json,
         columns=("at", "kind", "reason", "about", "indicator", "ground", "stake"))  # fmt: skip


@app.command()
def report(
    number: Annotated[str, typer.Argument(help="Telephone number of the person who is talked to, as it was told")],
    as_name: AsOption,
    kind: Annotated[str, typer.Option(help="report.third_party, screenshare.reported, cash.or_courier, app.installed")],
    told_by: Annotated[str, typer.Option("--told-by", help="family, bank, worker, citizen or courier")],
    urgency: Annotated[str, typer.Option(help="medium, high or top")],
    words: Annotated[str, typer.Option(help="What was said; kept in the vault")] = "",
    at: Annotated[str, typer.Option("--at", help="Since when; default: now")] = "",
    stake: Annotated[str, typer.Option("--stake", help="Yuan at stake, as 35000 or 35000.50")] = "",
    fraud: Annotated[str, typer.Option(help="Type of fraud, if known")] = "",
    district: Annotated[str, typer.Option(help="Where the person lives, for a visit")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Record that somebody reports a person being talked to, and warn that person."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.report_texts import loss_in
    from chainbreak.app.take_statement import Told, take_statement
    from chainbreak.cli.detect import moment_of

    office = open_office(centre)
    at_us = moment_of(at, office.centre.settings.zone) or office.clock.now_us()
    told = Told(number, kind, told_by, urgency, at_us, words, loss_in(office, stake), fraud, district)
    emit(take_statement(office, find_actor(office, as_name), told), as_json)


@app.command()
def retract(
    what: Annotated[str, typer.Argument(help="A written token, a domain, finding:ID, order:ID or statement:ID")],
    as_name: AsOption,
    reason: Annotated[str, typer.Option(help="Why it was wrong")],
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take back every contact with something that was no fraud; everyone who was told gets a correction."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.retract_contacts import retract_contacts

    office = open_office(centre)
    emit(retract_contacts(office, find_actor(office, as_name), what, reason), as_json)


@app.command()
def corrections(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """People who heard of a wrong warning by voice alone and have to be called, the oldest first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.correction_calls import list_corrections

    office = open_office(centre)
    rows = list_corrections(office)
    zone = office.centre.settings.zone
    emit(rows if as_json else [readable(row, zone) for row in rows], as_json,
         columns=None if as_json else ("warning_id", "recipient", "opened_at"))  # fmt: skip


@app.command()
def corrected(
    warning_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False
) -> None:  # fmt: skip
    """Note that the person was called and told that the warning was wrong."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.correction_calls import made_correction
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    made_correction(office, find_actor(office, as_name), warning_id)
    emit({"warning_id": warning_id, "corrected": True}, as_json)


@app.command("take-events")
def take_events(
    files: Annotated[list[Path], typer.Argument(help="NDJSON or CSV, see docs/reference/contact-events.md")],
    source: Annotated[str, typer.Option("--source", help="The partner whose events these are")],
    as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take contacts that a partner observed; bad rows are told with their line, the others are taken."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.bring_events import bring_events
    from chainbreak.app.find_actor import find_actor
    from chainbreak.base.wording import codes

    office = open_office(centre)
    actor, bad = find_actor(office, as_name), 0
    for path in files:
        row = {"file": path.name} | bring_events(office, actor, source, path).as_dict()
        bad += row["bad"]
        emit(row if as_json else [row], as_json,
             columns=("file", "rows", "new", "grown", "repeated", "opened", "raised", "bad"))  # fmt: skip
        for fault in [] if as_json else row["faults"]:
            where, allowed = f" {fault['field']}:" if fault["field"] else "", fault["allowed"]
            what = allowed or codes()[fault["code"]]["title"]["en"]
            say(f"{path.name} row {fault['row']}: {fault['code']}{where} {what}")
    if bad:
        raise typer.Exit(1)
