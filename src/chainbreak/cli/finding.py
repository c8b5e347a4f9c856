"""`chainbreak finding`: list, next, show, device, lead, verdict, undo, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit, say

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Read findings and say what they are")

StateOption = Annotated[str, typer.Option(help="open, confirmed, false, unsure, superseded, or all")]
DetectorOption = Annotated[str, typer.Option(help="Only of this detector")]
LevelOption = Annotated[str, typer.Option(help="urgent, high, medium, low")]
DistrictOption = Annotated[str, typer.Option(help="Only of this district")]


@app.command("list")
def list_(
    state: StateOption = "open", detector: DetectorOption = "", level: LevelOption = "", district: DistrictOption = "",
    subject: str = "", after: str = "", limit: int = 50, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """A page of findings, most urgent first; `--after ID` is the last one of the page before."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_findings import filter_named, list_findings

    wanted = filter_named(state, detector, level, district, subject)
    rows = list_findings(open_office(centre), wanted, after=after or None, limit=limit)
    emit(rows, as_json, columns=("finding_id", "level", "score", "detector", "subject", "state", "found_at", "holder"))
    if not rows:
        raise typer.Exit(1)


@app.command("next")
def next_(
    as_name: AsOption, detector: DetectorOption = "", level: LevelOption = "", district: DistrictOption = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take the most urgent finding that nobody else has open; it is yours for 10 idle minutes."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.list_findings import filter_named
    from chainbreak.app.next_finding import next_finding

    office = open_office(centre)
    found = next_finding(office, find_actor(office, as_name), filter_named("open", detector, level, district, ""))
    if found is None:
        say("nothing is left in this filter")
        raise typer.Exit(1)
    emit(found, as_json)


@app.command()
def show(finding_id: str, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """One finding with its reasons, verdicts, orders and cases."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.show_finding import show_finding

    emit(show_finding(open_office(centre), finding_id), as_json)


@app.command()
def device(
    finding_id: str, as_name: AsOption, day: Annotated[str, typer.Option(help="A local day, as 2026-11-20")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The device behind a finding, from its records: cards, handsets, cells, hours, numbers called, hot-list hits."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.show_device import as_plain, show_device

    office = open_office(centre)
    emit(as_plain(show_device(office, find_actor(office, as_name), finding_id, day)), as_json)


@app.command()
def lead(
    finding_id: str, as_name: AsOption,
    out: Annotated[Path | None, typer.Option(help="Write the sheet to print, an HTML file that stands alone")] = None,
    lang: Annotated[str, typer.Option(help="zh or en; the centre's language if not given")] = "",
    reveal: Annotated[bool, typer.Option("--reveal", help="Handsets and cards in clear; with purpose, case")] = False,
    purpose: str = "", case: str = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The lead for a visit: where the device stands, when somebody is there, how sure, what would refute it."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.reveal_lead import reveal_lead
    from chainbreak.app.show_lead import PURPOSE, show_lead

    office = open_office(centre)
    actor = find_actor(office, as_name)
    found = show_lead(office, actor, finding_id, purpose=purpose or PURPOSE, case=case)
    values = reveal_lead(office, actor, found, purpose=purpose, case=case) if reveal else {}
    if out:
        from chainbreak.console.sheet import write_sheet

        write_sheet(office, found, lang, values, out)
        say(str(out))
    if as_json or not out:
        emit(found | ({"values": values} if reveal else {}), as_json)


@app.command()
def verdict(
    finding_id: str, word: Annotated[str, typer.Argument(help="c confirmed, f false, u unsure")], as_name: AsOption,
    note: str = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say what a finding is."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.give_verdict import give_verdict

    office = open_office(centre)
    number = give_verdict(office, find_actor(office, as_name), finding_id, word, note)
    emit({"finding_id": finding_id, "verdict_id": number}, as_json)


@app.command()
def undo(as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Take back your newest verdict."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.give_verdict import undo_verdict

    office = open_office(centre)
    emit({"finding_id": undo_verdict(office, find_actor(office, as_name))}, as_json)


@app.command()
def export(
    out: Path, as_name: AsOption, state: StateOption = "open", detector: DetectorOption = "", level: LevelOption = "",
    district: DistrictOption = "",
    reveal: Annotated[bool, typer.Option("--reveal", help="With identifiers in clear; needs purpose and case")] = False,
    purpose: str = "", case: str = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Write findings to a file, as JSON Lines."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.export_findings import export_findings
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.list_findings import filter_named

    office = open_office(centre)
    wanted = filter_named(state, detector, level, district, "")
    actor = find_actor(office, as_name)
    count = export_findings(office, actor, out, wanted, reveal=reveal, purpose=purpose, case=case)
    emit({"file": str(out), "findings": count}, as_json)
