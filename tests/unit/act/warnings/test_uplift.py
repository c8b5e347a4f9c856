"""The comparison of drawn orders, against least squares written out, a simulation with known truth, and the plan."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from chainbreak.act.warnings.draws import PLACES, drawn_place
from chainbreak.act.warnings.measure.power import design_effect, per_arm
from chainbreak.act.warnings.measure.uplift import Assigned, compare, is_early, t95
from chainbreak.base.errors import UsageError

EFFECT = 0.06
"""By so much the share of losses is lower for whoever is called early, in the simulated world."""
SEEDS = 120
SHARE = (1, 3)  # capacity, waiting


def simulated(seed: int) -> Iterator[tuple[Assigned, bool]]:
    """People of three drawn days and 40 campaigns, which differ in how dangerous they are, and whether each of them
    answers: careful people answer more often and lose less, called or not.
    """
    chance = random.Random(seed)
    danger = [chance.uniform(0.17, 0.35) for _ in range(40)]
    for n in range(1_500):
        draw, campaign = f"D-{seed}-{n % 3}", min(int(chance.expovariate(0.08)), 39)
        early = is_early(drawn_place(draw, f"W-{seed}-{n}"), SHARE[1], SHARE[0])
        careful = chance.random() < 0.5
        loses = danger[campaign] + (-0.1 if careful else 0.1) - (EFFECT if early else 0.0)
        answers = chance.random() < (0.9 if careful else 0.2)
        yield Assigned(draw, str(campaign), early, chance.random() < loses, 100_000), answers


def covered(people: list[Assigned]) -> bool:
    found = compare(people)
    assert found.low is not None, found.why
    assert found.high is not None
    return found.low <= EFFECT <= found.high


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    hits = sum(covered([person for person, _ in simulated(seed)]) for seed in range(SEEDS))
    # Of 120 intervals of 95 % about 114 cover; fewer than 107 or all would be a chance of about one in a hundred.
    assert 107 <= hits < SEEDS, hits


def test_who_was_reached_against_who_was_not_does_not_cover_it() -> None:
    """The comparison that the plan forbids: careful people answer, and would have lost less without us."""
    hits = sum(
        covered([replace(person, early=answered) for person, answered in simulated(seed)]) for seed in range(SEEDS // 2)
    )
    assert hits < SEEDS // 8, hits


def test_it_is_least_squares_with_a_constant_for_each_draw_clustered_by_campaign() -> None:
    people = [person for person, _ in simulated(7)]
    found = compare(people)
    draws, campaigns = sorted({p.draw for p in people}), sorted({p.campaign for p in people})
    x = np.array([[p.early, *(p.draw == draw for draw in draws)] for p in people], float)
    y = np.array([p.lost for p in people], float)
    inverse = np.linalg.inv(x.T @ x)
    slope = inverse @ x.T @ y
    pulls = x * (y - x @ slope)[:, None]
    by_campaign = np.array([pulls[[p.campaign == one for p in people]].sum(axis=0) for one in campaigns])
    n = len(campaigns)
    spread = inverse @ (by_campaign.T @ by_campaign) @ inverse * n / (n - 1)
    half = student.ppf(0.975, n - 1) * np.sqrt(spread[0, 0])
    assert found.difference == pytest.approx(-slope[0])
    assert (found.low, found.high) == pytest.approx((-slope[0] - half, -slope[0] + half), abs=1e-5)


@given(st.randoms(use_true_random=False))
def test_the_order_of_people_changes_nothing(chance: random.Random) -> None:
    people = [person for person, _ in simulated(3)][:300]
    shuffled = list(people)
    chance.shuffle(shuffled)
    assert compare(shuffled) == compare(people)


def test_a_campaign_that_fares_alike_widens_the_interval() -> None:
    alike = [Assigned("D", str(n // 60), n % 2 == 0, (n // 60) % 2 == n % 2, None) for n in range(1200)]
    alone = [replace(person, campaign=str(n)) for n, person in enumerate(alike)]
    together, apart = compare(alike), compare(alone)
    assert together.difference == pytest.approx(apart.difference)
    assert together.effect is not None
    assert together.effect > 10
    assert apart.effect == pytest.approx(1.0, abs=0.01)


def test_too_little_is_not_known_yet_and_says_what_is_missing() -> None:
    people = [Assigned("D", str(n % 20), n % 2 == 0, n < 12, 5) for n in range(100)]
    assert compare(people).why == ""
    assert compare(people[:40]).why == "people"
    assert compare([replace(p, campaign="one") for p in people]).why == "campaigns"
    unharmed = compare([replace(p, lost=False) for p in people])
    assert (unharmed.why, unharmed.difference, unharmed.averted_fen) == ("losses", None, None)
    assert compare([]).why == "people"


def test_a_draw_of_one_arm_compares_nothing() -> None:
    people = [Assigned("D", str(n % 20), n % 2 == 0, n < 12, 5) for n in range(100)]
    lonely = [Assigned("E", "x", True, True, 10**12)] * 50
    assert compare([*people, *lonely]) == compare(people)


def test_averted_is_the_difference_times_what_the_early_ones_had_at_stake() -> None:
    people = [
        Assigned("D", str(n % 23), n % 2 == 0, n % 2 == 1 and n < 40, 1_000 if n % 4 else None) for n in range(200)
    ]
    found = compare(people)
    assert found.stake_fen == 50 * 1_000
    assert found.difference is not None
    assert found.averted_fen == round(found.difference * 50_000)
    assert found.averted_low_fen is not None
    assert found.averted_low_fen < found.averted_fen


def test_places_are_told_from_the_seed_alone_and_a_third_of_them_is_early() -> None:
    early = [is_early(drawn_place("5eed", f"W-{n}"), 300, 100) for n in range(9_000)]
    assert early == [is_early(drawn_place("5eed", f"W-{n}"), 300, 100) for n in range(9_000)]
    assert 2_850 < sum(early) < 3_150
    assert not is_early(0, 300, 0)
    assert is_early(PLACES - 1, 300, 300)


def test_the_need_told_beforehand_is_that_of_the_plan() -> None:
    assert round(per_arm(0.05, 0.04), -2) == 6_700
    assert round(per_arm(0.05, 0.025), -2) == 900
    assert per_arm(0.05, 0.025, design_effect([20] * 45, 0.02)) == pytest.approx(1.38 * per_arm(0.05, 0.025), abs=2)
    assert design_effect([], 0.1) == 1.0
    with pytest.raises(UsageError, match="CB-WA-187"):
        per_arm(0.05, 0.05)


@pytest.mark.parametrize("freedom", [9, 12, 20, 39, 200])
def test_students_quantile(freedom: int) -> None:
    assert t95(freedom) == pytest.approx(student.ppf(0.975, freedom), abs=2e-4)
