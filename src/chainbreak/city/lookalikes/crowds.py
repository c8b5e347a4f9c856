"""Crowds: people who are out together, parties of newcomers, and cells that lose all their lines at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainbreak.base.clock import US_PER_S
from chainbreak.city.draws import DAY_S, Ints, scattered, seconds_in, stream
from chainbreak.city.lines import CLASSES
from chainbreak.city.telephony import ATTACH, DETACH, Day, Legs, Outings, calls, hours_of, signals, talk

STOPS = 24
"""Cells of a ride, one after another."""


@dataclass(frozen=True)
class Event:
    """What happened to many lines at once: its name, cells, seconds of the day, and how many lines it touched."""

    name: str
    cells: Ints
    begin: int
    end: int
    lines: int


def outings(day: Day) -> tuple[Outings | None, list[Event]]:
    """Who is out with others today: groups in buses and trains, and on some days a crowd in a stadium."""
    of = np.full(day.world.people.n, -1)
    rides = _rides(day, of)
    crowd = _stadium(day, of, len(rides))
    rows = rides + [c[:3] for c in crowd]
    if not rows:
        return None, []
    moving = np.arange(len(rows)) < len(rides)
    begin, end, cells = (np.array([row[i] for row in rows]) for i in range(3))
    events = [Event("stadium", np.unique(stops), int(b), int(e), size) for b, e, stops, size in crowd]
    return Outings(begin, end, cells, moving, of), events


def _rides(day: Day, of: Ints) -> list[tuple[int, int, Ints]]:
    """Groups that ride from one place to another along the sites in between: commuters' coaches, trains, tours."""
    lines, row = day.world.lines, day.world.mix["others"]["travel_group"]
    members = lines.of_class["travel_group"]
    rng = day.rng("rides")
    rides: list[tuple[int, int, Ints]] = []
    for group in np.unique(lines.group[members]):
        if rng.random() * 7 >= row["trips_per_week"]:
            continue
        of[lines.owner[members[lines.group[members] == group]]] = len(rides)
        begin = int(seconds_in(rng, (6, 20), 1)[0])
        rides.append((begin, begin + int(rng.integers(*row["minutes"])) * 60, _way(day, int(group))))
    return rides


def _way(day: Day, group: int) -> Ints:
    """The cells along a straight line between two sites far apart, the same every time; back on even days."""
    places, rng = day.world.places, stream(day.world.seed, "way", group)
    one, other = rng.integers(0, len(places.x), 2)
    along = np.linspace(0, 1, STOPS)
    cells = places.cell_at(places.x[one] + along * (places.x[other] - places.x[one]),
                           places.y[one] + along * (places.y[other] - places.y[one]))  # fmt: skip
    return cells if day.number % 2 else cells[::-1]


def _stadium(day: Day, of: Ints, number: int) -> list[tuple[int, int, Ints, int]]:
    """Some hours in which a crowd is in the few cells of one place, on the evenings of some days of the week."""
    row, world = day.world.mix["events"]["stadium"], day.world
    if world.date_of(day.number).weekday() not in row["weekdays"]:
        return []
    rng = day.rng("stadium")
    come = np.flatnonzero((rng.random(len(of)) < row["people"]) & (of < 0))
    of[come] = number
    begin = int(rng.integers(13, 20) * 3_600)
    end = begin + int(rng.uniform(*row["hours"]) * 3_600)
    middle = int(stream(world.seed, "stadium").integers(0, world.places.cells))
    stops = middle // 3 * 3 + np.arange(STOPS) % row["cells"]
    return [(begin, end, stops, len(come))]


def crowd_calls(day: Day) -> Legs:
    """What people do in a crowd: ring the friends they look for, when they come and above all when all leave."""
    rng, out = day.rng("crowd"), day.outings
    if out is None:
        nobody = np.zeros(0, np.int64)
        return calls(day, rng, nobody, nobody, nobody, nobody)
    people = np.flatnonzero((out.of >= 0) & ~out.moving[out.of])
    one = np.repeat(people, rng.poisson(0.7 * day.used[people]))
    begin, end = out.begin[out.of[one]], out.end[out.of[one]]
    leaves = rng.random(len(one)) < 0.6
    second = np.where(leaves, end - rng.integers(0, 1_800, len(one)), begin + rng.integers(0, 2_400, len(one)))
    friend = day.world.circles.pick(rng, one, (one + 1) % day.world.people.n).astype(np.int64)
    friend = np.where(friend < day.world.people.n, friend, friend - day.world.people.n + day.world.lines.n)
    return calls(day, rng, one, friend, second, talk(rng, 25, 0.6, 0.7, len(one)))


