"""Honest accounts that money passes through: what each class does in a week, and that none of them is a gang's."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from tests.support.honest import honest_world

from chainbreak.base.clock import US_PER_HOUR
from chainbreak.city.lookalikes.purses import purse_moves, purses
from chainbreak.city.money import Moves, affordable
from chainbreak.city.telephony import Day
from chainbreak.city.world import World

DAYS = 7


@pytest.fixture(scope="module")
def world() -> World:
    """Five thousand people for a week."""
    return honest_world(12, date(2026, 11, 2), people=5_000, days=DAYS, sites=20)


@pytest.fixture(scope="module")
def week(world: World) -> Moves:
    """All transfers of such accounts in the week, from balances that last."""
    return Moves.joined([purse_moves(Day.of(world, n), world.accounts.opening_fen.copy()) for n in range(1, DAYS + 1)])


def test_no_account_is_a_gangs_or_of_two_classes(world: World) -> None:
    every = np.concatenate(list(purses(world).values()))
    rented = np.concatenate([members for gang in world.gangs for members in gang.mules.values()])
    assert len(np.unique(every)) == len(every)
    assert not np.isin(every, rented).any()
    assert (world.accounts.kind[every] == 0).all()


@pytest.mark.parametrize(
    ("name", "payers", "payees", "passed", "hours"),
    [("group_buyer", (8, 60), (1, 2), (0.80, 0.95), 5), ("foreman", (1, 1), (8, 31), (0.90, 1.0), 2),
     ("till", (15, 70), (1, 1), (0.55, 1.0), 16), ("sublet", (1, 13), (1, 1), (0.70, 0.93), 16),
     ("collection", (10, 60), (1, 1), (0.99, 1.0), 14)],
)  # fmt: skip
def test_each_class_does_what_it_says(
    world: World, week: Moves, name: str, payers: tuple[int, int], payees: tuple[int, int],
    passed: tuple[float, float], hours: int,
) -> None:  # fmt: skip
    seen = 0
    # First accounts also buy and receive as their owners; the second ones are used for this alone.
    own = purses(world)[name]
    for account in own[own >= world.people.n].tolist():
        for day in range(1, DAYS + 1):
            dawn = world.day_us(day)
            today = week.where((week.at >= dawn) & (week.at < dawn + 24 * US_PER_HOUR))
            came, went = today.where(today.payee == account), today.where(today.payer == account)
            if not len(came.at) or not len(went.at):
                continue
            seen += 1
            assert payers[0] <= len(np.unique(came.payer)) <= payers[1]
            assert payees[0] <= len(np.unique(went.payee)) <= payees[1]
            assert passed[0] <= went.fen.sum() / came.fen.sum() <= passed[1]
            assert went.at.max() - came.at.max() <= hours * US_PER_HOUR
            assert (went.at >= came.at.min()).all()
    assert seen >= 2


def test_nobody_pays_in_what_he_has_not_got(world: World) -> None:
    broke = np.zeros(world.accounts.n, np.int64)
    for number in range(1, DAYS + 1):
        assert not len(purse_moves(Day.of(world, number), broke).at)
    left = world.accounts.opening_fen.copy()
    before = left.copy()
    moved = purse_moves(Day.of(world, 3), left)
    mine = np.concatenate(list(purses(world).values()))
    paid_in = moved.where(~np.isin(moved.payer, mine))
    assert len(affordable(paid_in, before.copy()).at) == len(paid_in.at)
    assert (left >= 0).all()
