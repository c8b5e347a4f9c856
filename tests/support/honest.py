"""The honest side of a simulated world alone, day by day and without files, for tests of many days or many classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from chainbreak.city.daily import honest_legs
from chainbreak.city.lines import CLASSES
from chainbreak.city.lookalikes.crowds import outings
from chainbreak.city.lookalikes.handsets import second_hand
from chainbreak.city.mix import load_mix
from chainbreak.city.telephony import Day, Legs
from chainbreak.city.world import World, make_world
from chainbreak.records.call import CALL_KINDS


def honest_world(seed: int, start: date, *, people: int, days: int, sites: int, mix: Path | None = None) -> World:
    """A world without boxes, whose classes have the sizes that its number of people gives them."""
    mixed = load_mix("tiny", mix)
    return make_world(replace(mixed, preset=replace(mixed.preset, people=people, days=days, sites=sites, boxes={})),
                      seed, start)  # fmt: skip


def honest_day(world: World, number: int) -> tuple[Day, Legs]:
    """One day of the honest lines of a world."""
    day = Day.of(world, number)
    second_hand(day)
    day.outings, _ = outings(day)
    return day, Legs.joined(honest_legs(day))


@contextmanager
def honest_legs_of(world: World, days: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """All legs of days 1 to `days` as the table `leg` (day, second, duration, line, handset, peer, cell, answered and
    kind by name), and `line` (line, class, grp, home, work, owner, outlet, and the day it was activated as `since`).
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        lines = world.lines
        line = pa.table({
            "line": np.arange(lines.n), "class": pa.array(CLASSES).take(pa.array(lines.kind)), "grp": lines.group,
            "home": lines.home, "work": lines.work, "owner": lines.owner, "outlet": lines.outlet,
            "since": (lines.activated_us - world.start_us) / 86_400e6 + 1,
        })  # fmt: skip
        connection.register("given_line", line)
        connection.execute("CREATE TABLE line AS SELECT * FROM given_line")
        for number in range(1, days + 1):
            _, legs = honest_day(world, number)
            columns = ("second", "duration", "line", "handset", "peer", "cell", "answered")
            table = pa.table({"day": np.full(len(legs.second), number), **{c: getattr(legs, c) for c in columns}})
            table = table.append_column("kind", pa.array(CALL_KINDS).take(pa.array(legs.kind)))
            connection.register("given_leg", table)
            create = "CREATE TABLE leg AS" if number == 1 else "INSERT INTO leg"
            connection.execute(f"{create} SELECT * FROM given_leg")
        yield connection
