"""Every look-alike class does what spec/goip.md section 4 says of it, on a built honest world."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml
from tests.support.honest import honest_day, honest_legs_of, honest_world

from chainbreak.city.lines import ORGANISATION_CLASSES, PERSON_CLASSES, PLANS
from chainbreak.city.lookalikes.crowds import restarts
from chainbreak.city.mix import load_mix
from chainbreak.city.tables import call_tables, line_table
from chainbreak.city.telephony import DAY_S, Day, legs_of
from chainbreak.city.world import World

DAYS = 5
FRIDAY = 5


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Five thousand people, 150 lines of every class, from a Monday on."""
    tree = load_mix("tiny").tree
    classes = {part: {name: {"share": 30} for name in tree[part]} for part in ("callers", "others")}
    override = tmp_path_factory.mktemp("mix") / "mix.yaml"
    override.write_text(yaml.safe_dump(classes), encoding="utf-8")
    return honest_world(11, date(2026, 11, 2), people=5_000, days=DAYS, sites=120, mix=override)


@pytest.fixture(scope="module")
def legs(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """Its legs as a table."""
    with honest_legs_of(world, DAYS) as connection:
        yield connection


def row(legs: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The one row of a query."""
    found = legs.execute(query).fetchone()
    assert found is not None
    return found


def days_of(legs: duckdb.DuckDBPyConnection, name: str) -> dict[str, float]:
    """Medians over a class's lines and their working days."""
    names = ("mo", "mt", "cells", "peers", "length", "answered", "first", "last")
    values = row(
        legs,
        f"""
        SELECT median(mo), median(mt), median(cells), median(peers / nullif(mo, 0)), median(length), avg(answered),
               min(first), max(last)
        FROM (SELECT line, day, sum((kind = 'mo_call')::INT) AS mo, sum((kind = 'mt_call')::INT) AS mt,
                     count(DISTINCT cell) AS cells, count(DISTINCT peer) FILTER (kind = 'mo_call') AS peers,
                     median(duration) FILTER (kind = 'mo_call' AND duration > 0) AS length,
                     avg((duration > 0)::INT) FILTER (kind = 'mo_call') AS answered,
                     min(second) FILTER (kind = 'mo_call') / 3600 AS first,
                     max(second) FILTER (kind = 'mo_call') / 3600 AS last
              FROM leg JOIN line USING (line) WHERE class = '{name}' GROUP BY line, day) WHERE mo > 9
    """,
    )
    return dict(zip(names, values, strict=True))


def test_every_class_has_as_many_lines_as_asked(legs: duckdb.DuckDBPyConnection) -> None:
    found = dict(legs.execute("SELECT class, count(*) FROM line GROUP BY class").fetchall())
    assert all(found[name] >= 150 for name in (*PERSON_CLASSES, *ORGANISATION_CLASSES, "dual_sim"))


@pytest.mark.parametrize(
    ("name", "mo", "length", "cells"),
    [("courier", (60, 150), (10, 40), (30, 90)), ("meal_delivery", (40, 120), (8, 30), (15, 40)),
     ("ride_hailing", (20, 60), (8, 40), (50, 180)), ("sales", (40, 120), (20, 60), (3, 12)),
     ("call_centre", (80, 200), (20, 90), (1, 3)), ("collection", (60, 160), (10, 60), (1, 3)),
     ("hospital", (10, 60), (30, 140), (1, 3))],
)  # fmt: skip
def test_trades_call_as_much_as_long_and_from_as_many_cells_as_they_do(
    legs: duckdb.DuckDBPyConnection, name: str, mo: tuple[int, int], length: tuple[int, int], cells: tuple[int, int]
) -> None:
    day = days_of(legs, name)
    assert mo[0] <= day["mo"] <= mo[1]
    assert length[0] <= day["length"] <= length[1]
    assert cells[0] <= day["cells"] <= cells[1]


def test_what_tells_one_trade_from_another(legs: duckdb.DuckDBPyConnection) -> None:
    assert days_of(legs, "courier")["peers"] > 0.8
    assert days_of(legs, "ride_hailing")["peers"] < 0.5
    assert days_of(legs, "hospital")["mt"] >= days_of(legs, "hospital")["mo"]
    assert days_of(legs, "collection")["answered"] < 0.4
    assert 0.2 <= days_of(legs, "sales")["mt"] / days_of(legs, "sales")["mo"] <= 0.6
    peaks = row(
        legs,
        """SELECT avg((second // 3600 IN (11, 12, 17, 18, 19))::INT) FROM leg JOIN line USING (line)
                         WHERE class = 'meal_delivery' AND kind = 'mo_call'""",
    )[0]
    assert peaks > 0.55


def test_a_call_centre_rings_in_parallel_from_terminals_of_one_type_kept_for_years(
    legs: duckdb.DuckDBPyConnection, world: World
) -> None:
    assert (
        row(
            legs,
            """SELECT count(*) FROM leg a JOIN leg b USING (day) JOIN line la ON la.line = a.line
                        JOIN line lb ON lb.line = b.line WHERE la.class = 'call_centre' AND lb.class = 'call_centre'
                        AND la.grp = lb.grp AND a.line < b.line AND a.day = 1 AND a.kind = 'mo_call'
                        AND b.kind = 'mo_call' AND b.second BETWEEN a.second AND a.second + a.duration""",
        )[0]
        > 500
    )
    lines, members = world.lines, world.lines.of_class["call_centre"]
    types = {(int(lines.group[m]), lines.imei[int(lines.handset[m])].as_py()[:8]) for m in members}
    assert len(types) == len({group for group, _ in types})
    assert (world.start_us - lines.activated_us[members]).min() > 365 * DAY_S * 1_000_000


def test_some_offices_never_had_themselves_registered(world: World) -> None:
    lines = world.lines
    offices = np.concatenate([lines.of_class["call_centre"], lines.of_class["collection"]])
    plans = set(line_table(world, offices[~lines.registered[offices]])["plan"].to_pylist())
    assert not plans & set(PLANS.values())
    assert set(line_table(world, offices[lines.registered[offices]])["plan"].to_pylist()) <= set(PLANS.values())
    assert not lines.protected[offices[~lines.registered[offices]]].any()


def test_both_slots_of_a_handset_are_always_in_one_place(world: World) -> None:
    day, _ = honest_day(world, 2)
    second = world.lines.of_class["dual_sim"]
    at = np.linspace(0, DAY_S - 1, len(second)).astype(np.int64)
    assert (day.cells(second, at) == day.cells(world.lines.owner[second], at)).all()
    types = [world.lines.imei[int(world.lines.handset[x])].as_py()[:8] for pair in
             zip(second, world.lines.owner[second], strict=True) for x in pair]  # fmt: skip
    assert types[::2] == types[1::2]


def test_handsets_are_shared_as_their_classes_share_them(legs: duckdb.DuckDBPyConnection) -> None:
    sizes = [
        n for (n,) in legs.execute("SELECT count(*) FROM line WHERE class = 'family_phone' GROUP BY grp").fetchall()
    ]
    assert set(sizes) - {1} <= {2, 3, 4}
    lines, cells = row(
        legs,
        """SELECT count(DISTINCT line), count(DISTINCT cell) FROM leg JOIN line USING (line)
                                WHERE class = 'cloned_imei'""",
    )
    assert lines >= 50
    assert cells >= 100
    visitors, benches = row(
        legs,
        """SELECT count(DISTINCT line), count(DISTINCT handset) FROM leg
        WHERE kind = 'attach' AND handset IN (SELECT handset FROM leg JOIN line USING (line)
              WHERE class = 'repair_shop' GROUP BY handset HAVING count(DISTINCT line) > 1)""",
    )
    assert visitors > 2 * benches / 3


def test_machines_and_probes_stand_still_and_keep_to_their_lists(legs: duckdb.DuckDBPyConnection) -> None:
    peers, a_day = row(
        legs,
        """SELECT max(peers), max(a_day) FROM (SELECT count(DISTINCT peer) AS peers,
        count(*) / count(DISTINCT day) AS a_day FROM leg JOIN line USING (line)
        WHERE class = 'iot' AND kind <> 'mt_call' GROUP BY line)""",
    )
    assert peers <= 3
    assert a_day <= 5
    lengths, spread, listed = row(
        legs,
        """SELECT max(lengths), median(spread), max(listed) FROM (
        SELECT count(DISTINCT duration) AS lengths, stddev(gap) / avg(gap) AS spread, count(DISTINCT peer) AS listed
        FROM (SELECT *, second - lag(second) OVER (PARTITION BY line, day ORDER BY second) AS gap FROM leg
              JOIN line USING (line) WHERE class = 'probe' AND kind = 'mo_call') GROUP BY line)""",
    )
    assert lengths == 1
    assert spread < 0.02
    assert listed <= 13


def test_a_dormitory_sleeps_in_one_cell_and_leaves_by_day(legs: duckdb.DuckDBPyConnection) -> None:
    night, noon = row(
        legs,
        """SELECT avg((cell = home)::INT) FILTER (second < 6 * 3600),
        avg((cell = home)::INT) FILTER (second BETWEEN 10 * 3600 AND 17 * 3600) FROM leg JOIN line USING (line)
        WHERE class = 'dormitory' AND home <> work""",
    )
    assert night > 0.6
    assert noon < 0.4
    assert (
        row(
            legs,
            "SELECT max(n) FROM (SELECT count(DISTINCT home) AS n FROM line WHERE class = 'dormitory' GROUP BY grp)",
        )[0]
        == 1
    )


def test_arrivals_are_new_from_one_dealer_and_are_rung_as_much_as_they_ring(legs: duckdb.DuckDBPyConnection) -> None:
    dealers, homes = row(
        legs,
        """SELECT max(dealers), max(homes) FROM (SELECT count(DISTINCT outlet) AS dealers,
        count(DISTINCT home) AS homes FROM line WHERE class = 'arrivals' GROUP BY grp)""",
    )
    assert (dealers, homes) == (1, 1)
    before, outgoing = row(
        legs,
        """SELECT count(*) FILTER (day < since - 1),
        avg((kind = 'mo_call')::INT) FILTER (kind IN ('mo_call', 'mt_call'))
        FROM leg JOIN line USING (line) WHERE class = 'arrivals' AND kind = 'mo_call' OR class = 'arrivals'""",
    )
    assert before < 40  # others may ring a number before it is sold; its own calls wait
    assert 0.35 < outgoing < 0.65


def test_travellers_pass_the_same_cells_together(world: World) -> None:
    day, _ = honest_day(world, 1)
    assert day.outings is not None
    ride = int(np.flatnonzero(day.outings.moving)[0])
    lines = np.flatnonzero(day.outings.of == ride)
    assert len(lines) >= 20
    halves = np.linspace(day.outings.begin[ride], day.outings.end[ride] - 1, 12).astype(np.int64)
    paths = np.stack([day.cells(lines, np.full(len(lines), s)) for s in halves])
    assert (paths == paths[:, :1]).all()
    assert len(np.unique(paths[:, 0])) > 3


def test_a_stadium_gathers_a_crowd_in_a_few_cells_for_hours(world: World, legs: duckdb.DuckDBPyConnection) -> None:
    day, _ = honest_day(world, FRIDAY)
    assert day.outings is not None
    place = int(np.flatnonzero(~day.outings.moving)[0])
    crowd = np.flatnonzero(day.outings.of == place)
    begin, end = int(day.outings.begin[place]), int(day.outings.end[place])
    assert 0.04 < len(crowd) / world.people.n < 0.08
    assert 2 * 3600 <= end - begin <= 4 * 3600
    inside = np.unique(day.cells(crowd, np.full(len(crowd), (begin + end) // 2)))
    assert len(inside) <= 3
    assert not np.isin(day.cells(crowd, np.full(len(crowd), end)), inside).mean() > 0.2
    cells = ",".join(map(str, inside))
    there, before = row(
        legs,
        f"""SELECT count(DISTINCT line) FILTER (second BETWEEN {begin} AND {end}),
        count(DISTINCT line) FILTER (second BETWEEN {begin} - 10800 AND {begin} - 3600)
        FROM leg WHERE day = {FRIDAY} AND cell IN ({cells})""",
    )
    assert there > 3 * before


def test_a_cell_that_restarts_loses_all_its_lines_within_seconds(world: World) -> None:
    for number in range(1, 20):
        day, legs = honest_day(world, number)
        after, events = restarts(day, legs)
        big = [e for e in events if e.lines > 20]
        if big:
            break
    event = big[0]
    new = after.where(np.arange(len(after.second)) >= len(legs.second))
    left = new.where((new.kind == 5) & (new.cell == event.cells[0]) & (abs(new.second - event.begin) < 10))
    back = new.where((new.kind == 4) & np.isin(new.line, left.line) & (new.second > event.begin))
    assert len(left.line) == event.lines
    assert set(left.line) == set(back.line)
    assert back.second.max() - back.second.min() < 400


def test_people_stay_where_they_are_whatever_asks(world: World) -> None:
    day = Day.of(world, 1)
    line, at = np.arange(300), np.full(300, 12 * 3600)
    assert (day.cells(line, at) == day.cells(line, at)).all()
    assert (day.cells(line, at) == day.cells(line, at + 20)).mean() > 0.9


def test_clocks_of_network_elements_may_be_wrong_and_cells_missing(tmp_path: Path) -> None:
    override = tmp_path / "mix.yaml"
    override.write_text("skew_s: 60\nmissing: {cell: 0.05}\n", encoding="utf-8")
    start = date(2026, 11, 2)
    right, wrong = (honest_world(3, start, people=1_000, days=1, sites=90, mix=mix) for mix in (None, override))
    day, legs = honest_day(right, 1)
    late, same = honest_day(wrong, 1)
    assert (legs.second == same.second).all()
    tables = [pa.concat_tables(call_tables(d, one)) for d, one in ((day, legs), (late, same))]
    seconds = [np.sort(table["at_us"].to_numpy()) // 1_000_000 for table in tables]
    assert 20 < abs(seconds[0] - seconds[1]).max() <= 60
    assert tables[1]["cell_id"].null_count / tables[1].num_rows == pytest.approx(0.05, abs=0.015)


def test_timing_advance_is_steady_for_who_stays_put_and_tells_the_distance(world: World) -> None:
    day, _ = honest_day(world, 1)
    machine = np.repeat(world.lines.of_class["iot"], 20)
    at = np.tile(np.arange(20) * 3_600, len(machine) // 20)
    x, y = world.places.points(world.lines.home[machine], world.lines.spot[machine])
    assert (world.places.cell_at(x, y) == world.lines.home[machine]).mean() > 0.6
    nothing = np.full(len(machine), -1)
    table = pa.concat_tables(call_tables(day, legs_of(at, nothing * 0, nothing * 0 + 3, machine, machine, nothing,
                                                      world.lines.home[machine], nothing)))  # fmt: skip
    found = table.filter(pc.is_valid(table["ta"])).group_by("msisdn").aggregate([("ta", "stddev")])["ta_stddev"]
    assert float(np.median(found.to_numpy())) < 1.5
