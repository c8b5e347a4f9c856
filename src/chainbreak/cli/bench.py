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
    say(hardware())
    module = importlib.import_module(f"chainbreak.bench.{name}{'.oracle' if oracle else ''}")
    rows = module.run(oracle or scale)
    emit([asdict(row) for row in rows], as_json)
