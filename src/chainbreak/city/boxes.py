"""A day of the boxes: which card is in which port, what each port dials, and who is caught on the telephone.

The ports' sessions are the level's doing; calling is the same for all, so that further levels bring sessions only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainbreak.base.clock import US_PER_S
from chainbreak.city.draws import DAY_S, Ints, Rng, scattered, stream
from chainbreak.city.gangs import Box
from chainbreak.city.state import Slot, State
from chainbreak.city.telephony import ATTACH, DETACH, MT_SMS, Day, Legs, calls, signals, talk

NIGHT_ENDS_S = 7 * 3_600
LIST_A_DAY = 1_000
"""Numbers of its list that a box gets through on a day, about."""


@dataclass
class Sessions:
    """Grain: one stay of one card in one port. port, line, handset; begin and end as seconds of the day."""

    box: Box
    port: Ints
    line: Ints
    handset: Ints
    begin: Ints
    end: Ints


@dataclass
class BoxDay:
    """A box's day: its sessions, its legs, and calls that a person answered (victim line, line, second, duration)."""

    sessions: Sessions
    legs: Legs
    answered: tuple[Ints, Ints, Ints, Ints]


def refill(day: Day, box: Box, state: State) -> dict[int, int]:
    """Put cards into empty, worn-out and blocked places; returns replaced line -> second at which the new one starts.

    A blocked card is replaced within the hour, a worn-out one overnight; with the stock used up the place stays empty.
    """
    life, rng = day.world.mix["levels"][box.level]["life"], day.rng("refill", box.name)
    slots = state.slots.setdefault(box.name, [])
    if not slots:
        slots.extend(Slot(-1, day.number) for _ in range(box.ports * box.pool))
    late: dict[int, int] = {}
    for slot in slots:
        blocked = slot.line in state.blocked_lines
        span = life[0] + int(scattered(np.array([max(slot.line, 0)]), 71)[0]) % (life[1] - life[0] + 1)
        worn = box.gang >= 0 and day.number - slot.since >= span
        if slot.line < 0 or blocked or worn:
            slot.line, slot.since = _next_card(day, box, state), day.number
            if blocked and slot.line >= 0:
                late[slot.line] = int(rng.integers(300, 3_600))
    return late


def _next_card(day: Day, box: Box, state: State) -> int:
    """The next card of the stock that is activated and not blocked, or -1."""
    dawn, at = day.world.day_us(day.number), state.unused.get(box.name, 0)
    while at < len(box.stock):
        line = int(box.stock[at])
        at += 1
        if day.world.lines.activated_us[line] < dawn and line not in state.blocked_lines:
            state.unused[box.name] = at
            return line
    state.unused[box.name] = at
    return -1


def sessions_of(day: Day, box: Box, state: State) -> Sessions:
    """The day's sessions of a box: one a port all day, or cards taking turns of 20 to 90 minutes."""
    row, rng = day.world.mix["levels"][box.level], day.rng("sessions", box.name)
    late = refill(day, box, state)
    cards = np.array([slot.line for slot in state.slots[box.name]]).reshape(box.ports, box.pool)
    rows: list[tuple[int, int, int, int, int]] = []
    for port in range(box.ports):
        start, stop = _working_hours(rng, row)
        present = cards[port][cards[port] >= 0]
        turn = int(rng.integers(0, max(1, len(present))))
        while start < stop and len(present):
            line = int(present[turn % len(present)])
            stay = int(rng.integers(row["on_min"][0], row["on_min"][1] + 1) * 60) or DAY_S
            end = min(start + stay, stop)
            begin = max(start, late.get(line, 0))
            if begin < end:
                rows.append((port, line, _handset(rng, row, box, port, line), begin, end))
            start, turn = end + int(rng.integers(20, 120)), turn + 1
    table = np.array(rows, np.int64).reshape(-1, 5)
    return Sessions(box, *table.T)


def _working_hours(rng: Rng, row: dict[str, Any]) -> tuple[int, int]:
    begin, end = row["hours"]
    if (begin, end) == (0, 24):
        return 0, DAY_S
    return int(begin * 3600 + rng.integers(0, 1_800)), int(end * 3600 - rng.integers(0, 1_800))


