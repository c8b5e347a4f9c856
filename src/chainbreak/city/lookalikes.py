"""Honest lines that look like fraud: callers by trade, shared and repaired handsets, machines, cloned IMEIs."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainbreak.city.draws import DAY_S, Floats, Ints, Rng, scattered, seconds_in
from chainbreak.city.telephony import (
    ATTACH,
    DETACH,
    MO_SMS,
    MT_SMS,
    Day,
    Legs,
    calls,
    signals,
    talk,
)

FAMILY_SHIFT_S = 28_800


def trade_calls(day: Day) -> list[Legs]:
    """A day of every class that calls for its living; offices rest on weekends."""
    out = []
    for name, row in day.world.mix["callers"].items():
        office = row["roam"] == 0 and name != "hospital"
        if not (day.weekend and office):
            out.append(_class_calls(day, day.rng("trade", name), day.world.lines.of_class[name], row))
    return out


def _class_calls(day: Day, rng: Rng, lines: Ints, row: dict[str, Any]) -> Legs:
    # A line's own pace within the class's range, then the day's share of it.
    pace = row["mo"][0] + scattered(lines, 3) % (row["mo"][1] - row["mo"][0] + 1)
    caller = np.repeat(lines, rng.poisson(pace * rng.uniform(0.6, 1.2, len(lines))))
    second = _trade_hours(rng, row, len(caller))
    callee = _customers(day, rng, caller, row)
    duration = talk(rng, row["s"] * _manner(caller), 0.6, row["answered"], len(caller))
    cell = _route(day, caller, second, row["roam"]) if row["roam"] else None
    parts = [calls(day, rng, caller, callee, second, duration, cell=cell)]
    back = rng.random(len(caller)) < row["back"]
    later = second[back] + rng.integers(60, 5_400, int(back.sum()))
    parts.append(_incoming(day, rng, caller[back], callee[back], later, row))
    more = rng.random(len(caller)) < row["mt"] % 1 if row["mt"] < 1 else np.ones(len(caller), bool)
    extra = np.repeat(caller[more], int(row["mt"]) if row["mt"] >= 1 else 1)
    parts.append(_incoming(day, rng, extra, _customers(day, rng, extra, row), _trade_hours(rng, row, len(extra)), row))
    return Legs.joined(parts)


def _incoming(day: Day, rng: Rng, line: Ints, peer: Ints, second: Ints, row: dict[str, Any]) -> Legs:
    keep = (second < DAY_S) & (peer != line)
    length = talk(rng, row["s"] * _manner(line[keep]) * 1.3, 0.7, 0.8, int(keep.sum()))
    return calls(day, rng, peer[keep], line[keep], second[keep], length)


def _manner(line: Ints) -> Floats:
    """How much longer than its trade a line talks: a factor of its own between about a half and two."""
    return np.exp((scattered(line, 7) % 2_000 / 1_000 - 1) * 0.7)


def _trade_hours(rng: Rng, row: dict[str, Any], n: int) -> Ints:
    second = seconds_in(rng, row["hours"], n)
    if "peaks" not in row:
        return second
    peak = np.asarray(row["peaks"])[rng.integers(0, len(row["peaks"]), n)] * 3600 + rng.normal(0, 2_400, n)
    return np.where(rng.random(n) < 0.7, peak, second).astype(np.int64).clip(0, DAY_S - 1)


def _customers(day: Day, rng: Rng, caller: Ints, row: dict[str, Any]) -> Ints:
    """Somebody of the line's own book for the repeated share, else somebody new; many are on other networks."""
    people, lines = day.world.people.n, day.world.lines
    m = len(caller)
    page = scattered(caller * 1_000 + (rng.random(m) ** 1.5 * row["book"]).astype(np.int64), 21)
    known, new = rng.random(m) < row["repeat"], rng.integers(0, 1 << 40, m)
    entry = np.where(known, page, new)
    outside = entry // 1_000_003 % 1_000 < day.world.mix["outside"] * 1_000
    chosen = np.where(outside, lines.n + entry % lines.outsiders, entry % people)
    return np.where(chosen == caller, (chosen + 1) % people, chosen)


