"""One day's legs: calls in both directions, messages, attachments; a call inside the city's networks gives two legs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from chainbreak.city.draws import DAY_S, Bools, Floats, Ints, Rng, lognormal, scattered, seconds_in, stream
from chainbreak.city.lines import Lines
from chainbreak.city.world import World
from chainbreak.records.call import CALL_KINDS

MO_CALL, MT_CALL, MO_SMS, MT_SMS, ATTACH, DETACH = range(len(CALL_KINDS))
# Relative weight of each hour of the day for calls, by rhythm of life (worker, retired, student, night).
_HOURS = np.array([
    [.3, .2, .1, .1, .1, .3, 1, 3, 5, 7, 8, 8, 7, 6, 6, 6, 6, 7, 8, 8, 7, 5, 3, 1],
    [.2, .1, .1, .1, .2, 1, 3, 6, 8, 9, 8, 6, 4, 4, 6, 7, 7, 6, 6, 6, 5, 2, 1, .3],
    [1, .5, .2, .1, .1, .2, 1, 2, 2, 3, 3, 6, 7, 4, 3, 3, 4, 7, 7, 7, 8, 8, 6, 3],
    [5, 5, 4, 3, 2, 1, .5, .5, .5, 1, 2, 3, 4, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6],
])  # fmt: skip
HOUR_SHARES = np.cumsum(_HOURS / _HOURS.sum(axis=1, keepdims=True), axis=1)


@dataclass
class Legs:
    """Grain: one served leg. second of the local day, duration in s, kind as place in CALL_KINDS, served line,
    handset, peer number, cell, answered (0, 1; -1 where it has no meaning); x, y: where the served side is, in km
    (NaN: where its person usually is in that cell); slow: factor on the latency of authentication.
    """

    second: Ints
    duration: Ints
    kind: Ints
    line: Ints
    handset: Ints
    peer: Ints
    cell: Ints
    answered: Ints
    x: Floats
    y: Floats
    slow: Floats

    @staticmethod
    def joined(parts: list[Legs]) -> Legs:
        """All parts, one after another."""
        return Legs(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Legs)))

    def where(self, keep: Bools | Ints) -> Legs:
        """The legs chosen by a mask or an order."""
        return Legs(*(getattr(self, f.name)[keep] for f in fields(Legs)))

    def placed(self, x: Floats, y: Floats, slow: Floats | float = 1.0) -> Legs:
        """The same legs at given points, one a leg, authenticating `slow` times as slowly."""
        return replace(self, x=x, y=y, slow=np.broadcast_to(np.float64(slow), len(x)).copy())


def legs_of(second: Ints, duration: Ints, kind: Ints, line: Ints, handset: Ints, peer: Ints, cell: Ints,
            answered: Ints) -> Legs:  # fmt: skip
    """Legs where their persons usually are, authenticating at the usual pace."""
    nowhere = np.full(len(second), np.nan)
    return Legs(second, duration, kind, line, handset, peer, cell, answered, nowhere, nowhere, np.ones(len(second)))


@dataclass
class Day:
    """One day of one world: its number, whether it is a weekend, and which handset each line sits in that day."""

    world: World
    number: int
    weekend: bool
    handset: Ints

    @staticmethod
    def of(world: World, number: int) -> Day:
        """Day `number` of `world`."""
        handset = world.lines.handset.copy()
        line, other = world.lines.other_handset
        today = scattered(line * 400 + number, 17) % 1_000 < world.mix["habits"]["other_handset"]["days"] * 1_000
        handset[line[today]] = other[today]
        return Day(world, number, world.date_of(number).weekday() >= 5, handset)

    def rng(self, *names: object) -> Rng:
        """The day's random stream for what `names` say."""
        return stream(self.world.seed, "day", self.number, *names)

    def cells(self, rng: Rng, line: Ints, second: Ints) -> Ints:
        """Where each line is at each second: home at night, work in working hours, now and then near or in town."""
        lines, hour, u = self.world.lines, second // 3600, rng.random(len(line))
        working = (hour >= 9) & (hour < 18) & (not self.weekend)
        at_work = u < np.where(working, 0.78, 0.06)
        moves = lines.owner[line] >= 0
        out = np.where(at_work, lines.work[line], lines.home[line])
        away = moves & (u > np.where((hour >= 7) & (hour < 22), 0.86, 0.97))
        haunt = scattered(line * 4 + (u * 1e6).astype(np.int64) % 4, 11)
        return np.where(away, self.world.places.neighbour(out, haunt, 12), out)


def calls(day: Day, rng: Rng, caller: Ints, callee: Ints, second: Ints, duration: Ints, *, cell: Ints | None = None,
          caller_handset: Ints | None = None) -> Legs:  # fmt: skip
    """Both legs of each call, as far as the city's networks serve them; duration 0 means not answered.

    `cell` and `caller_handset` say where and in what the caller is, when the usual rules do not.
    """
    n = day.world.lines.n
    second = np.clip(second, 0, DAY_S - 1)
    out, inn = np.flatnonzero(caller < n), np.flatnonzero(callee < n)
    where = day.cells(rng, caller[out], second[out]) if cell is None else cell[out]
    held = day.handset[caller[out]] if caller_handset is None else caller_handset[out]
    answered = (duration > 0).astype(np.int64)
    mine = legs_of(
        second[out], duration[out], np.full(len(out), MO_CALL), caller[out], held, callee[out], where, answered[out]
    )
    # Network elements' clocks differ by a second or two.
    late = np.minimum(second[inn] + rng.integers(0, 3, len(inn)), DAY_S - 1)
    theirs = legs_of(late, duration[inn], np.full(len(inn), MT_CALL), callee[inn], day.handset[callee[inn]], caller[inn],
                  day.cells(rng, callee[inn], late), answered[inn])  # fmt: skip
    return Legs.joined([mine, theirs])


