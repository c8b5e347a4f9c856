"""What people do on the telephone whatever their trade: circles, strangers, errands, messages, coming and going."""

from __future__ import annotations

import numpy as np

from chainbreak.city.draws import DAY_S, Bools, Floats, Ints, Rng, lognormal, scattered, seconds_in
from chainbreak.city.lines import Lines
from chainbreak.city.telephony import (
    ATTACH,
    DETACH,
    MO_SMS,
    MT_SMS,
    Day,
    Legs,
    calls,
    hours_of,
    signals,
    talk,
)


def social_calls(day: Day) -> Legs:
    """Calls among people and their circles, in both directions, and a share with strangers."""
    world, rng, habits = day.world, day.rng("social"), day.world.mix["habits"]
    lines, n, people = world.lines, world.lines.n, world.people.n
    factor = habits["weekend_factor"] if day.weekend else 1.0
    # Both ends of a tie inside the city think of it, so each has half of the calls with half of its circle.
    pace = lines.rate * day.used * factor / (1 - 0.5 * (1 - habits["contacts"]["outside"]))
    one = np.repeat(np.arange(n), rng.poisson(pace * rng.gamma(2.0, 0.5, n)))
    m, owner = len(one), lines.owner[one]
    stranger = _anybody(day, rng, m, 0.4)
    contact = world.circles.pick(rng, owner, np.full(m, people)).astype(np.int64)
    # A contact below the number of people is that person's first line, which has the same number; others are outside.
    contact = np.where(contact < people, _one_of_lines(lines, rng, contact), contact - people + n)
    other = np.where(rng.random(m) < world.people.traits.one_off[owner], stranger, contact)
    other = np.where(other == one, (other + 1) % people, other)
    keep = (other >= n) | day.used[np.minimum(other, n - 1)]
    one, other = one[keep], other[keep]
    return _between(day, rng, one, other, rng.random(len(one)) < _starts(day, one, other), 1.0)


def _starts(day: Day, one: Ints, other: Ints) -> Floats:
    """The chance that `one` calls `other` rather than the other way round: both ends' habits, and the tie's own."""
    lean = _leaning(day, one) - _leaning(day, other)
    low, high = np.minimum(one, other), np.maximum(one, other)
    draw = (scattered(low * (1 << 24) + high, 22) % 4_096 + scattered(low * (1 << 24) + high, 23) % 4_096) / 4_096 - 1
    tie = np.where(one == low, draw, -draw) * 2.5
    return 1 / (1 + np.exp(-(lean + tie)))