def _route(day: Day, line: Ints, second: Ints, cells: int) -> Ints:
    """The cell of somebody who moves on every quarter of an hour among about `cells` cells around work."""
    stop = scattered(line * 100_000 + day.number * 100 + second // 900, 31)
    return day.world.places.neighbour(day.world.lines.work[line], stop, max(2, cells // 2))


def second_hand(day: Day) -> None:
    """Half of the class sells its handset to another of it on some day: from then on the buyer's line sits in it."""
    members = day.world.lines.of_class["second_hand"]
    half = len(members) // 2
    seller, buyer = members[:half], members[half : half * 2]
    sold = day.number > scattered(seller, 41) % day.world.mix.preset.days
    day.handset[buyer[sold]] = day.world.lines.handset[seller[sold]]
    day.handset[seller[sold]] = day.world.lines.handset[buyer[sold]]


def family_turns(day: Day, legs: Legs) -> Legs:
    """Of lines that share one handset only the one in it has traffic: each has it for eight hours in turn."""
    lines, members = day.world.lines, day.world.lines.of_class["family_phone"]
    size = day.world.mix["others"]["family_phone"]["group"]
    shift = np.full(lines.n, -1)
    shift[members] = (np.arange(len(members)) + day.number) % size
    mine = shift[legs.line]
    return legs.where((mine < 0) | (legs.second // FAMILY_SHIFT_S % size == mine))


def family_swaps(day: Day) -> Legs:
    """The SIM changes of shared handsets: out at the end of its turn, in at the start."""
    rng, members = day.rng("family"), day.world.lines.of_class["family_phone"]
    size = day.world.mix["others"]["family_phone"]["group"]
    begin = (np.arange(len(members)) + day.number) % size * FAMILY_SHIFT_S
    # Every turn has its minute, the same for the one who leaves and the one who comes.
    minute = scattered(day.world.lines.handset[members] * 10 + day.number, 51) % 900
    left, came = begin + FAMILY_SHIFT_S - 1_000 + minute, begin + minute
    return Legs.joined([
        signals(day, rng, DETACH, members, np.minimum(left, DAY_S - 1)), signals(day, rng, ATTACH, members, came),
    ])  # fmt: skip


def repairs(day: Day) -> Legs:
    """Customers' SIMs tried in a repair shop's few handsets: attached, one to five calls, and home again."""
    row, lines, rng = day.world.mix["others"]["repair_shop"], day.world.lines, day.rng("repair")
    members = lines.of_class["repair_shop"]
    shops = members[:: row["group"]]
    n = row["visits_per_day"] * len(shops)
    shop = np.tile(shops, row["visits_per_day"])
    visitor = members[rng.integers(0, len(members), n)]
    number = np.tile(np.arange(len(shops)), row["visits_per_day"])
    handset = lines.spare_handsets[number * row["handsets"] + rng.integers(0, row["handsets"], n)]
    cell = lines.work[shop]
    came = seconds_in(rng, (9.5, 18.5), n)
    tries = np.repeat(np.arange(n), rng.integers(1, 6, n))
    when = came[tries] + rng.integers(60, 900, len(tries))
    callee = np.where(rng.random(len(tries)) < 0.6, lines.senders[-4], rng.integers(0, day.world.people.n, len(tries)))
    return Legs.joined([
        signals(day, rng, DETACH, visitor, came - 300),
        signals(day, rng, ATTACH, visitor, came, cell=cell, handset=handset),
        calls(day, rng, visitor[tries], callee, when, talk(rng, 12, 0.5, 0.8, len(tries)), cell=cell[tries],
              caller_handset=handset[tries]),
        signals(day, rng, DETACH, visitor, came + 1_000, cell=cell, handset=handset),
        signals(day, rng, ATTACH, visitor, came + 1_500),
    ])  # fmt: skip


def machines(day: Day) -> Legs:
    """Modems of lifts, tills and meters: a few messages a day to and from one or two numbers, always in one cell."""
    lines, rng = day.world.lines, day.rng("machines")
    which = np.repeat(lines.of_class["iot"], rng.poisson(day.world.mix["others"]["iot"]["handled_per_day"],
                                                         len(lines.of_class["iot"])))  # fmt: skip
    second, base = seconds_in(rng, (0, 24), len(which)), lines.n + scattered(which // 40, 61) % lines.outsiders
    out = rng.random(len(which)) < 0.7
    return Legs.joined([
        signals(day, rng, MO_SMS, which[out], second[out], base[out]),
        signals(day, rng, MT_SMS, which[~out], second[~out], base[~out]),
    ])  # fmt: skip
