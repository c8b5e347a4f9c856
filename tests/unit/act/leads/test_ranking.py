"""A priority is a sum of four terms, falls with time, grows with what is at stake, and hangs on no person."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.leads.model import KINDS, Content, Signals
from chainbreak.act.leads.ranking import POINTS, at_risk, merged, priority, recoverable_fen, still_there, terms
from chainbreak.base.clock import US_PER_HOUR

T0 = 1_795_132_800_000_000
moments = st.integers(T0 - 400 * 24 * US_PER_HOUR, T0)
signals = st.builds(
    Signals, st.lists(st.tuples(moments, st.integers(0, 10**12)), max_size=5).map(tuple),
    st.lists(st.tuples(moments, st.floats(0, 500)), max_size=5).map(tuple), moments,
)  # fmt: skip
kinds = st.sampled_from(sorted(KINDS))


@given(kinds, signals, st.integers(0, 60 * 24))
def test_it_is_the_sum_of_its_terms_and_never_grows_with_time_alone(kind: str, found: Signals, hours: int) -> None:
    later = T0 + hours * US_PER_HOUR
    assert [t.name for t in terms(kind, found, T0)] == ["money", "victims", "freshness", "target"]
    assert priority(kind, found, T0) == sum(t.points for t in terms(kind, found, T0))
    assert priority(kind, found, later) <= priority(kind, found, T0) + 1e-9
    assert all(t.points >= 0 for t in terms(kind, found, later))


@given(kinds, signals, st.integers(1, 10**12))
def test_more_money_at_stake_never_ranks_lower(kind: str, found: Signals, fen: int) -> None:
    more = Signals((*found.losses, (T0, fen)), found.contacts, found.last_us)
    assert priority(kind, more, T0) >= priority(kind, found, T0)


def test_the_share_that_is_still_there_goes_through_the_published_points() -> None:
    assert still_there(0.25) == pytest.approx(1 - 0.28, abs=0.005)
    assert still_there(1.0) == pytest.approx(1 - 0.53, abs=0.005)
    assert still_there(0) == 1
    assert still_there(-5) == 1  # a clock that runs ahead makes no money


@given(signals, st.integers(0, 60 * 24))
def test_merged_signals_rank_as_the_whole_ones_did(found: Signals, hours: int) -> None:
    few = merged(found)
    later = max([T0, *(at for at, _ in found.losses), *(at for at, _ in found.contacts)]) + hours * US_PER_HOUR
    assert sum(fen for _, fen in few.losses) == sum(fen for _, fen in found.losses)
    assert at_risk(few, later) == pytest.approx(at_risk(found, later), abs=1e-5)
    assert abs(priority("account", few, later) - priority("account", found, later)) < 2.5


def test_twice_the_money_is_about_ten_points_once_it_is_large() -> None:
    one, two = (priority("account", Signals(((T0, fen),)), T0) for fen in (10**10, 2 * 10**10))
    assert two - one == pytest.approx(POINTS, abs=0.01)


def test_fresh_money_goes_before_more_money_that_has_left() -> None:
    fresh, old = Signals(((T0, 2_000_000),), (), T0), Signals(((T0 - 72 * US_PER_HOUR, 10_000_000),), (), T0)
    assert recoverable_fen(fresh, T0) > recoverable_fen(old, T0)
    assert priority("account", fresh, T0) > priority("account", old, T0)


def test_with_nothing_else_between_them_the_costlier_target_goes_first() -> None:
    found = Signals((), (), T0)
    order = sorted(KINDS, key=lambda kind: priority(kind, found, T0))
    assert order.index("number") < order.index("account") < order.index("device") < order.index("series")


def test_nothing_of_a_person_goes_in() -> None:
    assert {f.name for f in fields(Signals)} == {"losses", "contacts", "last_us"}
    assert not {"person", "victim", "holder", "suspect"} & {f.name for f in fields(Content)}
