"""`chainbreak detect`: run, list, explain, why-not, evaluate, cards."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from chainbreak.cli.common import CentreOption, JsonOption, emit, say

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Run, explain and measure detectors")

NamesArgument = Annotated[list[str] | None, typer.Argument(help="Detectors, as goip or goip@2; none: all")]
AsOfOption = Annotated[str, typer.Option("--as-of", help="Moment, RFC 3339 or local; default: the latest event")]
EngineOption = Annotated[str, typer.Option("--engine", help="Query engine: duckdb or spark")]
TruthOption = Annotated[Path, typer.Option("--truth", help="The truth/ folder of a simulated city")]


@app.command()
def run(
    names: NamesArgument = None, as_of: AsOfOption = "", engine: EngineOption = "duckdb",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Run detectors on the newest records and keep what they find. Running twice adds nothing."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.run_detectors import run_detectors
    from chainbreak.base.progress import progress_bar

    office = open_office(centre)
    as_of_us = moment_of(as_of, office.centre.settings.zone)
    with progress_bar("detect", None):
        outcomes = run_detectors(office, names or (), as_of_us, engine=engine)
    for outcome in outcomes:
        say(f"{outcome.detector}: {outcome.declined or f'{len(outcome.findings)} findings, {outcome.new} new'}")
    rows: list[dict[str, Any]] = [
        {"finding_id": f.finding_id, "detector": f"{f.detector}@{f.version}", "level": str(f.level), "score": f.score,
         "action": str(f.proposed_action), "subject": f.subject, "facts": f.facts}
        for outcome in outcomes for f in outcome.findings
    ]  # fmt: skip
    emit(rows, as_json, columns=("finding_id", "detector", "level", "score", "action", "subject"))
    if not rows:
        raise typer.Exit(1)


def moment_of(text: str, zone: str) -> int | None:
    """The moment of an option, UTC µs; None when it is empty.

    Raises:
        UsageError: not a moment (CB-FI-004).
    """
    from chainbreak.base.clock import parse_moment
    from chainbreak.base.errors import UsageError

    try:
        return parse_moment(text, zone) if text else None
    except ValueError:
        raise UsageError(
            "CB-FI-004", "not a moment", given=text, allowed="2026-11-20T08:00:00+08:00 or 2026-11-20 08:00"
        ) from None


@app.command()
def watch(
    names: NamesArgument = None,
    every: Annotated[str, typer.Option("--every", help="How often to look, as 30s, 5m or 1h")] = "30s",
    once: Annotated[bool, typer.Option("--once", help="Look once and end, for a scheduler")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Judge as records arrive, until Ctrl-C; a line a detector whenever its tables have changed. Killed, it goes on."""
    from contextlib import closing

    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.watch_records import watch_records

    failed = False
    try:
        with closing(watch_records(open_office(centre), names or (), every_s=seconds_of(every), once=once)) as steps:
            for step in steps:
                failed |= step.failed
                row = {"detector": step.detector, "records": step.records, "findings": len(step.findings),
                       "new": step.new, "took_s": round(step.took_s, 1), "anew": step.anew, "declined": step.declined,
                       "failed": step.failed}  # fmt: skip
                _tell_step(row, as_json)
    except KeyboardInterrupt:
        say("Ended; what stands is kept.")
    if once and failed:
        raise typer.Exit(1)


def _tell_step(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit([row], as_json)
        sys.stdout.flush()
        return
    counted = f"{row['records']:,} records{' (all, computed anew)' if row['anew'] else ''}"
    told = row["declined"] or f"{counted}, {row['findings']} findings, {row['new']} new"
    say(f"{row['detector']}: {told}, {row['took_s']} s{'; tried again at the next look' if row['failed'] else ''}")


def seconds_of(text: str) -> float:
    """The seconds of an interval such as 30s, 5m or 1h.

    Raises:
        UsageError: not an interval (CB-FI-031).
    """
    from chainbreak.base.errors import UsageError

    if not (found := re.fullmatch(r"([1-9]\d{0,5})([smh]?)", text.strip())):
        raise UsageError("CB-FI-031", "not an interval", given=text, allowed="30s, 5m or 1h")
    return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


@app.command("list")
def list_all(as_json: JsonOption = False) -> None:
    """What detectors there are and which tables each reads (with ? it may be missing)."""
    from chainbreak.app.list_detectors import list_detectors

    emit(list_detectors(), as_json)


@app.command()
def explain(finding_id: str, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Why a finding is what it is: reasons, bits that add up to the score, what would change it; exit 1 if it no
    longer comes out the same on its own snapshot."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.explain_finding import explain_finding, sentences

    office = open_office(centre)
    explanation = explain_finding(office, finding_id)
    if as_json:
        emit(explanation.as_dict(), as_json)
    else:
        typer.echo("\n".join(sentences(explanation, office.centre.settings.language)))
    if not explanation.same_bytes:
        raise typer.Exit(1)


@app.command("why-not")
def why_not(subject: str, as_of: AsOfOption = "", centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Why a thing (written token, as line:9f3a…) is not reported, and by how much it falls short; what hot lists say of
    it and what that led to. Never a person."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.hot_hits import hot_hits
    from chainbreak.app.why_not import why_not as ask
    from chainbreak.base.clock import rfc3339

    office = open_office(centre)
    for answer in ask(office, subject, moment_of(as_of, office.centre.settings.zone)):
        if as_json:
            emit(answer.as_dict(), as_json)
            continue
        bits = "" if answer.bits is None else f", {answer.bits:g} bits of {answer.needed_bits:g} needed"
        say(f"{answer.detector}: {answer.stage}{bits}")
        emit(answer.reasons, as_json, columns=("rule", "value", "threshold", "unit", "bits", "short"))
    hits = hot_hits(office, subject)
    if as_json:
        emit({"subject": subject, "hot_hits": hits}, as_json)
    elif hits:
        rows = [hit | {"at": rfc3339(hit["at_us"]), "led_to": " ".join(f["finding_id"] for f in hit["findings"])}
                for hit in hits]  # fmt: skip
        emit(rows, as_json, columns=("at", "list", "source", "led_to"), title="hot lists")


@app.command()
def evaluate(
    name: str, truth: TruthOption,
    delay: Annotated[bool, typer.Option("--delay", help="Also time how soon new devices are found (slow)")] = False,
    perturb: Annotated[list[str] | None, typer.Option(
        help="Also measure through a fault: loss10, skew60, no-imei, no-cell, cell5; repeatable")] = None,
    train: Annotated[list[Path] | None, typer.Option(
        help="Other cities (FOLDER/centre, FOLDER/city/truth) to train the per-SIM peer on; repeatable")] = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Measure a detector against the truth of a simulated city, beside naive rules on the same data."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.evaluate_detector import evaluate_detector, train_naive

    cities = [(open_office(folder / "centre"), folder / "city" / "truth") for folder in train or ()]
    naive = train_naive(cities) if cities else None
    tally = evaluate_detector(open_office(centre), name, truth, delay=delay, faults=perturb or (), naive=naive)
    columns = ("method", "measure", "of", "n", "hits", "rate", "low", "high", "bound", "median", "p90", "mean_score")
    emit(tally.rows(), as_json, columns=columns)
    say("Simulated city: a benchmark, never evidence of field performance.")


@app.command()
def cards(folder: Path = Path("docs/reference/detectors")) -> None:
    """Write every detector's card as Markdown."""
    from chainbreak.app.list_detectors import write_cards

    for path in write_cards(folder):
        say(str(path))
