"""`chainbreak bench NAME`: one table of what, rows, seconds, CPU seconds, rows/s, peak MiB, and the ratio to a peer."""

from __future__ import annotations

import importlib
from dataclasses import asdict
from typing import Annotated

import typer

from chainbreak.cli.common import JsonOption, emit, say

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    name: Annotated[
        str,
        typer.Argument(
            help="audit, classify, console, delivery, demo, extract, faults, goip, ingest, likeness, linkage, lookup, "
            "mules, start, trace, warnings"
        ),
    ],
    scale: Annotated[str, typer.Option(help="full: the sizes of the claims; small: minutes become seconds")] = "full",
    oracle: Annotated[
        int, typer.Option(min=0, help="trace: compare with the oracles on so many random ledgers, and measure nothing")
    ] = 0,
    loop: Annotated[
        int, typer.Option(min=0, help="warnings: play the simulated city on so many seeds, and measure no speed")
    ] = 0,
    preset: Annotated[str, typer.Option(help="with --loop: the city to play")] = "town",
    as_json: JsonOption = False,
) -> None:
    """Measure speed and memory beside a named peer, in the same run on the same machine."""
    from chainbreak.base.errors import UsageError, did_you_mean
    from chainbreak.bench import BENCHES, hardware

    if name not in BENCHES:
        raise UsageError("CB-US-001", "unknown bench", given=name, allowed=did_you_mean(name, BENCHES))
    if scale not in ("small", "full"):
        raise UsageError("CB-US-001", "unknown scale", given=scale, allowed="small, full")
    if oracle and name != "trace":
        raise UsageError("CB-US-001", "only trace has oracles", given=name, allowed="trace")
    if loop:
        if name != "warnings":
            raise UsageError("CB-US-001", "only warnings has a loop", given=name, allowed="warnings")
        _play(loop, preset, as_json)
        return
    say(hardware())
    module = importlib.import_module(f"chainbreak.bench.{name}{'.oracle' if oracle else ''}")
    rows = module.run(oracle or scale)
    emit([asdict(row) for row in rows], as_json)


def _play(seeds: int, preset: str, as_json: bool) -> None:
    """The loop of warnings over fresh seeds: what each arm saved, and whom it bothered."""
    from chainbreak.base.errors import UsageError
    from chainbreak.base.progress import progress_bar
    from chainbreak.bench.warnings.loop import SEEDS, loop

    if seeds > len(SEEDS):
        raise UsageError("CB-US-001", "no more seeds were kept fresh", given=str(seeds), allowed=f"1 to {len(SEEDS)}")
    with progress_bar("seeds", seeds) as advance:
        rows = loop(preset, SEEDS[:seeds], advance=advance)
    if as_json:
        emit(rows, as_json)
        return
    # Nine arms with thirty figures each: a line a figure fits a terminal, a line an arm does not.
    figures = [name for name in rows[0] if name != "arm"]
    emit([{"figure": name, **{row["arm"]: row.get(name) for row in rows}} for name in figures], as_json)