def signals(day: Day, rng: Rng, kind: int, line: Ints, second: Ints, peer: Ints | None = None, *,
            cell: Ints | None = None, handset: Ints | None = None) -> Legs:  # fmt: skip
    """One leg each of a kind without duration: a message of the served side, or an attachment (no peer)."""
    nothing = np.full(len(line), -1)
    return legs_of(second, np.zeros(len(line), np.int64), np.full(len(line), kind), line,
                day.handset[line] if handset is None else handset, nothing if peer is None else peer,
                day.cells(rng, line, second) if cell is None else cell, nothing)  # fmt: skip


def talk(rng: Rng, median_s: Floats | float, sigma: float, answered: float, n: int) -> Ints:
    """Durations in s of `n` calls, at least 1 s where answered and 0 where not."""
    length = np.maximum(np.exp(rng.normal(np.log(median_s), sigma, n)), 1.0)
    return np.where(rng.random(n) < answered, np.minimum(length, 7_200.0), 0.0).astype(np.int64)


def hours_of(rng: Rng, rhythm: Ints) -> Ints:
    """A second of the day for each, by the rhythm of life."""
    hour = (rng.random(len(rhythm))[:, None] > HOUR_SHARES[rhythm]).sum(axis=1)
    second: Ints = np.minimum(hour, 23) * 3600 + rng.integers(0, 3600, len(rhythm))
    return second


def social_calls(day: Day) -> Legs:
    """Calls among people and their circles: contacts called and calling, and a share of one-off calls."""
    world, rng, habits = day.world, day.rng("social"), day.world.mix["habits"]
    lines, n = world.lines, world.lines.n
    factor = habits["weekend_factor"] if day.weekend else 1.0
    caller = np.repeat(np.arange(n), rng.poisson(lines.rate * factor * rng.gamma(2.0, 0.5, n)))
    m, people = len(caller), world.people.n
    owner = lines.owner[caller]
    stranger = np.where(rng.random(m) < 0.6, rng.integers(0, people, m), n + rng.integers(0, lines.outsiders, m))
    contact = world.circles.pick(rng, owner, np.full(m, people)).astype(np.int64)
    # A contact below the number of people is that person's first line, which has the same number; others are outside.
    contact = np.where(contact < people, _one_of_lines(lines, rng, contact), contact - people + n)
    callee = np.where(rng.random(m) < habits["one_off_share"], stranger, contact)
    callee = np.where(callee == caller, (callee + 1) % people, callee)
    duration = talk(rng, lines.mean_s[caller] * 0.7, habits["duration_s"]["sigma_within"], habits["answered"], m)
    turned = (callee >= n) & (rng.random(m) < 0.5)
    first, second = np.where(turned, callee, caller), np.where(turned, caller, callee)
    when = hours_of(rng, world.people.rhythm[owner])
    return calls(day, rng, first, second, when, duration)


def _one_of_lines(lines: Lines, rng: Rng, person: Ints) -> Ints:
    """The number of a person that is rung: the second line's now and then, where there is one."""
    second = lines.second[np.minimum(person, len(lines.second) - 1)]
    return np.where((second >= 0) & (rng.random(len(person)) < 0.3), second, person)


def service_messages(day: Day) -> Legs:
    """Messages from services to everybody, and the few that people still send each other."""
    world, rng, habits = day.world, day.rng("messages"), day.world.mix["habits"]
    lines, people = world.lines, world.people.n
    received = habits["messages_received_per_day"]
    taste = np.exp((scattered(np.arange(people), 5) % 2000 / 1000 - 1) * 1.7 * received["sigma"])
    reader = np.repeat(np.arange(people), rng.poisson(taste * received["median"]))
    reader = _one_of_lines(lines, rng, reader)
    sender = lines.senders[(len(lines.senders) * rng.random(len(reader)) ** 2).astype(np.int64)]
    writer = np.repeat(np.arange(people), rng.poisson(habits["messages_sent_per_day"], people))
    friend = world.circles.pick(rng, writer, writer).astype(np.int64)
    inside = friend < people
    when = hours_of(rng, world.people.rhythm[writer])
    return Legs.joined([
        signals(day, rng, MT_SMS, reader, seconds_in(rng, (7.5, 22), len(reader)), sender),
        signals(day, rng, MO_SMS, writer, when, np.where(inside, friend, friend - people + lines.n)),
        signals(day, rng, MT_SMS, friend[inside], np.minimum(when[inside] + 4, DAY_S - 1), writer[inside]),
    ])  # fmt: skip


def power(day: Day) -> Legs:
    """Lines that leave the network for a while and come back."""
    rng, lines, row = day.rng("power"), day.world.lines, day.world.mix["habits"]["power_off_per_day"]
    people = np.flatnonzero(lines.owner >= 0)
    often = stream(day.world.seed, "power").lognormal(-(row["sigma"] ** 2) / 2, row["sigma"], len(people))
    who = np.repeat(people, rng.poisson(row["mean"] * np.minimum(often, 20.0)))
    off = hours_of(rng, day.world.people.rhythm[lines.owner[who]])
    on = off + lognormal(rng, 2400, 1.2, len(who)).astype(np.int64)
    back = on < DAY_S
    return Legs.joined([
        signals(day, rng, DETACH, who, off), signals(day, rng, ATTACH, who[back], on[back]),
    ])  # fmt: skip