def _handset(rng: Rng, row: dict[str, Any], box: Box, port: int, line: int) -> int:
    if row["imei"] != "rewritten":
        return int(box.handsets[port % len(box.handsets)])
    # One to four IMEIs a card: real fraud cards have a median of 2 and seldom more than 4.
    which = line * 8 + int(rng.integers(0, 1 + line % 4))
    return int(box.handsets[scattered(np.array([which]), 72)[0] % len(box.handsets)])


def box_day(day: Day, box: Box, state: State) -> BoxDay | None:
    """The day of one box; None when it does not work that day."""
    if box.gang < 0 and day.weekend:
        return None
    sessions, rng = sessions_of(day, box, state), day.rng("box", box.name)
    if not len(sessions.port):
        return None
    session, second, length = _dialled(day, rng, sessions)
    line, handset = sessions.line[session], sessions.handset[session]
    target = np.empty_like(second)
    target[np.argsort(second, kind="stable")] = _targets(day, rng, box, len(line))
    drift = rng.random(len(line)) < day.world.mix["levels"][box.level]["drift"]
    beside = day.world.places.neighbour(np.full(len(line), box.cell), rng.integers(0, 4, len(line)), 2)
    cell = np.where(drift, beside, box.cell)
    legs = [
        calls(day, rng, line, target, second, length, cell=cell, caller_handset=handset),
        _attachments(day, rng, sessions),
        _called_back(day, rng, sessions, session, target, second, length),
        _texts(day, rng, sessions),
    ]
    hit = (length > 0) & (target < day.world.people.n)
    return BoxDay(sessions, Legs.joined(legs), (target[hit], line[hit], second[hit], length[hit]))


def _dialled(day: Day, rng: Rng, sessions: Sessions) -> tuple[Ints, Ints, Ints]:
    """Calls in sequence on each port, never two at once: session, second and duration of each."""
    row, box = day.world.mix["levels"][sessions.box.level], day.world.mix["box"]
    short_s, long_share = _script(day, sessions.box)
    held = sessions.end - sessions.begin
    port_s = np.bincount(sessions.port, held, minlength=sessions.box.ports)
    cards = np.maximum([len(np.unique(sessions.line[sessions.port == p])) for p in range(len(port_s))], 1)
    wanted = rng.integers(row["calls"][0], row["calls"][1] + 1, len(port_s)) * cards
    gap = port_s / np.maximum(wanted, 1)
    out = []
    for i in range(len(held)):
        mean = float(gap[sessions.port[i]])
        n = int(held[i] / mean * 1.6) + 4
        length = talk(rng, short_s, 0.8, box["answered"], n)
        long = (rng.random(n) < long_share) & (length > 0)
        length[long] = talk(rng, box["long_s"], 0.7, 1.0, int(long.sum()))
        # Whoever is rung at night mostly sleeps on.
        guess = sessions.begin[i] + np.arange(n) * int(mean)
        length[(guess % DAY_S < NIGHT_ENDS_S) & (rng.random(n) < 0.9)] = 0
        pause = rng.exponential(np.maximum(mean - length, mean * 0.35)).astype(np.int64) + 8
        begin = sessions.begin[i] + np.cumsum(pause + length) - length
        fits = begin + length < sessions.end[i]
        out.append(np.stack([np.full(int(fits.sum()), i), begin[fits], length[fits]]))
    session, second, length = np.concatenate(out, axis=1)
    return session, second, length


def _script(day: Day, box: Box) -> tuple[float, float]:
    """The median length of a box's short calls in s, and its share of long ones: its script's, for good."""
    rng, row = stream(day.world.seed, "script", box.name), day.world.mix["box"]
    return float(rng.uniform(*row["short_s"])), float(rng.uniform(*row["long_share"]))


