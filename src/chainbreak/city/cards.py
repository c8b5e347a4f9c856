"""Which cards are in a box: blocked ones replaced within the hour, worn-out ones overnight; flight after blocks."""

from __future__ import annotations

import numpy as np

from chainbreak.city.draws import Ints, scattered
from chainbreak.city.gangs import Box
from chainbreak.city.stands import moved_by
from chainbreak.city.state import BoxState, Slot, State
from chainbreak.city.telephony import Day

IMEIS = (1, 1, 1, 2, 1, 3, 2, 6)
"""Different IMEIs that a box writes for a card: real fraud cards have 1 to 2 in the middle, 4 and more at the top."""
FLEES_AFTER = 3
"""Blocked cards after which a gang moves its box or writes other IMEIs into it."""


def refill(day: Day, box: Box, state: State) -> dict[int, int]:
    """Put cards into empty, worn-out and blocked places; returns replaced line -> second at which the new one starts.

    With the stock used up a place stays empty. After `FLEES_AFTER` blocks the gang reacts: `BoxState.fled` grows.
    """
    life, rng = day.world.mix["levels"][box.level]["life"], day.rng("refill", box.name)
    own = state.boxes.setdefault(box.name, BoxState())
    if not own.slots:
        own.slots.extend(Slot(-1, day.number) for _ in range(box.ports * box.pool))
    late: dict[int, int] = {}
    for slot in own.slots:
        blocked = slot.line in state.blocked_lines
        worn = box.gang >= 0 and slot.line >= 0 and day.number - slot.since >= _life(slot.line, life)
        if slot.line < 0 or blocked or worn:
            own.blocked += int(blocked)
            slot.line, slot.since = _next_card(day, box, own, state.blocked_lines), day.number
            if blocked and slot.line >= 0:
                late[slot.line] = int(rng.integers(300, 3_600))
    if own.blocked >= FLEES_AFTER:
        own.fled, own.blocked = own.fled + 1, 0
    return late


def _life(line: int, life: list[int]) -> int:
    """Days that a card is used: its own number between the level's least and most."""
    return int(life[0] + scattered(np.array([line]), 71)[0] % (life[1] - life[0] + 1))


def _next_card(day: Day, box: Box, own: BoxState, blocked: set[int]) -> int:
    """The next card of the stock that is activated and not blocked, or -1."""
    dawn = day.world.day_us(day.number)
    while own.unused < len(box.stock):
        line = int(box.stock[own.unused])
        own.unused += 1
        if day.world.lines.activated_us[line] < dawn and line not in blocked:
            return line
    return -1


def place_of(day: Day, box: Box, state: State) -> int:
    """Which of its stands a box is at: it moves by plan, and every other box when it flees; the others write themselves
    other IMEIs.
    """
    return moved_by(day.world, box, day.number) + (state.boxes[box.name].fled if box.number % 2 else 0)


def handset_of(day: Day, box: Box, state: State, port: int, line: int, draw: int) -> int:
    """The handset that a card seems to be in: its port's, its own, or one of those that the box writes for it."""
    kind = day.world.mix["levels"][box.level]["imei"]
    if kind == "own":
        return int(day.world.lines.handset[line])
    if kind == "rewritten":
        changed = 0 if box.number % 2 else state.boxes[box.name].fled
        which = np.array([(line * 8 + draw % IMEIS[line % len(IMEIS)]) * 16 + changed])
        return int(box.handsets[scattered(which, 72)[0] % len(box.handsets)])
    return int(box.handsets[port % len(box.handsets)])


def cards_in(box: Box, state: State) -> Ints:
    """The cards of a box by place; -1 where a place is empty."""
    return np.array([slot.line for slot in state.boxes[box.name].slots])
