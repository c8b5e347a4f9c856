"""`chainbreak case`: add, show, list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli import case_reports
from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit, say

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Cases and what belongs to them")
app.add_typer(case_reports.app)


@app.command()
def add(
    case_id: str, title: str, as_name: AsOption, note: str = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Open a case under the authority's own number."""
    from chainbreak.app.add_case import add_case
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    add_case(office, find_actor(office, as_name), case_id, title, note)
    emit({"case_id": case_id}, as_json)


@app.command()
def show(case_id: str, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """A case with its findings and orders."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.show_case import show_case

    emit(show_case(open_office(centre), case_id), as_json)


@app.command("list")
def list_(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Every case, the newest first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.show_case import list_cases

    emit(list_cases(open_office(centre)), as_json, columns=("case_id", "title", "state", "opened_by"))


@app.command()
def classify(
    text: Annotated[str, typer.Argument(help="The report's words; - reads them from stdin")] = "",
    file: Annotated[Path | None, typer.Option(help="A text file that holds one report")] = None,
    model: Annotated[Path | None, typer.Option(help="A trained reader; else the centre's, else built-in")] = None,
    train: Annotated[list[Path] | None, typer.Option(help="Labelled reports to learn from; repeat")] = None,
    evaluate: Annotated[list[Path] | None, typer.Option(help="Labelled reports to measure on; repeat")] = None,
    out: Annotated[Path | None, typer.Option(help="With --train: new or empty folder for the reader")] = None,
    label: Annotated[str, typer.Option(help="Column of the type; else type, label or 案件类别")] = "",
    text_column: Annotated[str, typer.Option("--text", help="Column of the text; else narrative or 案情描述")] = "",
    time: Annotated[str, typer.Option(help="Column of the time: learns from the earlier, tests on the later")] = "",
    second_label: Annotated[str, typer.Option(help="Column of a second labeller's type, for kappa")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Which type of fraud a report tells of, and the words that say so; --train learns from a centre's own labels."""
    from chainbreak.app.classify_report import centre_root, classify_report, read_report
    from chainbreak.app.train_classifier import evaluate_classifier, train_classifier
    from chainbreak.base.errors import UsageError

    if bool(text) + bool(file) + bool(train) + bool(evaluate) != 1:
        raise UsageError(
            "CB-US-001", "say one thing to do", given="none, or several",
            allowed="TEXT, -, --file FILE, --train FILE --out FOLDER, or --evaluate FILE",
        )  # fmt: skip
    here = centre_root(centre)
    columns = {"text": text_column, "label": label}
    if train:
        if out is None:
            raise UsageError("CB-US-001", "--train keeps what it learnt", given="no --out", allowed="--out FOLDER")
        card = train_classifier(train, out, **columns, time=time, second=second_label, centre=here)
        for warning in card["warnings"]:
            say(f"look: {warning}")
        shown = ("model", "rows", "split", "labellers", "test", "plain_svm")
        emit(card if as_json else {name: card[name] for name in shown}, as_json)
        say(f"{out}/README.md says what it is, how good, and what it must not be used for.")
    elif evaluate:
        emit(evaluate_classifier(evaluate, model, **columns, centre=here), as_json)
    else:
        told = classify_report(read_report(file) if file or text == "-" else text, model, here)
        emit(told, as_json)
        if told["abstained"]:
            say("too weak for an answer: the type given is a guess for a person to decide")


@app.command()
def extract(
    text: Annotated[str, typer.Argument(help="The report's words; - reads them from stdin")] = "",
    file: Annotated[Path | None, typer.Option(help="A text file that holds one report")] = None,
    report: Annotated[str, typer.Option(help="A report of the centre: its masked story is read; needs --as")] = "",
    at: Annotated[str, typer.Option(help="When the report was made, ISO 8601; relative times hang on it")] = "",
    as_name: Annotated[str, typer.Option("--as", envvar="CHAINBREAK_ACTOR", help="Who asks, with --report")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """What a report mentions: numbers, accounts, hosts, apps, amounts, times; where, whose, and how sure."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.classify_report import centre_root, read_report
    from chainbreak.app.extract_text import extract_report, extract_text
    from chainbreak.app.find_actor import find_actor
    from chainbreak.base.errors import UsageError

    if bool(text) + bool(file) + bool(report) != 1:
        allowed = "TEXT, -, --file FILE, or --report ID"
        raise UsageError("CB-US-001", "say which text to read", given="none, or several", allowed=allowed)
    if report:
        office = open_office(centre)
        rows = extract_report(office, find_actor(office, as_name), report)
    else:
        here = centre_root(centre)
        rows = extract_text(read_report(file) if file or text == "-" else text, at, open_office(here) if here else None)
    for row in rows:
        row["span"] = f"{row['start']}-{row['end']}"
    shown = ("kind", "value", "surface", "span", "role", "confidence", "valid", "normalisation")
    emit(rows, as_json, columns=shown)
    if not rows:
        say("nothing is mentioned that a case could hang on")
        raise typer.Exit(1)
