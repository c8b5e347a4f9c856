"""`chainbreak link`: which reports one gang did: run, list, show, explain, decide, undo, export."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, DryRunOption, JsonOption, LimitOption, emit, plain, say

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Which reports one gang did, and why")

WhyOption = Annotated[str, typer.Option("--why", help="The reason; goes into the log and the case file")]
LangOption = Annotated[str, typer.Option("--lang", help="zh or en; the centre's language if not given")]
SinceOption = Annotated[str, typer.Option(help="A moment, as 2026-11-20 08:00")]
PurposeOption = Annotated[str, typer.Option("--purpose", help="What it is needed for; goes into the log")]
CaseOption = Annotated[str, typer.Option("--case", help="The case it is needed in; goes into the log")]
NumberArgument = Annotated[int, typer.Argument(min=1, max=2**53, help="The number of the decision")]
COLUMNS = ("series_id", "name", "reports", "loss_fen", "district", "type", "state", "changed_at")


def _act(centre: Path | None, name: str) -> tuple[Office, Actor]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, name)


def _tell(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        typer.echo(plain(sentence))


@app.command()
def run(as_name: AsOption, dry_run: DryRunOption = False, centre: CentreOption = None,
        as_json: JsonOption = False) -> None:  # fmt: skip
    """Link all reports, with every decision that stands, and record the series found."""
    from chainbreak.app.link_reports import link_reports
    from chainbreak.base.progress import progress_bar

    office, actor = _act(centre, as_name)
    with progress_bar("link run", None) as advance:
        told = link_reports(office, actor, advance, dry_run=dry_run)
    emit(told, as_json)


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help="live, ended, or all")] = "",
    district: Annotated[str, typer.Option(help="With a report of this district")] = "",
    type_: Annotated[str, typer.Option("--type", help="With a report of this type of fraud")] = "",
    loss: Annotated[str, typer.Option(help="Losses of at least so many yuan")] = "",
    new_since: SinceOption = "", changed_since: SinceOption = "", after: str = "", limit: LimitOption = 50,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """A page of series, those that changed last first; `--after ID` is the last one of the page before."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_series import list_series, wanted_series
    from chainbreak.cli.parse import fen_from, moment_from

    office = open_office(centre)
    zone = office.centre.settings.zone
    since = moment_from(new_since, zone), moment_from(changed_since, zone)
    rows = list_series(office, wanted_series(state, district, type_, fen_from(loss), *since), after=after or None,
                       limit=limit)  # fmt: skip
    emit(rows, as_json, columns=COLUMNS)
    if not rows:
        raise typer.Exit(1)


@app.command()
def show(series_id: str, as_name: AsOption, lang: LangOption = "", centre: CentreOption = None,
         as_json: JsonOption = False) -> None:  # fmt: skip
    """One series in sentences; with --json every value of it. The look is in the log."""
    from chainbreak.app.export_series import saying_of
    from chainbreak.app.read_series import admit_series
    from chainbreak.app.show_series import show_series
    from chainbreak.app.word_link import word_series

    office, actor = _act(centre, as_name)
    saying = saying_of(office, lang)
    admit_series(office, actor, "series.read", f"series:{series_id}")
    shown = show_series(office, series_id)
    if as_json:
        emit(shown, as_json)
        return
    _tell(word_series(shown, saying))
    emit(shown["members"], as_json, columns=("report_id", "district", "type", "loss_fen", "bits"))


@app.command()
def explain(a: str, b: str, as_name: AsOption, lang: LangOption = "", centre: CentreOption = None,
            as_json: JsonOption = False) -> None:  # fmt: skip
    """Why two reports are linked, or are not, in sentences; with --json the terms in bits. The look is in the log."""
    from chainbreak.app.explain_link import explain_link
    from chainbreak.app.export_series import saying_of
    from chainbreak.app.read_series import admit_series
    from chainbreak.app.word_link import word_pair

    office, actor = _act(centre, as_name)
    saying = saying_of(office, lang)
    admit_series(office, actor, "link.read", f"report:{a}")
    told = explain_link(office, a, b)
    if as_json:
        emit(told, as_json)
    else:
        _tell(word_pair(told, saying))


