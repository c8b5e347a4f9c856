"""One day of the city: (world, day, state) in, records and the next state out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chainbreak.city.boxes import BoxDay, box_day
from chainbreak.city.cases import (
    Case,
    book_payments,
    calls_for_help,
    close_cases,
    follow_ups,
    open_cases,
    order_payments,
)
from chainbreak.city.lookalikes import family_swaps, family_turns, machines, repairs, second_hand, trade_calls
from chainbreak.city.money import Moves, honest_moves
from chainbreak.city.state import State
from chainbreak.city.tables import call_tables, transfer_table
from chainbreak.city.telephony import Day, Legs, power, service_messages, social_calls
from chainbreak.city.world import World


@dataclass
class Produced:
    """A day's records: tables to stream by kind, reports, and what the truth needs."""

    day: Day
    calls: Iterator[pa.Table]
    transfers: pa.Table
    moved: Moves
    box_days: list[BoxDay]
    opened: list[Case]
    reported: list[Case]


def one_day(world: World, state: State) -> Produced:
    """The day after `state.day`; `state` is moved on by it."""
    day = Day.of(world, state.day + 1)
    second_hand(day)
    box_days = [found for box in world.boxes if (found := box_day(day, box, state))]
    opened = open_cases(day, box_days, state)
    order_payments(day, state)
    fraud, reserve = book_payments(day, state)
    honest = honest_moves(day, state.balance - reserve)
    transfers, moved = transfer_table(day, Moves.joined([fraud, honest]))
    legs = Legs.joined([*_honest_legs(day), *(found.legs for found in box_days), follow_ups(day, box_days, state),
                        calls_for_help(day, state)])  # fmt: skip
    np.add.at(state.balance, moved.payee, moved.fen)
    np.subtract.at(state.balance, moved.payer, moved.fen)
    reported = close_cases(day, state)
    state.day = day.number
    return Produced(day, call_tables(day, legs), transfers, moved, box_days, opened, reported)


def _honest_legs(day: Day) -> list[Legs]:
    everybody = family_turns(day, Legs.joined([social_calls(day), service_messages(day), power(day)]))
    return [everybody, *trade_calls(day), family_swaps(day), repairs(day), machines(day)]
