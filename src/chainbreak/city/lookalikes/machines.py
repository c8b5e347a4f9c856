"""Machines with SIMs: lifts, tills and meters, and the network's own probes."""

from __future__ import annotations

import numpy as np

from chainbreak.city.draws import DAY_S, scattered, seconds_in
from chainbreak.city.telephony import MO_SMS, MT_SMS, Day, Legs, calls, signals, talk


def machines(day: Day) -> Legs:
    """Modems of lifts, tills and meters: up to five messages or calls a day with one number, always in one cell."""
    lines, rng = day.world.lines, day.rng("machines")
    members = lines.of_class["iot"]
    pace = np.minimum(rng.poisson(day.world.mix["others"]["iot"]["handled_per_day"], len(members)), 5)
    which = np.repeat(members, pace)
    second, base = seconds_in(rng, (0, 24), len(which)), lines.n + scattered(which // 40, 61) % lines.outsiders
    kind = rng.random(len(which))
    sent, told, rings = kind < 0.6, (kind >= 0.6) & (kind < 0.9), kind >= 0.9
    length = talk(rng, 20, 0.4, 0.9, int(rings.sum()))
    return Legs.joined([
        signals(day, rng, MO_SMS, which[sent], second[sent], base[sent]),
        signals(day, rng, MT_SMS, which[told], second[told], base[told]),
        calls(day, rng, which[rings], base[rings], second[rings], length),
    ])  # fmt: skip


def probes(day: Day) -> Legs:
    """Test calls of the network: every SIM of a rig rings the numbers of its list in turn, at fixed gaps, for as long.

    The list holds numbers outside and the rig's own other SIMs, so that both ends are measured.
    """
    lines, rng, row = day.world.lines, day.rng("probes"), day.world.mix["others"]["probe"]
    members = lines.of_class["probe"]
    rig = lines.group[members]
    low, high = row["gap_s"]
    gap = low + scattered(rig, 62) % (high - low + 1)
    n = DAY_S // gap
    which = np.repeat(np.arange(len(members)), n)
    turn = np.arange(len(which)) - np.repeat(np.cumsum(n) - n, n)
    second = turn * gap[which] + scattered(members[which], 63) % gap[which] + rng.integers(0, 3, len(which))
    size = row["list"][0] + scattered(rig, 64) % (row["list"][1] - row["list"][0] + 1)
    entry = (turn + day.number) % size[which]
    listed = lines.n + scattered(rig[which] * 100 + entry, 65) % lines.outsiders
    beside = members[np.minimum(which + 1, len(members) - 1)]
    own = (entry == 0) & (lines.group[beside] == rig[which]) & (beside != members[which])
    length = 20 + scattered(rig, 66) % 3 * 10
    return calls(day, rng, members[which], np.where(own, beside, listed), second.clip(0, DAY_S - 1), length[which])