@app.command("what-if")
def what_if(
    series_id: str, as_name: AsOption,
    edge: Annotated[tuple[str, str] | None, typer.Option(help="Two reports whose link is in doubt")] = None,
    key: Annotated[str, typer.Option(help="An identifier in doubt, as `link show --json` writes it")] = "",
    lang: LangOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """What a series would fall into if one link or one identifier were wrong; changes nothing."""
    from chainbreak.app.export_series import saying_of
    from chainbreak.app.read_series import admit_series
    from chainbreak.app.what_if import what_if as app_what_if
    from chainbreak.app.word_link import word_what_if

    office, actor = _act(centre, as_name)
    saying = saying_of(office, lang)
    admit_series(office, actor, "series.read", f"series:{series_id}")
    told = app_what_if(office, series_id, edge=edge, key=key)
    if as_json:
        emit(told, as_json)
        return
    _tell([word_what_if(told, saying), *(f"  {saying.list(part)}" for part in told["parts"])])


def _decide(
    centre: Path | None, as_name: str, a: str, b: str, word: str, why: str, dry_run: bool, as_json: bool
) -> None:
    from chainbreak.app.decide_link import decide_link

    office, actor = _act(centre, as_name)
    emit(decide_link(office, actor, a, b, word, why, dry_run=dry_run), as_json)


@app.command()
def confirm(a: str, b: str, as_name: AsOption, why: WhyOption = "", dry_run: DryRunOption = False,
            centre: CentreOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Say that one gang did both reports."""
    _decide(centre, as_name, a, b, "same", why, dry_run, as_json)


@app.command()
def reject(a: str, b: str, as_name: AsOption, why: WhyOption = "", dry_run: DryRunOption = False,
           centre: CentreOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Say that no gang did both reports."""
    _decide(centre, as_name, a, b, "different", why, dry_run, as_json)


@app.command()
def unsure(a: str, b: str, as_name: AsOption, why: WhyOption = "", dry_run: DryRunOption = False,
           centre: CentreOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Put on file that it cannot be told; nothing follows from it."""
    _decide(centre, as_name, a, b, "unsure", why, dry_run, as_json)


@app.command()
def merge(
    series_ids: Annotated[list[str], typer.Argument(help="Two series or more, as S-000123")], as_name: AsOption,
    why: WhyOption = "", dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say that series are one."""
    from chainbreak.app.merge_series import merge_series

    office, actor = _act(centre, as_name)
    emit(merge_series(office, actor, series_ids, why, dry_run=dry_run), as_json)


@app.command()
def split(
    series_id: str, reports: Annotated[list[str], typer.Argument(help="The reports to take out")], as_name: AsOption,
    why: WhyOption = "", dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take reports out of a series."""
    from chainbreak.app.split_series import split_series

    office, actor = _act(centre, as_name)
    emit(split_series(office, actor, series_id, reports, why, dry_run=dry_run), as_json)


@app.command()
def detach(report_id: str, as_name: AsOption, why: WhyOption = "", dry_run: DryRunOption = False,
           centre: CentreOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Take one report out of its series."""
    from chainbreak.app.detach_report import detach_report

    office, actor = _act(centre, as_name)
    emit(detach_report(office, actor, report_id, why, dry_run=dry_run), as_json)


@app.command()
def undo(decision_id: NumberArgument, as_name: AsOption, why: WhyOption = "", dry_run: DryRunOption = False,
         centre: CentreOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Take back a decision, anybody's and however old; or an undoing, and the decision stands again."""
    from chainbreak.app.undo_decision import undo_decision

    office, actor = _act(centre, as_name)
    emit(undo_decision(office, actor, decision_id, why, dry_run=dry_run), as_json)


@app.command()
def rename(series_id: str, name: str, as_name: AsOption, why: WhyOption = "", dry_run: DryRunOption = False,
           centre: CentreOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Give a series a name; an empty one takes it away."""
    from chainbreak.app.rename_series import rename_series

    office, actor = _act(centre, as_name)
    emit(rename_series(office, actor, series_id, name, why, dry_run=dry_run), as_json)


@app.command()
def events(
    series: Annotated[str, typer.Option(help="Only of this series")] = "",
    after: Annotated[int, typer.Option(min=0, max=2**53, help="Only those after this event")] = 0,
    limit: LimitOption = 50, lang: LangOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """What happened to series, oldest first: created, grown, shrunk, merged, split, ended, undone, renamed."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.export_series import saying_of
    from chainbreak.app.list_events import list_events
    from chainbreak.app.word_link import word_event

    office = open_office(centre)
    rows = list_events(office, series, after=after, limit=limit)
    if as_json:
        emit(rows, as_json)
    else:
        saying = saying_of(office, lang)
        _tell(f"{row['event_id']}  {row['series_id']}  {word_event(row, saying)}" for row in rows)
    if not rows:
        raise typer.Exit(1)


@app.command()
def contradictions(lang: LangOption = "", centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Decisions that cannot all be kept, with each of them; exit code 1 while there are any."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.contradictions import contradictions as app_contradictions
    from chainbreak.app.export_series import saying_of
    from chainbreak.app.word_link import word_contradiction, word_decision

    office = open_office(centre)
    rows = app_contradictions(office)
    if as_json:
        emit(rows, as_json)
    else:
        saying = saying_of(office, lang)
        for row in rows:
            _tell([word_contradiction(row, saying), *(f"  {word_decision(d, saying)}" for d in row["decisions"])])
    if rows:
        raise typer.Exit(1)
    say("no decisions contradict each other")


@app.command()
def export(
    series_id: str, out: Annotated[Path, typer.Argument(help="A file that ends in .json or .csv")], as_name: AsOption,
    lang: LangOption = "",
    reveal: Annotated[bool, typer.Option("--reveal", help="With identifiers in clear; needs purpose and case")] = False,
    purpose: PurposeOption = "", case: CaseOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Write a series to a file for a case: .json with the story and all evidence, .csv with a row a report."""
    from chainbreak.app.export_series import export_series

    office, actor = _act(centre, as_name)
    count = export_series(office, actor, series_id, out, lang=lang, reveal=reveal, purpose=purpose, case=case)
    emit({"file": str(out), "reports": count}, as_json)
