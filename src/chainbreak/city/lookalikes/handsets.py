"""Honest lines whose handsets tell odd stories: shared in a family, sold on, tried in a repair shop."""

from __future__ import annotations

import numpy as np

from chainbreak.city.draws import DAY_S, Ints, scattered, seconds_in
from chainbreak.city.telephony import ATTACH, DETACH, Day, Legs, calls, signals, talk


def second_hand(day: Day) -> None:
    """Half of the class sells its handset to another of it on some day: from then on the buyer's line sits in it."""
    members = day.world.lines.of_class["second_hand"]
    half = len(members) // 2
    seller, buyer = members[:half], members[half : half * 2]
    sold = day.number > scattered(seller, 41) % day.world.mix.preset.days
    day.handset[buyer[sold]] = day.world.lines.handset[seller[sold]]
    day.handset[seller[sold]] = day.world.lines.handset[buyer[sold]]


def _turns(day: Day) -> tuple[Ints, Ints, Ints]:
    """The lines of shared phones, how many share each one's, and which turn of the day is its own."""
    members, group = day.world.lines.of_class["family_phone"], day.world.lines.group
    size = np.bincount(group[members], minlength=1)[group[members]]
    first = np.searchsorted(group[members], group[members])
    return members, size, (np.arange(len(members)) - first + day.number) % size


def family_turns(day: Day, legs: Legs) -> Legs:
    """Of lines that share one handset only the one in it has traffic: each has it for an equal part of the day."""
    members, size, turn = _turns(day)
    place = np.full(day.world.lines.n, -1)
    place[members] = np.arange(len(members))
    at = place[legs.line]
    mine = legs.second * size[at] // DAY_S == turn[at]
    return legs.where((at < 0) | mine)


def family_swaps(day: Day) -> Legs:
    """The SIM changes of shared handsets: out at the end of its turn, in at the start."""
    rng = day.rng("family")
    members, size, turn = _turns(day)
    alone = size < 2
    members, size, turn = members[~alone], size[~alone], turn[~alone]
    # Every turn has its minute, the same for the one who leaves and the one who comes.
    minute = scattered(day.world.lines.handset[members] * 10 + day.number, 51) % 900
    came, left = turn * DAY_S // size + minute, (turn + 1) * DAY_S // size - 1_000 + minute
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
    number = np.tile(np.arange(len(shops)), row["visits_per_day"])
    # A shop's customers live around; each comes once in a while.
    visitor = members[np.minimum(number * row["group"] + rng.integers(0, row["group"], n), len(members) - 1)]
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
