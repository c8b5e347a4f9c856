"""`chainbreak model`: features of lines, a scorer trained on them, its measure. Lines are scored, never persons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli.common import CentreOption, JsonOption, emit, say

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="A scorer of lines")

TablesArgument = Annotated[list[Path], typer.Argument(help="Parquet or CSV files of the same columns")]
LabelOption = Annotated[str, typer.Option("--label", help="Column with 1 for fraud, 0 for not")]
IdOption = Annotated[str, typer.Option("--id", help="Column that names the row; never a feature")]
DropOption = Annotated[list[str] | None, typer.Option("--drop", help="Columns to leave out, as day_*; repeat")]
RatiosOption = Annotated[Path | None, typer.Option("--ratios", help="YAML: name: [column above, column below]")]
LifetimeOption = Annotated[
    list[str] | None,
    typer.Option("--lifetime", help="Columns that say how long a line lived; repeat"),
]


@app.command()
def train(
    tables: TablesArgument, label: LabelOption,
    out: Annotated[Path, typer.Option(help="New or empty folder for the model")],
    ident: IdOption = "", drop: DropOption = None, ratios: RatiosOption = None, lifetime: LifetimeOption = None,
    without_lifetime: Annotated[bool, typer.Option("--without-lifetime", help="Leave those columns out")] = False,
    budget: Annotated[float, typer.Option(help="Share of honest lines that may be flagged")] = 0.001,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal bytes")] = 1,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Train on labelled rows and keep the model as a folder of text, with a card."""
    from chainbreak.app.train_model import train_model

    card = train_model(
        tables, label, out, ident=ident, drop=drop or (), ratios=ratios, lifetime=lifetime,
        with_lifetime=not without_lifetime, budget=budget, seed=seed,
    )  # fmt: skip
    for warning in card["warnings"]:
        say(f"look: {warning}")
    shown = ("model", "rows", "fraud", "split", "budget", "cut_bits", "naive", "test", "test_without_lifetime")
    emit(card if as_json else {name: card[name] for name in shown}, as_json)
    say(f"{out}/README.md says what it is, how good, and what it must not be used for.")


@app.command()
def evaluate(
    tables: TablesArgument, label: LabelOption,
    model: Annotated[Path | None, typer.Option(help="A model's folder; none: train afresh, beside the peer")] = None,
    protocol: Annotated[bool, typer.Option("--protocol", help="Ten splits, two sizes, as the public set asks")] = False,
    ident: IdOption = "", drop: DropOption = None, ratios: RatiosOption = None, lifetime: LifetimeOption = None,
    by: Annotated[str, typer.Option(help="Column of classes to count flagged lines in")] = "",
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Measure a model on rows it has not seen, or the recipe beside the reference on the same splits."""
    from chainbreak.app.evaluate_model import evaluate_model, evaluate_recipe
    from chainbreak.base.errors import UsageError
    from chainbreak.base.progress import progress_bar

    if model and protocol:
        raise UsageError("CB-US-001", "--protocol trains afresh", given="--model and --protocol", allowed="one of them")
    if model:
        rows = evaluate_model(tables, label, model, by=by)
        emit(rows, as_json, columns=("method", "of", "n", "hits", "rate", "low", "high"))
        return
    with progress_bar("model", None) as advance:
        rows, said = evaluate_recipe(
            tables, label, ident=ident, drop=drop or (), ratios=ratios, lifetime=lifetime, protocol=protocol,
            advance=advance,
        )  # fmt: skip
    for line in said:
        say(f"look: {line}")
    emit(rows, as_json)


@app.command()
def score(
    tables: TablesArgument,
    model: Annotated[Path, typer.Option(help="A model's folder")],
    ident: Annotated[str, typer.Option("--id", help="Column that names the row")],
    out: Annotated[Path, typer.Option(help="New Parquet file")],
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Write bits, probability and reasons of every row; a score alone allows nothing above watch."""
    from chainbreak.app.score_lines import score_lines

    emit(score_lines(tables, model, out, ident), as_json)


@app.command()
def features(
    out: Annotated[Path, typer.Option(help="New Parquet file")],
    first_calls: Annotated[int, typer.Option(help="How many calls of a card to look at")] = 20,
    truth: Annotated[Path | None, typer.Option(help="truth/ of a simulated city: adds the label")] = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Write what the first calls of every card say, one row a card, labelled from a simulated city's truth."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.train_model import make_line_features

    emit(make_line_features(open_office(centre), out, first_calls, truth), as_json)
