"""One day of the city: (world, day, state) in, records and the next state out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_DAY
from chainbreak.city.boxes import BoxDay, boxes_today, lent_today, without_lent
from chainbreak.city.cases import (
    Case,
    book_payments,
    calls_for_help,
    close_cases,
    follow_up_legs,
    follow_ups,
    open_cases,
    order_payments,
    spared_today,
)
from chainbreak.city.draws import Ints
from chainbreak.city.hotlists import hotlist_table
from chainbreak.city.lookalikes.crowds import Event, crowd_calls, newcomers, outings, restarts
from chainbreak.city.lookalikes.handsets import family_swaps, family_turns, repairs, second_hand
from chainbreak.city.lookalikes.machines import machines, probes
from chainbreak.city.lookalikes.purses import purse_moves
from chainbreak.city.lookalikes.trades import trade_calls
from chainbreak.city.messages import message_table, scam_texts
from chainbreak.city.money import Moves, honest_moves
from chainbreak.city.neighbours import incident_table, inspection_table
from chainbreak.city.openings import opened_domains, opening_visits
from chainbreak.city.reactions import Try, assumed, react
from chainbreak.city.refunds import returned
from chainbreak.city.registrations import registrations
from chainbreak.city.reports import report_rows
from chainbreak.city.sites import lookup_table, move_sites, visit_sites
from chainbreak.city.social import errands, power, service_messages, social_calls, working_calls
from chainbreak.city.state import State
from chainbreak.city.tables import booking_order, call_tables, line_table, seq_of, transfer_table
from chainbreak.city.telephony import MO_CALL, Day, Legs
from chainbreak.city.world import World


@dataclass
class Produced:
    """A day's records: tables by kind, each in the order to be written, and reports; then what the truth needs."""

    day: Day
    tables: dict[str, Iterable[pa.Table]]
    reports: list[dict[str, Any]]
    moved: Moves
    box_days: list[BoxDay]
    opened: list[Case]
    reported: list[Case]
    new_sites: dict[str, int]
    farmed: dict[str, int]
    events: list[Event]
    warned: list[dict[str, Any]]
    spared: list[dict[str, Any]]
    talks: dict[int, list[tuple[int, int]]]


def one_day(world: World, state: State, known: Known, tries: Sequence[Try] = (),
            numbers: Mapping[str, float] | None = None) -> Produced:  # fmt: skip
    """The day after `state.day`; `state` is moved on by it.

    `tries` are the warnings of the day, to which people react as `numbers` say (None: the table of reactions). The same
    day with other warnings has the same chances: nothing differs before the first of them.
    """
    day = Day.of(world, state.day + 1)
    second_hand(day)
    day.outings, events = outings(day)
    sites, new_sites = move_sites(day, state)
    domains = pa.concat_tables([sites, opened_domains(day)])
    box_days = boxes_today(day, state)
    lent = lent_today(day, box_days)
    day.used[lent] = False
    opened = open_cases(day, box_days, state)
    followed = follow_ups(day, box_days, state)
    warned = react(world, state, tries, followed.talks(day), numbers or assumed())
    visits = visit_sites(day, state)
    moved = _money(day, state)
    text_legs, texts, curious = scam_texts(day, state)
    told_legs, told, seen = opening_visits(day)
    registered, codes, farmed = registrations(day, state)
    others = Legs.joined([*honest_legs(day), calls_for_help(day, state), text_legs, told_legs, codes])
    legs = Legs.joined([without_lent(others, lent), *(found.legs for found in box_days),
                        follow_up_legs(day, followed)])  # fmt: skip
    legs, restarted = restarts(day, legs)
    legs = _cut_off(legs, state)
    spared = spared_today(day, state)
    reported = close_cases(day, state)
    tables: dict[str, Iterable[pa.Table]] = {
        "call": call_tables(day, legs), "transfer": [transfer_table(day, moved)], "line": _line_changes(day, state),
        "registration": [registered], "message": [message_table(day, legs, texts + told)],
        "lookup": [lookup_table(day, visits + curious + seen, known.domains)],
        "domain": [domains] if domains.num_rows else [],
        "hotlist": [hotlist_table(day, box_days)],
        "incident": [incident_table(day)], "inspection": [inspection_table(day, known.sites)],
    }  # fmt: skip
    state.day = day.number
    return Produced(day, tables, report_rows(day, reported), moved, box_days, opened, reported, new_sites, farmed,
                    events + restarted, warned, spared, followed.talks(day))  # fmt: skip


@dataclass(frozen=True)
class Known:
    """Registers that days refer to: names of honest domains, most visited first, and inspected sites."""

    domains: pa.Array
    sites: pa.Table


def honest_legs(day: Day) -> list[Legs]:
    """What honest lines do on a day, apart from what gangs bring about."""
    everybody = [social_calls(day), working_calls(day), errands(day), service_messages(day), power(day),
                 crowd_calls(day), newcomers(day)]  # fmt: skip
    return [family_turns(day, Legs.joined(everybody)), *trade_calls(day), family_swaps(day), repairs(day),
            machines(day), probes(day)]  # fmt: skip


def _money(day: Day, state: State) -> Moves:
    """The day's transfers; balances are moved on. What is held in an account does not leave it."""
    fraud, reserve, kept = book_payments(day, state, order_payments(day, state))
    for account, fen in state.held_fen.items():
        reserve[account] += fen
    free = np.maximum(state.balance - reserve, 0)
    moved = Moves.joined([fraud, honest_moves(day, free), purse_moves(day, free)])
    moved = Moves.joined([moved, returned(day, moved, free, state, kept)])
    np.add.at(state.balance, moved.payee, moved.fen)
    np.subtract.at(state.balance, moved.payer, moved.fen)
    return _booked(day, moved, state)


def _booked(day: Day, moved: Moves, state: State) -> Moves:
    """The moves in the order of booking; links say `seq` instead of a place, also those of what is yet to come."""
    order = booking_order(day, moved)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))

    def resolved(link: Ints) -> Ints:
        return np.where(link < 0, seq_of(day, place[-np.minimum(link, -1) - 1]), link) if len(order) else link

    moved.link[:] = resolved(moved.link)
    for row in state.returns:
        row[5] = int(resolved(np.array(row[5])))
    for paid in (paid for case in state.cases for paid in case["paid"]):
        paid[3] = int(resolved(np.array(paid[3])))
    return moved.where(order)


def _cut_off(legs: Legs, state: State) -> Legs:
    """Without the legs of blocked lines; calls to them are not answered."""
    blocked = np.array(sorted(state.blocked_lines), np.int64)
    if len(blocked):
        legs = legs.where(~np.isin(legs.line, blocked))
        lost = np.isin(legs.peer, blocked) & (legs.kind == MO_CALL)
        legs.duration[lost], legs.answered[lost] = 0, 0
    return legs


def _line_changes(day: Day, state: State) -> list[pa.Table]:
    """Lines activated today, and new versions of those that a block closed or a release opened again."""
    dawn, activated = day.world.day_us(day.number), day.world.lines.activated_us
    new = np.flatnonzero((activated >= dawn) & (activated < dawn + US_PER_DAY))
    closed = np.array(sorted(state.blocked_lines - state.closed_lines), np.int64)
    opened = np.array(sorted(state.closed_lines - state.blocked_lines), np.int64)
    state.closed_lines = set(state.blocked_lines)
    changes = ((new, None), (closed, dawn), (opened, None))
    return [line_table(day.world, which, closed_us) for which, closed_us in changes if len(which)]
