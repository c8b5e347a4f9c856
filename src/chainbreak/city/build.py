"""Write a city to a folder: records, truth, state and a manifest, day by day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from chainbreak.base.errors import UsageError
from chainbreak.base.progress import Advance, silent
from chainbreak.city.daily import Known, Produced, one_day
from chainbreak.city.lookalikes.crowds import event_rows
from chainbreak.city.mix import load_mix
from chainbreak.city.neighbours import posts_and_sites
from chainbreak.city.partner import write_declared, write_partner_lines
from chainbreak.city.places import cell_table
from chainbreak.city.reactions import Try
from chainbreak.city.sites import honest_domains
from chainbreak.city.state import State
from chainbreak.city.tables import account_table, line_table, outlet_table
from chainbreak.city.truth import (
    Truth,
    truth_of_boxes,
    truth_of_cases,
    truth_of_farms,
    truth_of_money,
    truth_of_openings,
    truth_of_sites,
    truth_of_world,
)
from chainbreak.city.world import World, make_world
from chainbreak.city.writing import write_bytes, write_lines, write_tables

START = date(2026, 11, 2)
"""A Monday."""


def build(out: Path, preset: str, seed: int, start: date = START, *, mix: Path | None = None, until: int | None = None,
          advance: Advance = silent) -> dict[str, Any]:  # fmt: skip
    """Build days 1 to `until` (None: all of the preset) of a city into the empty folder `out`; returns the manifest.

    Raises:
        UsageError: unknown preset (CB-CI-001), or `out` holds something already (CB-CI-003).
        InputError: the mix file is wrong (CB-CI-002).
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("CB-CI-003", "the folder is not empty", given=str(out), allowed="a new or empty folder")
    mixed = load_mix(preset, mix)
    world = make_world(mixed, seed, start)
    if mix is not None:
        write_bytes(out / "state" / "mix.yaml", mix.read_bytes())
    counts: dict[str, int] = {}
    truth, state = Truth(out / "truth"), State.initial(world)
    _write_registers(out, world, counts)
    truth_of_world(world, truth)
    manifest = {"preset": preset, "seed": seed, "start": start.isoformat(), "days": 0, "counts": counts}
    run_days(out, world, state, truth, manifest, until or mixed.preset.days, advance)
    return manifest


def run_days(out: Path, world: World, state: State, truth: Truth, manifest: dict[str, Any], until: int,
             advance: Advance = silent, tries: Sequence[Try] = ()) -> None:  # fmt: skip
    """Write the days after `state.day` up to `until`, then truth, state and manifest. `tries` are people's warnings."""
    known = Known(honest_domains(world)["domain"].combine_chunks(), posts_and_sites(world)[1])
    while state.day < until:
        end = world.day_us(state.day + 2)
        today = [one for one in tries if one.at_us < end]
        tries = [one for one in tries if one.at_us >= end]
        _write_day(out, one_day(world, state, known, today), manifest["counts"], truth)
        advance(1.0)
    truth.save()
    state.save(out / "state")
    manifest["days"] = state.day
    write_bytes(out / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n")


def _write_registers(out: Path, world: World, counts: dict[str, int]) -> None:
    """What stood in the registers before the first day."""
    lines = line_table(world, np.flatnonzero(world.lines.activated_us < world.start_us))
    posts, sites = posts_and_sites(world)
    cells, outlets, accounts = cell_table(world.places), outlet_table(world), account_table(world)
    domains = honest_domains(world).sort_by("domain")
    registers = {"cell": cells, "outlet": outlets, "account": accounts, "line": lines, "domain": domains,
                 "post": posts, "site": sites}  # fmt: skip
    for kind, table in registers.items():
        counts[kind] = write_tables(out / "records" / f"{kind}.parquet", [table])
    write_partner_lines(out / "partner", lines)
    write_declared(out / "partner", world)


def _write_day(out: Path, made: Produced, counts: dict[str, int], truth: Truth) -> None:
    """The day's files, numbered by the day."""
    number, records = made.day.number, out / "records"
    for kind, tables in made.tables.items():
        counts[kind] = counts.get(kind, 0) + write_tables(records / f"{kind}-{number:02d}.parquet", tables)
    counts["report"] = counts.get("report", 0) + write_lines(records / f"report-{number:02d}.ndjson", made.reports)
    truth_of_boxes(made.day, made.box_days, truth)
    truth_of_money(made.day, made.moved, truth)
    truth_of_cases(made.day, made.opened, made.reported, truth)
    truth_of_sites(made.day, made.new_sites, truth)
    truth_of_farms(made.farmed, truth)
    truth_of_openings(made.day, truth)
    truth.add_rows("events", event_rows(made.day, made.events))
    truth.add_rows("warned", made.warned)
    truth.add_rows("spared", made.spared)
