"""Honest callers by trade: they ring many people they never met, and a few of those ring back."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainbreak.city.draws import DAY_S, Floats, Ints, Rng, scattered, seconds_in
from chainbreak.city.telephony import MT_SMS, Day, Legs, calls, signals, talk

RELAYS = 300
"""Numbers behind which a ride-hailing platform hides both ends of a call."""


def trade_calls(day: Day) -> list[Legs]:
    """A day of every class that calls for its living; offices rest on weekends."""
    out = []
    for name, row in day.world.mix["callers"].items():
        office = row["roam"] == 0 and name != "hospital"
        if not (day.weekend and office):
            out.append(_class_calls(day, day.rng("trade", name), name, row))
    return out


def _class_calls(day: Day, rng: Rng, name: str, row: dict[str, Any]) -> Legs:
    lines = day.world.lines.of_class[name]
    if row["roam"]:
        # Everybody on the road has a day off now and then.
        lines = lines[(scattered(lines, 4) + day.number) % 9 > 0]
    # A line's own pace within the class's range, then the day's share of it.
    pace = row["mo"][0] + scattered(lines, 3) % (row["mo"][1] - row["mo"][0] + 1)
    caller = np.repeat(lines, rng.poisson(pace * rng.uniform(0.75, 1.15, len(lines))))
    second = _trade_hours(rng, row, len(caller))
    callee = _customers(day, rng, name, caller, row)
    duration = talk(rng, row["s"] * _manner(caller), 0.6, row["answered"], len(caller))
    cell = route(day, caller, second, row) if row["roam"] else None
    parts = [calls(day, rng, caller, callee, second, duration, cell=cell)]
    # Some lines are rung back more than others.
    back = rng.random(len(caller)) < row["back"] * (0.6 + scattered(caller, 8) % 800 / 1_000)
    later = second[back] + rng.integers(60, 5_400, int(back.sum()))
    parts.append(_incoming(day, rng, caller[back], callee[back], later, row))
    extra = np.repeat(caller, int(row["mt"]) + (rng.random(len(caller)) < row["mt"] % 1))
    peer, when = _customers(day, rng, name, extra, row), _trade_hours(rng, row, len(extra))
    parts.append(_incoming(day, rng, extra, peer, when, row))
    if "texts" in row:
        told = np.flatnonzero(rng.random(len(caller)) < row["texts"])
        before = np.maximum(second[told] - rng.integers(60, 400, len(told)), 0)
        sender = day.world.lines.senders[scattered(callee[told], 9) % len(day.world.lines.senders)]
        where = route(day, caller[told], before, row)
        parts.append(signals(day, rng, MT_SMS, caller[told], before, sender, cell=where))
    return Legs.joined(parts)


def _incoming(day: Day, rng: Rng, line: Ints, peer: Ints, second: Ints, row: dict[str, Any]) -> Legs:
    keep = (second < DAY_S) & (peer != line)
    line, peer, second = line[keep], peer[keep], second[keep]
    length = talk(rng, row["s"] * _manner(line) * 1.3, 0.7, 0.8, len(line))
    cell = route(day, line, second, row) if row["roam"] else None
    return calls(day, rng, peer, line, second, length, callee_cell=cell)


def _manner(line: Ints) -> Floats:
    """How much longer than its trade a line talks: a factor of its own between about a half and two."""
    return np.exp((scattered(line, 7) % 2_000 / 1_000 - 1) * 0.7)


def _trade_hours(rng: Rng, row: dict[str, Any], n: int) -> Ints:
    second = seconds_in(rng, row["hours"], n)
    if "peaks" not in row:
        return second
    peak = np.asarray(row["peaks"])[rng.integers(0, len(row["peaks"]), n)] * 3600 + rng.normal(0, 2_400, n)
    return np.where(rng.random(n) < 0.7, peak, second).astype(np.int64).clip(0, DAY_S - 1)


def _customers(day: Day, rng: Rng, name: str, caller: Ints, row: dict[str, Any]) -> Ints:
    """Somebody of the line's own book for the repeated share, else somebody new; many are on other networks.

    The lines of an organisation share its book; ride-hailing drivers reach everybody through relay numbers of the day.
    """
    people, lines = day.world.people.n, day.world.lines
    m = len(caller)
    page = (rng.random(m) ** 1.5 * row["book"]).astype(np.int64)
    if name == "ride_hailing":
        return lines.n + scattered(scattered(caller * 1_000 + page, 21) % RELAYS, 20) % lines.outsiders
    keeper = np.where(lines.owner[caller] >= 0, caller, lines.n + lines.spot[caller])
    entry = np.where(rng.random(m) < row["repeat"], scattered(keeper * 1_000 + page, 21), rng.integers(0, 1 << 40, m))
    outside = (entry // 1_000_003 % 1_000 < day.world.mix["outside"] * 1_000) | ~day.used[entry % people]
    chosen = np.where(outside, lines.n + entry % lines.outsiders, entry % people)
    return np.where(chosen == caller, (chosen + 1) % people, chosen)


def route(day: Day, line: Ints, second: Ints, row: dict[str, Any]) -> Ints:
    """The cell of somebody on the road: another stop every `stop_s` seconds of working time, else where people are."""
    stop = scattered((line * 1_000 + day.number) * 1_000 + second // row["stop_s"], 31)
    out = day.world.places.neighbour(day.world.lines.work[line], stop, row["roam"])
    hours = (second >= row["hours"][0] * 3600) & (second < row["hours"][1] * 3600)
    return np.where(hours, out, day.cells(line, second))
