"""One day's legs: calls in both directions, messages, attachments; a call inside the city's networks gives two legs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from chainbreak.city.draws import DAY_S, Bools, Floats, Ints, Rng, scattered, stream
from chainbreak.city.lines import CLASSES
from chainbreak.city.world import World
from chainbreak.records.call import CALL_KINDS

MO_CALL, MT_CALL, MO_SMS, MT_SMS, ATTACH, DETACH = range(len(CALL_KINDS))
NOT_MADE = -1
"""A leg that a warning kept from happening: it takes its part in all draws, and is in no record."""
# Relative weight of each hour of the day for calls, by rhythm of life (worker, retired, student, night).
_HOURS = np.array([
    [.05, .02, .01, .01, .02, .15, 1, 3, 5, 7, 8, 8, 7, 6, 6, 6, 6, 7, 8, 8, 7, 4, 1.5, .3],
    [.02, .01, .01, .02, .1, .7, 3, 6, 8, 9, 8, 6, 4, 4, 6, 7, 7, 6, 6, 6, 4, 1, .3, .05],
    [.3, .1, .03, .01, .01, .05, .5, 2, 2, 3, 3, 6, 7, 4, 3, 3, 4, 7, 7, 7, 8, 8, 5, 1.5],
    [4, 4, 3, 2, 1, .5, .5, .5, .5, 1, 2, 3, 4, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 5],
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


@dataclass(frozen=True)
class Outings:
    """Grain: one outing of many people together. from and to as seconds of the day; cells: shape (outings, stops);
    moving: the stops are passed one after another, else everybody stays at one of them; of: the outing of each person,
    -1 for none.
    """

    begin: Ints
    end: Ints
    cells: Ints
    moving: Bools
    of: Ints


@dataclass
class Day:
    """One day of one world: its number, whether it is a weekend, which handset each line sits in that day, which lines
    are in use, and who is out with others.
    """

    world: World
    number: int
    weekend: bool
    handset: Ints
    used: Bools
    outings: Outings | None = None

    @staticmethod
    def of(world: World, number: int) -> Day:
        """Day `number` of `world`, nobody out with others."""
        lines = world.lines
        handset = lines.handset.copy()
        line, other = lines.other_handset
        # Another handset is taken for some days on end, a month at most.
        which, span = np.arange(len(line)), scattered(other, 15) % 30 + 1
        turn = scattered((line + which) * 400 + (number + which) // span, 17) % 1_000
        today = turn < world.mix["habits"]["other_handset"]["days"] * 1_000
        handset[line[today]] = other[today]
        return Day(world, number, world.date_of(number).weekday() >= 5, handset, _used(world, number))

    def rng(self, *names: object) -> Rng:
        """The day's random stream for what `names` say."""
        return stream(self.world.seed, "day", self.number, *names)

    def cells(self, line: Ints, second: Ints) -> Ints:
        """Which cell serves each line at each second: home at night, work in working hours, now and then near or in
        town, and a neighbouring cell now and then wherever one is. Lines of one person are always together.
        """
        lines, places, traits = self.world.lines, self.world.places, self.world.people.traits
        who, owner, hour = lines.who[line], np.maximum(lines.owner[line], 0), second // 3600
        moves = lines.owner[line] >= 0
        # One draw for each person and twenty minutes, cut into independent parts.
        draw = scattered((who * 4_096 + self.number) * 128 + (second + who % 1_200) // 1_200, 11)
        u, v, w = (draw & 4_095) / 4_096, (draw >> 12 & 4_095) / 4_096, (draw >> 24 & 4_095) / 4_096
        early = (who % 5 - 2) // 2
        night = self.world.people.rhythm[owner] == 3
        shift = np.where(night, (hour >= 22) | (hour < 6), (hour >= 9 + early) & (hour < 18 + early))
        at_work = u < np.where(shift & (not self.weekend), 0.86, 0.05)
        out = np.where(at_work & moves, lines.work[line], lines.home[line])
        share = np.where(moves, traits.away[owner] * np.where((hour >= 7) & (hour < 22), 1.0, 0.2), 0.0)
        # Mostly one of four haunts of one's own, else anywhere within reach.
        away = np.flatnonzero(v < share)
        haunt = scattered(who[away] * 8 + np.where(w[away] < 0.7, draw[away] & 3, draw[away] >> 6), 12)
        out[away] = places.neighbour(out[away], haunt, traits.reach[owner[away]])
        drift = np.where(moves, traits.drift[owner], scattered(lines.spot[line], 13) % 100 / 1_000)
        off = np.flatnonzero(w * 7 % 1 < drift)
        beside = (scattered(who[off] * 4_096 + out[off], 14) >> 3) + (scattered(draw[off], 15) & 1)
        out[off] = places.neighbour(out[off], beside, 3)
        return self._gone_out(line, second, out)

    def _gone_out(self, line: Ints, second: Ints, cell: Ints) -> Ints:
        """Where those are who are out with others at that second; the rest as given."""
        if self.outings is None:
            return cell
        outing = np.where(self.world.lines.owner[line] >= 0, self.outings.of[self.world.lines.owner[line]], -1)
        begin, end, stops = self.outings.begin[outing], self.outings.end[outing], self.outings.cells.shape[1]
        gone = (outing >= 0) & (second >= begin) & (second < end)
        passed = (second - begin) * stops // np.maximum(end - begin, 1)
        stop = np.where(self.outings.moving[outing], passed, self.world.lines.who[line]) % stops
        return np.where(gone, self.outings.cells[outing, stop], cell)


def _used(world: World, number: int) -> Bools:
    """Lines that have been activated and are in use that day: some rest now and then, in spells of their own,
    and some of those that look like nothing else are away for weeks.
    """
    lines, traits = world.lines, world.people.traits
    every, owner = np.arange(lines.n), np.maximum(lines.owner, 0)
    share = np.where(lines.owner >= 0, traits.used[owner], 1.0)
    spell = scattered(every, 18) % 6 + 1
    on = scattered(every * 1_000 + (number + every % 7) // spell, 19) % 4_096 < share * 4_096
    plain = np.isin(lines.kind, [CLASSES.index("resident"), CLASSES.index("second_line")])
    around = traits.stay[owner] + traits.gap[owner]
    stays = (number + scattered(every, 16)) % around < traits.stay[owner]
    used: Bools = on & (stays | ~plain) & (lines.activated_us < world.day_us(number))
    return used


def calls(day: Day, rng: Rng, caller: Ints, callee: Ints, second: Ints, duration: Ints, *, cell: Ints | None = None,
          caller_handset: Ints | None = None, callee_cell: Ints | None = None) -> Legs:  # fmt: skip
    """Both legs of each call, as far as the city's networks serve them; duration 0 means not answered.

    `cell` and `caller_handset` say where and in what the caller is, `callee_cell` where the callee is, when the usual
    rules do not.
    """
    n = day.world.lines.n
    second = np.clip(second, 0, DAY_S - 1)
    out, inn = np.flatnonzero(caller < n), np.flatnonzero(callee < n)
    where = day.cells(caller[out], second[out]) if cell is None else cell[out]
    held = day.handset[caller[out]] if caller_handset is None else caller_handset[out]
    answered = (duration > 0).astype(np.int64)
    mine = legs_of(
        second[out], duration[out], np.full(len(out), MO_CALL), caller[out], held, callee[out], where, answered[out]
    )
    # Network elements' clocks differ by a second or two.
    late = np.minimum(second[inn] + rng.integers(0, 3, len(inn)), DAY_S - 1)
    there = day.cells(callee[inn], late) if callee_cell is None else callee_cell[inn]
    theirs = legs_of(late, duration[inn], np.full(len(inn), MT_CALL), callee[inn], day.handset[callee[inn]],
                     caller[inn], there, answered[inn])  # fmt: skip
    return Legs.joined([mine, theirs])


def signals(day: Day, rng: Rng, kind: int, line: Ints, second: Ints, peer: Ints | None = None, *,
            cell: Ints | None = None, handset: Ints | None = None) -> Legs:  # fmt: skip
    """One leg each of a kind without duration: a message of the served side, or an attachment (no peer)."""
    nothing = np.full(len(line), -1)
    return legs_of(second, np.zeros(len(line), np.int64), np.full(len(line), kind), line,
                day.handset[line] if handset is None else handset, nothing if peer is None else peer,
                day.cells(line, second) if cell is None else cell, nothing)  # fmt: skip


def talk(rng: Rng, median_s: Floats | float, sigma: float, answered: Floats | float, n: int) -> Ints:
    """Durations in s of `n` calls, at least 1 s where answered and 0 where not."""
    length = np.maximum(np.exp(rng.normal(np.log(median_s), sigma, n)), 1.0)
    return np.where(rng.random(n) < answered, np.minimum(length, 7_200.0), 0.0).astype(np.int64)


def hours_of(rng: Rng, rhythm: Ints) -> Ints:
    """A second of the day for each, by the rhythm of life."""
    hour = (rng.random(len(rhythm))[:, None] > HOUR_SHARES[rhythm]).sum(axis=1)
    second: Ints = np.minimum(hour, 23) * 3600 + rng.integers(0, 3600, len(rhythm))
    return second
