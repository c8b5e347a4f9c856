"""Properties of the plan of visits: each once, nobody in two places, the same from the same, sooner for what is due."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.act.warnings.visits import travel
from chainbreak.act.warnings.visits.crews import Staff, crews, members
from chainbreak.act.warnings.visits.plan import Stop, Team, by_minutes_left, plan
from chainbreak.base.clock import US_PER_MIN

NOW = 1_795_147_200_000_000
places = st.none() | st.tuples(st.floats(29.9, 30.1), st.floats(119.9, 120.1))
stops = st.lists(
    st.tuples(places, st.integers(-60, 600), st.integers(0, 10**9), st.integers(0, 10**6)), max_size=25
).map(
    lambda rows: [
        Stop(f"V-{n:03d}", place, NOW + due * US_PER_MIN, stake, since)
        for n, (place, due, stake, since) in enumerate(rows)
    ]
)
teams = st.lists(st.tuples(places, st.integers(-10, 120)), min_size=1, max_size=5).map(
    lambda rows: [Team(f"t{n}", place, NOW + free * US_PER_MIN) for n, (place, free) in enumerate(rows)]
)


@settings(max_examples=60, deadline=None)
@given(stops, teams, st.randoms(use_true_random=False))
def test_every_visit_is_planned_once_and_the_same_in_whatever_order_they_are_named(
    some: list[Stop], crew: list[Team], draw: random.Random
) -> None:
    legs = plan(some, crew, NOW)
    assert sorted(leg.visit_id for leg in legs) == [stop.visit_id for stop in some]
    mixed, others = draw.sample(some, len(some)), draw.sample(crew, len(crew))
    assert plan(mixed, others, NOW) == legs


@settings(max_examples=60, deadline=None)
@given(stops, teams)
def test_nobody_is_at_two_doors_at_once(some: list[Stop], crew: list[Team]) -> None:
    by_id, legs = {stop.visit_id: stop for stop in some}, plan(some, crew, NOW)
    for team in crew:
        tour = [leg for leg in legs if leg.team == team.name]
        assert [leg.turn for leg in tour] == list(range(1, len(tour) + 1))
        place, free = team.place, max(NOW, team.free_us)
        for leg in tour:
            stop = by_id[leg.visit_id]
            way = travel.way_us(place, stop.place)
            # The plan lies on a plane, the way on a ball: within these few kilometres they agree to a second in 1,000.
            assert leg.eta_us - free >= way * 0.999 - US_PER_MIN / 60
            assert abs(leg.late_min - max(0, leg.eta_us - stop.due_us) / US_PER_MIN) < 0.001
            place, free = stop.place, leg.eta_us + travel.AT_DOOR_MIN * US_PER_MIN


@settings(max_examples=30, deadline=None)
@given(stops.filter(bool), teams)
def test_after_an_event_the_rest_is_planned_anew_without_loss(some: list[Stop], crew: list[Team]) -> None:
    first = plan(some, crew, NOW)[0]
    rest = [stop for stop in some if stop.visit_id != first.visit_id]
    done_at = first.eta_us + travel.AT_DOOR_MIN * US_PER_MIN
    place = next(stop.place for stop in some if stop.visit_id == first.visit_id)
    moved = [Team(t.name, place, done_at) if t.name == first.team else t for t in crew]
    again = plan(rest, moved, NOW + US_PER_MIN)
    assert sorted(leg.visit_id for leg in again) == [stop.visit_id for stop in rest]
    assert plan(rest, moved, NOW + US_PER_MIN) == again


def test_the_queue_is_by_minutes_left_then_stake_then_age() -> None:
    here = (30.0, 120.0)
    due = NOW + 60 * US_PER_MIN
    some = [
        Stop("V-poor", here, due, 5, 1), Stop("V-old", here, due, 9, 1), Stop("V-rich", here, due, 9, 2),
        Stop("V-far", (30.2, 120.0), due, 0, 0), Stop("V-soon", here, due - US_PER_MIN, 0, 9),
    ]  # fmt: skip
    order = [stop.visit_id for stop in by_minutes_left(some, [Team("a", here, NOW)], NOW)]
    assert order == ["V-far", "V-soon", "V-old", "V-rich", "V-poor"]


def test_what_is_due_comes_before_what_is_near() -> None:
    team = Team("a", (30.0, 120.0), NOW)
    near = [Stop(f"V-{n}", (30.0, 120.001), NOW + 600 * US_PER_MIN) for n in range(5)]
    far = Stop("V-due", (30.0, 120.1), NOW + 40 * US_PER_MIN)
    legs = plan([*near, far], [team], NOW)
    assert legs[0].visit_id == "V-due"
    assert all(leg.late_min == 0 for leg in legs)


def test_doors_of_one_place_are_visited_together_when_nothing_hurries() -> None:
    due = NOW + 900 * US_PER_MIN
    west, east = (30.0, 119.9), (30.0, 120.1)
    some = [Stop(f"V-{n}", west if n % 2 else east, due + n) for n in range(8)]
    tour = [leg.visit_id for leg in plan(some, [Team("a", (30.0, 120.0), NOW)], NOW)]
    sides = [int(name[-1]) % 2 for name in tour]
    assert sum(a != b for a, b in pairwise(sides)) == 1


@given(st.lists(places, min_size=1, max_size=9), st.booleans())
def test_at_night_nobody_goes_alone_and_nobody_goes_twice(where: list[travel.Place], night: bool) -> None:
    staff = [Staff(f"p{n}", place, NOW) for n, place in enumerate(where)]
    found, left = crews(staff, night)
    gone = [name for team in found for name in members(team.name)]
    assert sorted([*gone, *left]) == sorted(one.name for one in staff)
    assert {len(members(team.name)) for team in found} <= ({2} if night else {1})
    assert len(left) == (len(where) % 2 if night else 0)
