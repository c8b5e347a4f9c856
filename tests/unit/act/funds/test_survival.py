"""Survival curves against figures worked out elsewhere, and against their own definition."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.funds.clock import Course, golden, steps_of, summary, survival, worst_step
from chainbreak.act.funds.dwell import learn
from chainbreak.act.funds.rules import load_rules
from chainbreak.act.funds.survival import Stay, kaplan_meier, prior_curve

MINUTE = 60_000_000
# Remission of 21 leukaemia patients on 6-mercaptopurine, weeks (Freireich et al., Blood 21 (1963) 699), the textbook
# example of the estimator: relapse at these times, "+" when last seen without.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
LAST_SEEN = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_the_textbook_curve_and_its_greenwood_interval() -> None:
    stays = [Stay(week, True, 1, i) for i, week in enumerate(RELAPSED)]
    stays += [Stay(week, False, 1, 100 + i) for i, week in enumerate(LAST_SEEN)]
    curve = kaplan_meier(stays, "test")
    assert curve.at_us == (6, 7, 10, 13, 16, 22, 23)
    assert [round(share, 4) for share in curve.share] == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    # Standard error at 23 weeks: 0.1346.
    assert (curve.share[-1] - curve.low[-1]) / 1.959963984540054 == pytest.approx(0.1346, abs=5e-5)
    assert (curve.groups, curve.until_us) == (21, 35)


stays = st.lists(
    st.builds(Stay, st.integers(1, 10**6), st.booleans(), st.integers(1, 10**9), st.integers(0, 9)),
    min_size=1,
    max_size=40,
)


@given(stays)
def test_a_curve_falls_from_one_and_its_interval_holds_it(told: list[Stay]) -> None:
    curve = kaplan_meier(told, "test")
    assert all(a >= b >= 0 for a, b in zip((1.0, *curve.share), curve.share, strict=False))
    assert all(
        0 <= low <= share <= high <= 1 for low, share, high in zip(curve.low, curve.share, curve.high, strict=True)
    )
    assert curve.at(0) == 1


@given(stays)
def test_without_censoring_it_is_the_share_of_money_that_stayed_longer(told: list[Stay]) -> None:
    left = [stay._replace(left=True) for stay in told]
    curve, whole = kaplan_meier(left, "test"), sum(stay.fen for stay in left)
    for at in curve.at_us:
        assert curve.at(at) == pytest.approx(sum(s.fen for s in left if s.us > at) / whole, abs=1e-9)


@given(stays, st.integers(1, 1_000))
def test_the_unit_of_money_does_not_matter(told: list[Stay], times: int) -> None:
    one = kaplan_meier(told, "test")
    other = kaplan_meier([stay._replace(fen=stay.fen * times) for stay in told], "test")
    assert other.share == pytest.approx(one.share)
    assert other.low == pytest.approx(one.low, abs=1e-9)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_the_prior_is_consistent_in_itself(age: int, first: int, then: int) -> None:
    curve = prior_curve(load_rules().prior, "published")
    both = curve.still_there(age * MINUTE, (first + then) * MINUTE)
    step = curve.still_there(age * MINUTE, first * MINUTE) * curve.still_there((age + first) * MINUTE, then * MINUTE)
    assert math.isclose(both, step, rel_tol=1e-9)
    left = curve.median_left_us(age * MINUTE)
    assert left is not None
    assert curve.still_there(age * MINUTE, left) == pytest.approx(0.5, abs=1e-6)


def test_money_that_nobody_has_looked_at_for_years_is_not_an_error() -> None:
    curve, year = prior_curve(load_rules().prior, "published"), 366 * 24 * 60 * MINUTE
    assert curve.still_there(0, year) == 0.0
    assert curve.still_there(year, 15 * MINUTE) == pytest.approx(curve.still_there(60 * MINUTE, 15 * MINUTE))
    assert curve.median_left_us(10 * year) == pytest.approx(curve.median_left_us(60 * MINUTE), abs=2)


def test_the_prior_is_what_was_published() -> None:
    curve = prior_curve(load_rules().prior, "published")
    assert curve.at(15 * MINUTE) == pytest.approx(1 - 0.28)
    assert curve.at(60 * MINUTE) == pytest.approx(1 - 0.53)


def test_too_few_stays_leave_it_to_the_wider_curve() -> None:
    rules = load_rules()
    some = [("A", 1, Stay(MINUTE * (i + 1), True, 1, i)) for i in range(rules.enough - 1)]
    assert learn(some, rules).curve("A", 1).source == rules.prior_source
    more = [*some, ("B", 2, Stay(MINUTE, True, 1, 999))]
    dwell = learn(more, rules)
    assert dwell.curve("A", 1).source == f"Kaplan-Meier, {rules.enough} stays: all accounts"
    # Beyond the longest stay it ever saw a curve says nothing, and the prior speaks.
    assert dwell.curve("A", 1, 10_000 * MINUTE, MINUTE).source == rules.prior_source


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(1, 1_000)), min_size=1, max_size=5),
    st.lists(st.integers(0, 200), min_size=7, max_size=7), st.integers(0, 7), st.lists(st.integers(0, 300), max_size=8),
)  # fmt: skip
def test_the_losses_of_the_steps_add_up_to_all_that_was_lost(
    stolen: list[tuple[int, int]], times: list[int], done: int, left: list[int]
) -> None:
    gone = tuple((max(at, stolen[0][0]), 1) for at in left)
    course = Course(tuple(stolen), gone, 300)
    names = ("report", "trace", "draft", "submit", "approve", "send", "receipt")
    moments = dict(zip(names[:done], times[:done], strict=True))
    rows = steps_of(course, moments)
    end = rows[-1]["at_us"] if rows[-1]["done"] else 300
    assert sum(row["lost_fen"] for row in rows) == course.lost_fen(
        course.theft_us, max(end, *times[:done], course.theft_us)
    )
    assert all(row["minutes"] >= 0 for row in rows)
    if worst := worst_step(rows):
        assert max(row["lost_fen"] for row in rows) == next(r["lost_fen"] for r in rows if r["step"] == worst)
    assert len(rows) == min(done + 1, 7)


def test_a_summary_says_what_half_and_nine_tenths_took() -> None:
    cases = [
        steps_of(Course(((0, 10),), ((5 * MINUTE, 4),), 100 * MINUTE), {"report": minutes * MINUTE})
        for minutes in (1, 2, 3, 4, 10)
    ]
    report = summary(cases)[0]
    assert (report["p50_min"], report["p90_min"], report["cases"]) == (3.0, pytest.approx(7.6), 5)
    # Only the slow report let the money go before it; the others lost it while tracing.
    assert (report["lost_fen"], report["worst_of"]) == (4, 1)
    assert summary(cases)[1]["worst_of"] == 4


def test_the_golden_hour_is_the_curve_at_delay_and_latency() -> None:
    curve = survival([Stay(10 * MINUTE, True, 40, 1), Stay(120 * MINUTE, False, 60, 1)])
    share = {(row["delay_min"], row["latency_min"]): row["share"] for row in golden(curve)}
    assert (share[5, 0], share[5, 5], share[60, 15]) == (1.0, pytest.approx(0.6), pytest.approx(0.6))
    assert golden(survival([Stay(4 * MINUTE, False, 1, 1)]))[0]["share"] is None