def newcomers(day: Day) -> Legs:
    """Parties of migrant workers ring home: numbers of one region far away, and are rung as often."""
    lines, rng, row = day.world.lines, day.rng("arrivals"), day.world.mix["others"]["arrivals"]
    members = lines.of_class["arrivals"]
    members = members[day.used[members]]
    one = np.repeat(members, rng.poisson(row["calls_per_day"], len(members)))
    # A few numbers of one's own, now and then somebody else's of the same region.
    own = (rng.random(len(one)) ** 2 * 12).astype(np.int64)
    page = np.where(rng.random(len(one)) < 0.75, own, rng.integers(12, 999, len(one)))
    home = scattered(lines.group[one], 67) + scattered(one * 1_000 + page, 68) % row["region"]
    peer = lines.n + home % lines.outsiders
    starts = rng.random(len(one)) < 0.5
    second = hours_of(rng, day.world.people.rhythm[lines.owner[one]])
    length = talk(rng, lines.mean_s[one], 0.9, day.world.mix["habits"]["answered"], len(one))
    return calls(day, rng, np.where(starts, one, peer), np.where(starts, peer, one), second, length)


def restarts(day: Day, legs: Legs) -> tuple[Legs, list[Event]]:
    """Cells that fail and come back: all their lines leave together and attach together, to a neighbour if it lasts.

    Whose line was in the cell is told by the day's traffic, so that boxes go off with everybody else.
    """
    world, rng, row = day.world, day.rng("restarts"), day.world.mix["events"]["restart"]
    parts, events = [legs], []
    for cell in rng.integers(0, world.places.cells, rng.poisson(row["cells"] * world.places.cells)):
        begin = int(rng.integers(0, DAY_S - 3_600))
        lasts = int(np.exp(rng.uniform(*np.log(np.array(row["minutes"]) * 60.0))))
        line, handset = _inside(day, legs, int(cell), begin)
        n = len(line)
        beside = world.places.neighbour(np.full(n, cell), scattered(line, 69), 3)
        lost = begin + rng.integers(0, 6, n)
        back = np.where(lasts > 120, lost + rng.integers(15, 90, n), begin + lasts + rng.integers(0, 40, n))
        where = np.where(lasts > 120, beside, cell)
        parts += [signals(day, rng, DETACH, line, lost, cell=np.full(n, cell), handset=handset),
                  signals(day, rng, ATTACH, line, back, cell=where, handset=handset)]  # fmt: skip
        cut = np.flatnonzero((legs.cell == cell) & (legs.second >= begin) & (legs.second < begin + lasts))
        legs.cell[cut] = world.places.neighbour(legs.cell[cut], scattered(legs.line[cut], 69), 3)
        events.append(Event("restart", np.array([cell]), begin, begin + lasts, n))
    return Legs.joined(parts), events


def _inside(day: Day, legs: Legs, cell: int, second: int) -> tuple[Ints, Ints]:
    """Lines in a cell at a moment, with their handsets: people by where they are, others by their traffic then."""
    lines = day.world.lines
    shared = np.flatnonzero((lines.owner >= 0) & day.used & (lines.kind != CLASSES.index("family_phone")))
    here = shared[day.cells(shared, np.full(len(shared), second)) == cell]
    near = (legs.cell == cell) & (abs(legs.second - second) < 1_800) & (lines.owner[legs.line] < 0)
    seen, at = np.unique(legs.line[near], return_index=True)
    return np.concatenate([here, seen]), np.concatenate([day.handset[here], legs.handset[near][at]])


def event_rows(day: Day, events: list[Event]) -> list[dict[str, Any]]:
    """Grain: one cell of one event, from and to as µs UTC; lines: how many the event touched in all its cells."""
    midnight, names = day.world.day_us(day.number), day.world.places.cell_names
    return [
        {"event": e.name, "cell_id": names[int(cell)].as_py(), "from_us": midnight + e.begin * US_PER_S,
         "to_us": midnight + e.end * US_PER_S, "lines": e.lines}
        for e in events for cell in e.cells
    ]  # fmt: skip