def _leaning(day: Day, line: Ints) -> Floats:
    """Log-odds of starting the call, by habit of the line's person. Others' habits are not known: nearly half of them
    are shops and offices, which are called far more than they call.
    """
    lines, draw = day.world.lines, scattered(line, 24)
    inside = line < lines.n
    starts = day.world.people.traits.starts[np.maximum(lines.owner[np.where(inside, line, 0)], 0)].clip(0.01, 0.995)
    outside = np.where(draw // 2_000 % 100 < 45, -2.2, 0.3) + (draw % 2_000 / 1_000 - 1) * 0.8
    return np.where(inside, 1.25 * np.log(starts / (1 - starts)), outside)


def _anybody(day: Day, rng: Rng, n: int, outside: float) -> Ints:
    """Numbers of anybody at all, a share of them on other networks."""
    lines, people = day.world.lines, day.world.people.n
    one = rng.integers(0, people, n)
    away = (rng.random(n) < outside) | ~day.used[one]
    return np.where(away, lines.n + rng.integers(0, lines.outsiders, n), one)


def _between(day: Day, rng: Rng, one: Ints, other: Ints, starts: Bools, factor: float) -> Legs:
    """Calls of persons' lines with others, started by one or the other, at the first one's hours and length."""
    habits, lines = day.world.mix["habits"], day.world.lines
    median = lines.mean_s[one] * 0.7 * factor
    reached = habits["answered"] + habits["answered_spread"] * (scattered(one, 29) % 2_000 / 1_000 - 1)
    duration = talk(rng, median, habits["duration_s"]["sigma_within"], reached, len(one))
    when = _in_a_row(day, rng, one, hours_of(rng, day.world.people.rhythm[lines.owner[one]]))
    return calls(day, rng, np.where(starts, one, other), np.where(starts, other, one), when, duration)


def _in_a_row(day: Day, rng: Rng, one: Ints, when: Ints) -> Ints:
    """Seconds at which calls are made that come in rows: some follow the same line's last one within minutes.

    `one` has the calls of a line next to one another.
    """
    share = day.world.mix["habits"]["in_a_row"] * (scattered(one, 30) % 1_000 / 1_000)
    follows = np.concatenate([[False], one[1:] == one[:-1]])[: len(one)] & (rng.random(len(one)) < share)
    first = np.maximum.accumulate(np.where(follows, 0, np.arange(len(one))))
    pause = np.cumsum(np.where(follows, lognormal(rng, 150, 1.1, len(one)), 0.0))
    at: Ints = np.minimum(when[first] + pause - pause[first], DAY_S - 1).astype(np.int64)
    return at


def _one_of_lines(lines: Lines, rng: Rng, person: Ints) -> Ints:
    """The number of a person that is rung: the second line's now and then, where there is one."""
    second = lines.second[np.minimum(person, len(lines.second) - 1)]
    return np.where((second >= 0) & (rng.random(len(person)) < 0.3), second, person)


def working_calls(day: Day) -> Legs:
    """Calls of those whose work is on the telephone at one place: half with customers of their own, both ways."""
    world, rng = day.world, day.rng("work")
    people = world.people.n
    pace = world.people.traits.trade * day.used[:people] * (0.5 if day.weekend else 1.0)
    one = np.repeat(np.arange(people), rng.poisson(pace * rng.gamma(3.0, 1 / 3, people)))
    book = world.lines.n + scattered(one * 64 + (rng.random(len(one)) ** 2 * 60).astype(np.int64), 25) % (
        world.lines.outsiders
    )
    other = np.where(rng.random(len(one)) < 0.5, book, _anybody(day, rng, len(one), 0.7))
    other = np.where(other == one, (other + 1) % people, other)
    return _between(day, rng, one, other, rng.random(len(one)) < _starts(day, one, other), 0.5)


def errands(day: Day) -> Legs:
    """Weddings, sales of flats, searches for work: for some days on end many numbers, few of which ring back."""
    world, rng, row = day.world, day.rng("errands"), day.world.mix["habits"]["errands"]
    people, number = np.arange(world.people.n), day.number
    busy = np.zeros(len(people), bool)
    for ago in range(row["days"]):
        begins = scattered(people * 1_000 + number - ago, 26) % 100_000 < row["begin"] * 100_000
        busy |= begins & (scattered(people, 27) % row["days"] >= ago)
    busy &= day.used[: len(people)] & (scattered(people, 28) % 1_000 < row["people"] * 1_000)
    who = np.flatnonzero(busy)
    one = np.repeat(who, rng.integers(row["calls"][0], row["calls"][1] + 1, len(who)))
    other = _anybody(day, rng, len(one), 0.7)
    other = np.where(other == one, (other + 1) % len(people), other)
    back = rng.random(len(one)) < 0.1
    out = _between(day, rng, one, other, rng.random(len(one)) < 0.85, 0.6)
    return Legs.joined([out, _between(day, rng, one[back], other[back], np.zeros(int(back.sum()), bool), 0.8)])


def service_messages(day: Day) -> Legs:
    """Messages from services to everybody, and the few that people still send each other."""
    world, rng, habits = day.world, day.rng("messages"), day.world.mix["habits"]
    lines, people = world.lines, world.people.n
    received, used = habits["messages_received_per_day"], day.used[: world.people.n]
    taste = np.exp((scattered(np.arange(people), 5) % 2000 / 1000 - 1) * 1.7 * received["sigma"])
    reader = np.repeat(np.arange(people), rng.poisson(taste * used * received["median"]))
    reader = _one_of_lines(lines, rng, reader)
    reader = reader[day.used[reader]]
    sender = lines.senders[(len(lines.senders) * rng.random(len(reader)) ** 2).astype(np.int64)]
    writer = np.repeat(np.arange(people), rng.poisson(habits["messages_sent_per_day"] * used))
    friend = world.circles.pick(rng, writer, writer).astype(np.int64)
    inside = friend < people
    when = hours_of(rng, world.people.rhythm[writer])
    return Legs.joined([
        signals(day, rng, MT_SMS, reader, _sent(rng, len(reader)), sender),
        signals(day, rng, MO_SMS, writer, when, np.where(inside, friend, friend - people + lines.n)),
        signals(day, rng, MT_SMS, friend[inside], np.minimum(when[inside] + 4, DAY_S - 1), writer[inside]),
    ])  # fmt: skip


def _sent(rng: Rng, n: int) -> Ints:
    """Seconds at which services send: by day, and a few at any hour."""
    return np.where(rng.random(n) < 0.04, seconds_in(rng, (0, 24), n), seconds_in(rng, (7.5, 22), n))


def power(day: Day) -> Legs:
    """Lines that leave the network for a while and come back: switched off, out of battery, in a lift or a cellar."""
    rng, lines = day.rng("power"), day.world.lines
    people = np.flatnonzero((lines.owner >= 0) & day.used)
    often = day.world.people.traits.lost[lines.owner[people]]
    who = np.repeat(people, rng.poisson(often))
    # Some are switched off by hand, some lose the network or restart by themselves at any hour.
    by_hand = hours_of(rng, day.world.people.rhythm[lines.owner[who]])
    off = np.where(rng.random(len(who)) < 0.8, by_hand, seconds_in(rng, (0, 24), len(who)))
    on = off + lognormal(rng, 900, 1.5, len(who)).astype(np.int64)
    back = on < DAY_S
    return Legs.joined([
        signals(day, rng, DETACH, who, off), signals(day, rng, ATTACH, who[back], on[back]),
    ])  # fmt: skip
