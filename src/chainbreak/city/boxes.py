"""A day of the boxes: which card is in which port, what goes through them, and who is caught on the telephone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainbreak.base.clock import US_PER_S
from chainbreak.city.draws import DAY_S, Ints, Rng
from chainbreak.city.exchange import Exchange, messages, rows_of
from chainbreak.city.gangs import Box
from chainbreak.city.levels import bank, cable, ports
from chainbreak.city.levels.sessions import Sessions
from chainbreak.city.levels.talk import cable_legs
from chainbreak.city.stands import serving
from chainbreak.city.state import State
from chainbreak.city.telephony import ATTACH, DETACH, MO_CALL, MT_CALL, Day, Legs, legs_of, signals

FAMILY = {"L0": ports, "L1": ports, "L2": ports, "L3": ports, "L4": bank, "L5": bank, "L6": cable}


@dataclass
class BoxDay:
    """A box's day: its sessions, its legs, and calls that a person answered (victim line, line, second, duration)."""

    sessions: Sessions
    legs: Legs
    answered: tuple[Ints, Ints, Ints, Ints]


def boxes_today(day: Day, state: State) -> list[BoxDay]:
    """The day of every box that works; the other parties' legs are with the box they talked to."""
    working = [FAMILY[box.level].sessions(day, box, state) for box in day.world.boxes if works(day, box)]
    found = [sessions for sessions in working if len(sessions.port)]
    exchange = Exchange(day, found, state)
    exchange.run()
    cable_legs(exchange, day.rng("cable"))
    messages(exchange, day.rng("box messages"))
    return [_box_day(exchange, number) for number in range(len(found))]


def works(day: Day, box: Box) -> bool:
    """Whether a box works on a day: a company's on weekdays, a gang's from its first day on, save some pauses."""
    if box.gang < 0:
        return not day.weekend
    pauses = day.number > box.first_day + 1 and day.rng("pause", box.name).random() < day.world.mix["box"]["pauses"]
    return day.number >= box.first_day and not pauses


def _box_day(exchange: Exchange, number: int) -> BoxDay:
    day, sessions = exchange.day, exchange.boxes[number]
    rng, first = day.rng("box", sessions.box.name), exchange.first[number]
    session, second, length, kind, peer = rows_of(
        [row for row in exchange.traffic.own if exchange.box[row[0]] == number])  # fmt: skip
    session = session - first
    drift = day.world.mix["levels"][sessions.box.level]["drift"]
    cell, x, y = serving(rng, sessions.stands, sessions.spot[session], drift)
    answered = np.where(kind <= MT_CALL, length > 0, -1)
    own = legs_of(second, length, kind, sessions.line[session], sessions.handset[session], peer, cell, answered)
    legs = [own.placed(x, y, sessions.slow), _attachments(day, rng, sessions), _others(exchange, number)]
    hit = (kind == MO_CALL) & (length > 0) & (peer < day.world.people.n)
    return BoxDay(sessions, Legs.joined(legs),
                  (peer[hit], sessions.line[session[hit]], second[hit], length[hit]))  # fmt: skip


def _others(exchange: Exchange, number: int) -> Legs:
    """The legs of those who talked to a box's cards."""
    mine = {exchange.line[s] for s in range(exchange.first[number], exchange.first[number + 1])}
    day = exchange.day
    line, second, length, kind, peer = rows_of([row for row in exchange.traffic.others if row[4] in mine])
    cell = day.cells(line, second)
    return legs_of(second, length, kind, line, day.handset[line], peer, cell, (length > 0).astype(np.int64))


def _attachments(day: Day, rng: Rng, sessions: Sessions) -> Legs:
    """A card enters and leaves the network with its session, as far as the network writes it down: many a gateway cuts
    a card off without a word. Radio modules also start again now and then, as telephones do.
    """
    row, n = day.world.mix["levels"][sessions.box.level], len(sessions.line)
    came = np.flatnonzero((sessions.begin > 0) & (rng.random(n) < row["signalled"]))
    left = np.flatnonzero((sessions.end < DAY_S) & (rng.random(n) < row["signalled"]))
    share = (sessions.end - sessions.begin) / DAY_S
    again = np.repeat(np.arange(n), rng.poisson(day.world.mix["box"]["restarts"] * share))
    off = sessions.begin[again] + (rng.random(len(again)) * (sessions.end - sessions.begin)[again]).astype(np.int64)
    on = off + 20 + rng.exponential(60, len(again)).astype(np.int64)
    on = np.minimum(on, sessions.end[again] - 1)
    which = np.concatenate([came, left, again, again])
    second = np.concatenate([np.maximum(sessions.begin[came] - rng.integers(4, 20, len(came)), 0),
                             sessions.end[left] + rng.integers(1, 9, len(left)), off, on])  # fmt: skip
    kinds = np.repeat([ATTACH, DETACH, DETACH, ATTACH], [len(came), len(left), len(again), len(again)])
    cell, x, y = serving(rng, sessions.stands, sessions.spot[which], row["drift"])
    legs = []
    for kind in (ATTACH, DETACH):
        at = kinds == kind
        made = signals(day, rng, kind, sessions.line[which[at]], np.minimum(second[at], DAY_S - 1), cell=cell[at],
                       handset=sessions.handset[which[at]])  # fmt: skip
        legs.append(made.placed(x[at], y[at], sessions.slow))
    return Legs.joined(legs)


def lent_today(day: Day, days: list[BoxDay]) -> Ints:
    """Lines of people that are in a box on a day; their persons do not use them."""
    used = np.concatenate([found.sessions.line for found in days] or [day.world.lent])
    return np.intersect1d(used, day.world.lent)


def without_lent(legs: Legs, lent: Ints) -> Legs:
    """Honest legs without those of cards that people have lent to a gang: their calls do not happen, calls to them ring
    in vain.
    """
    gone, to = np.isin(legs.line, lent), np.isin(legs.peer, lent)
    legs.duration[to & (legs.kind == MO_CALL)], legs.answered[to & (legs.kind == MO_CALL)] = 0, 0
    return legs.where(~gone & ~(to & (legs.kind != MO_CALL)))


def session_at(days: list[BoxDay], gang: int, second: int) -> tuple[int, int, int, float, float] | None:
    """A card of the gang that is in a port at `second`: line, handset, cell and place in km."""
    for s in (found.sessions for found in days if found.sessions.box.gang == gang):
        at = np.flatnonzero((s.begin <= second) & (s.end > second + 60))
        if len(at):
            stand = s.stands[int(s.spot[at[0]])]
            return int(s.line[at[0]]), int(s.handset[at[0]]), stand.cell, stand.x, stand.y
    return None


def moment(day: Day, second: int) -> int:
    """A second of the day as µs UTC."""
    return day.world.day_us(day.number) + int(second) * US_PER_S
