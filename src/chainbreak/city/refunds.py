"""Money that goes back, each time linked to what it returns: refunds of shops, payments to a wrong account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from chainbreak.base.clock import US_PER_DAY, US_PER_S
from chainbreak.city.draws import Bools, Ints, Rng, lognormal
from chainbreak.city.money import APP, MERCHANT, ONLINE, RETURN, YUAN, Moves, affordable, moves
from chainbreak.city.state import State
from chainbreak.city.telephony import Day, hours_of

SOONEST_S, LATEST_S = 20, 240 * 3600
"""A return is booked no sooner after its original, so that banks' clocks cannot turn the two round; nor later."""
AT_ONCE_S = 90
"""By then the payee's bank has turned away what names somebody else's account."""


def returned(day: Day, moved: Moves, free: Ints, state: State, kept: int = 0) -> Moves:
    """To follow `moved`, the day's other transfers: what was promised earlier and falls due, payments to wrong
    accounts, and what of both and of purchases comes back today. Later returns join `state.returns`.

    What came in today is not spent today, so that it can go back whatever `free` (fen) says of the account. `kept`: how
    many transfers of gangs, first among the moves, warnings kept from happening: they take their part in the draws.
    """
    rng, row = day.rng("returns"), day.world.mix["habits"]["returns"]
    due, wrong = affordable(_due(day, state), free), affordable(_mistyped(day, rng, row), free)
    first_wrong = len(moved.at) + len(due.at)
    backs = Moves.joined([_refunds(day, rng, row, moved, kept), _given_back(rng, row, wrong, first_wrong)])
    today = backs.at < day.world.day_us(day.number) + US_PER_DAY
    later = backs.where(~today)
    state.returns += np.stack([later.at, later.payer, later.payee, later.fen, later.channel, later.link]).T.tolist()
    return Moves.joined([due, wrong, backs.where(today & ~np.isin(backs.payer, list(state.held_fen)))])


def _due(day: Day, state: State) -> Moves:
    """Earlier days' returns that are due today."""
    end = day.world.day_us(day.number) + US_PER_DAY
    rows = np.array([row for row in state.returns if row[0] < end], np.int64).reshape(-1, 6)
    state.returns = [row for row in state.returns if row[0] >= end]
    at, payer, payee, fen, channel, link = rows.T
    none = np.zeros(len(at), np.int64)
    return Moves(at, payer, payee, fen, none + RETURN, channel, none, none, link, none - 1)


def _mistyped(day: Day, rng: Rng, row: dict[str, Any]) -> Moves:
    """Payments to somebody else's account, of the sizes of gifts."""
    people = day.world.people
    who = np.flatnonzero(rng.random(people.n) < row["mistyped_per_day"])
    fen = np.maximum(lognormal(rng, 300, 1.3, len(who)).astype(np.int64), 1) * YUAN
    return moves(day, hours_of(rng, people.rhythm[who]), who, rng.integers(0, people.n, len(who)), fen, APP)


def _refunds(day: Day, rng: Rng, row: dict[str, Any], moved: Moves, kept: int) -> Moves:
    """Shops' refunds of some of the day's purchases, whole or in part."""
    sold = (moved.channel == MERCHANT) & (day.world.accounts.kind[moved.payee] == 1)
    places = np.flatnonzero(sold & (rng.random(len(moved.at) + kept)[kept:] < row["purchases"]))
    bought = moved.where(places)
    in_part = rng.random(len(places)) < row["in_part"]
    share = np.where(in_part, rng.uniform(0.1, 0.9, len(places)), 1.0)
    fen = np.maximum((bought.fen * share).astype(np.int64), 1)
    return _backs(bought, fen, _after_s(rng, row, len(places)), places, ONLINE)


def _given_back(rng: Rng, row: dict[str, Any], wrong: Moves, first: int) -> Moves:
    """Of payments to wrong accounts, `first` the place of the first: turned away at once by the payee's bank, or given
    back in time; the others are kept.
    """
    lot = rng.random(len(wrong.at))
    at_once: Bools = lot < row["turned_away"]
    after = np.where(at_once, rng.integers(SOONEST_S, AT_ONCE_S, len(lot)), _after_s(rng, row, len(lot)))
    comes = lot < row["turned_away"] + (1 - row["turned_away"]) * row["given_back"]
    return _backs(wrong, wrong.fen, after, first + np.arange(len(lot)), ONLINE).where(comes)


def _after_s(rng: Rng, row: dict[str, Any], n: int) -> Ints:
    seconds = lognormal(rng, row["after_h"]["median"] * 3600, row["after_h"]["sigma"], n)
    return np.clip(seconds, SOONEST_S, LATEST_S).astype(np.int64)


def _backs(of: Moves, fen: Ints, after_s: Ints, places: Ints, channel: int) -> Moves:
    """Returns of the payments `of`, which are at these places of the day's moves."""
    nothing = np.zeros(len(fen), np.int64)
    return replace(of, at=of.at + after_s * US_PER_S, payer=of.payee, payee=of.payer, fen=fen, kind=nothing + RETURN,
                   channel=nothing + channel, link=-(places + 1), device=nothing - 1)  # fmt: skip