def _targets(day: Day, rng: Rng, box: Box, n: int) -> Ints:
    """The day's part of the gang's dialling list in the order of dialling, with repeats and numbers of other networks.

    Companies ring customers of theirs again and again.
    """
    people, lines = day.world.people.n, day.world.lines
    if box.gang < 0:
        return scattered(box.stock[0] * 5_000 + rng.integers(0, 400, n), 81) % people
    # One list a gang; its boxes begin at different places in it and go on from there every day.
    place = int(scattered(box.stock[:1], 82)[0]) % people + day.number * LIST_A_DAY + np.arange(n)
    listed = (place * 7_919 + box.gang * 104_729) % people
    away = rng.random(n) < day.world.mix["box"]["offnet_share"]
    listed = np.where(away, lines.n + rng.integers(0, lines.outsiders, n), listed)
    again = rng.random(n) < day.world.mix["levels"][box.level]["again"]
    return np.where(again, listed[np.maximum(np.arange(n) - rng.integers(1, 12, n), 0)], listed)


def _attachments(day: Day, rng: Rng, sessions: Sessions) -> Legs:
    """A card enters and leaves the network with its session, save one that is in all day and night."""
    came, left = sessions.begin > 0, sessions.end < DAY_S
    cell = np.full(len(sessions.line), sessions.box.cell)
    return Legs.joined([
        signals(day, rng, ATTACH, sessions.line[came], np.maximum(sessions.begin[came] - rng.integers(4, 20), 0),
                cell=cell[came], handset=sessions.handset[came]),
        signals(day, rng, DETACH, sessions.line[left], np.minimum(sessions.end[left] + rng.integers(1, 9), DAY_S - 1),
                cell=cell[left], handset=sessions.handset[left]),
    ])  # fmt: skip


def _texts(day: Day, rng: Rng, sessions: Sessions) -> Legs:
    """Messages of operators and services, which any card gets; those that waited come when it enters the network."""
    mean = day.world.mix["levels"][sessions.box.level]["texts"]
    which = np.repeat(np.arange(len(sessions.line)), rng.poisson(mean, len(sessions.line)))
    span = sessions.end[which] - sessions.begin[which]
    later = (rng.random(len(which)) * span).astype(np.int64)
    at = sessions.begin[which] + np.where(rng.random(len(which)) < 0.5, rng.integers(3, 60, len(which)), later)
    sender, cell = rng.choice(day.world.lines.senders, len(which)), np.full(len(which), sessions.box.cell)
    return signals(day, rng, MT_SMS, sessions.line[which], np.minimum(at, sessions.end[which] - 1), sender, cell=cell,
                   handset=sessions.handset[which])  # fmt: skip


def _called_back(
    day: Day, rng: Rng, sessions: Sessions, session: Ints, target: Ints, second: Ints, length: Ints
) -> Legs:
    """People who ring the number they missed: some are taken; a card out of its port is not even reached."""
    share = day.world.mix["levels"][sessions.box.level]["back"]
    back = (length == 0) & (rng.random(len(length)) < share)
    again = second[back] + rng.integers(60, 4_000, int(back.sum()))
    which, reached = session[back], again < sessions.end[session[back]]
    line = sessions.line[which]
    taken = talk(rng, _script(day, sessions.box)[0] * 2, 0.8, day.world.mix["box"]["picked_up"], len(line)) * reached
    outgoing = calls(day, rng, target[back], line, again, taken)
    own = outgoing.line >= 0
    mine = np.isin(outgoing.line, sessions.line)
    reached_at = np.zeros(len(own), bool)
    # `calls` lists the callers' legs first, then the callees' in the order given: the last ones are the box's.
    reached_at[len(own) - len(line) :] = reached
    outgoing.handset[len(own) - len(line) :] = sessions.handset[which]
    inside = outgoing.second < DAY_S - 1
    return outgoing.where((~mine | reached_at) & inside)


def session_at(box_days: list[BoxDay], gang: int, second: int) -> tuple[Box, int, int] | None:
    """A card of the gang that is in a port at `second`: box, line and handset."""
    for found in box_days:
        s = found.sessions
        if s.box.gang == gang:
            at = np.flatnonzero((s.begin <= second) & (s.end > second + 60))
            if len(at):
                return s.box, int(s.line[at[0]]), int(s.handset[at[0]])
    return None


def moment(day: Day, second: int) -> int:
    """A second of the day as µs UTC."""
    return day.world.day_us(day.number) + int(second) * US_PER_S
