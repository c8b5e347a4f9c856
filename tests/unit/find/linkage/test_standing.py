"""Whatever the order in which reports come, go and are decided on, what stands equals linking what is there."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_cases import some_reports

from chainbreak.find.linkage.explain import explain_series
from chainbreak.find.linkage.link import link
from chainbreak.find.linkage.model import Decision, Reports, some_of
from chainbreak.find.linkage.standing import Standing

REPORTS = 90
seeds = st.integers(0, 2**31)


def decisions(rng: np.random.Generator, reports: Reports, n: int = 5) -> list[Decision]:
    pick = lambda: str(reports.ids[rng.integers(0, reports.n)])  # noqa: E731
    return [Decision("confirm" if rng.random() < 0.5 else "reject", pick(), pick()) for _ in range(n)]


def told(standing: Standing) -> str:
    """Series and explanations as bytes that can be compared."""
    return json.dumps([[members, explain_series(standing.about(members), members)] for members in standing.partition()])


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_any_order_and_any_batches_give_the_same_bytes(seed: int) -> None:
    rng, reports = np.random.default_rng(seed), some_reports(seed, REPORTS, 5)
    ruled = decisions(rng, reports)
    whole = Standing(reports, ruled)
    for _ in range(2):
        order, at = rng.permutation(REPORTS), int(rng.integers(1, REPORTS))
        standing = Standing(some_of(reports, order[:at]), ruled)
        while at < REPORTS:
            upto = at + int(rng.integers(1, 20))
            standing.change(some_of(reports, order[at:upto]))
            at = upto
        assert told(standing) == told(whole)
    assert whole.partition() == sorted(link(reports, ruled).partition())


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_deleted_is_never_inserted_and_amended_is_deleted_and_inserted(seed: int) -> None:
    rng, reports = np.random.default_rng(seed), some_reports(seed, REPORTS, 5)
    other = some_reports(seed + 1, REPORTS, 5)
    standing = Standing(reports)
    gone, amended = np.split(rng.permutation(REPORTS)[:40], [25])
    standing.change(some_of(other, amended), gone=[str(reports.ids[row]) for row in gone])
    kept = {str(i): (reports, row) for row, i in enumerate(reports.ids) if row not in gone}
    kept |= {str(other.ids[row]): (other, row) for row in amended}
    expected = Standing(some_of(reports, np.array([row for source, row in kept.values() if source is reports])))
    expected.change(some_of(other, np.array([row for source, row in kept.values() if source is other])))
    assert told(standing) == told(expected)


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_decisions_taken_back_leave_what_was_before_them(seed: int) -> None:
    rng, reports = np.random.default_rng(seed), some_reports(seed, REPORTS, 5)
    standing, first, more = Standing(reports), decisions(rng, reports), decisions(rng, reports)
    before = told(standing)
    standing.decide(first + more)
    assert standing.partition() == sorted(link(reports, first + more).partition())
    standing.decide(first)
    assert standing.partition() == sorted(link(reports, first).partition())
    standing.decide([])
    assert told(standing) == before
    assert not standing.contradictions


def test_a_confirmation_waits_for_the_report_that_it_names() -> None:
    reports = some_reports(1, 40, 40)
    a, b = str(reports.ids[3]), str(reports.ids[20])
    standing = Standing(some_of(reports, np.setdiff1d(np.arange(40), [20])), [Decision("confirm", a, b)])
    standing.change(some_of(reports, np.array([20])))
    assert any({a, b} <= set(members) for members in standing.partition())


def test_what_people_contradict_is_returned_and_confirmed_stays_together() -> None:
    reports = some_reports(2, 30, 30)
    a, b, c = (str(reports.ids[row]) for row in (1, 2, 3))
    standing = Standing(reports, [Decision("confirm", a, b), Decision("confirm", b, c), Decision("reject", a, c)])
    assert standing.contradictions == {(a, c)}
    assert any({a, b, c} <= set(members) for members in standing.partition())
