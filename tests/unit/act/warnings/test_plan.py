"""The plan of calls against slow oracles: who is called when, and how many can be reached in time."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chainbreak.act.warnings.draws import PLACES, drawn_place
from chainbreak.act.warnings.plan import Capacity, Waiting, call_times, operators_needed, reachable, waiting_of
from chainbreak.base.clock import US_PER_MIN

rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 6), st.integers(-3, 20), st.integers(-2, 4), st.integers(0, 3)),
    max_size=9,
)  # queue, order, due in min, call at in min, stake


def waiting(table: list[tuple[int, ...]]) -> Waiting:
    return waiting_of((q, o, d * US_PER_MIN, c * US_PER_MIN, s) for q, o, d, c, s in table)


@given(rows, st.integers(1, 3))
def test_calls_go_by_queue_place_and_stake_with_no_operator_in_two_calls(
    table: list[tuple[int, ...]], operators: int
) -> None:
    capacity, them = Capacity(operators, 3.0), waiting(table)
    times = call_times(them, capacity, 0)
    order = sorted(range(len(table)), key=lambda i: (table[i][0], table[i][1], -table[i][4], i))
    assert them.sequence.tolist() == order
    for place, i in enumerate(order):
        assert times[i] == max(place // operators * 3, table[i][3]) * US_PER_MIN


@given(st.lists(st.integers(-2, 14), max_size=7), st.integers(0, 2))
@settings(max_examples=60)
def test_the_most_that_can_be_called_in_time_is_what_trying_every_order_finds(dues: list[int], operators: int) -> None:
    them, capacity = waiting([(0, 0, due, 0, 0) for due in dues]), Capacity(operators, 3.0)
    ahead = [due for due in dues if due >= 0]
    past = len(dues) - len(ahead)  # these are called first
    best = 0
    for order in itertools.permutations(ahead) if operators else ():
        best = max(best, sum((past + i) // operators * 3 <= due for i, due in enumerate(order)))
    assert dict(reachable(them, capacity, 0)) == ({0: (len(ahead), best)} if dues else {})


@given(rows)
def test_with_the_operators_needed_everybody_is_reached_and_with_one_less_somebody_is_not(
    table: list[tuple[int, ...]],
) -> None:
    them = waiting(table)
    enough = operators_needed(them, Capacity(0, 3.0), 0)

    def all_reached(operators: int) -> bool:
        return all(n == m for n, m in reachable(them, Capacity(operators, 3.0), 0).values())

    assert all_reached(enough)
    assert enough == 0 or not all_reached(enough - 1)


def test_places_are_drawn_evenly_and_the_seed_draws_them_again() -> None:
    places = np.array([drawn_place("5eed", f"W-{i:012x}") for i in range(4_000)], np.float64) / PLACES
    assert abs(places.mean() - 0.5) < 5 * (1 / 12 / 4_000) ** 0.5
    assert abs((places < 0.25).mean() - 0.25) < 5 * (0.25 * 0.75 / 4_000) ** 0.5
    assert [drawn_place("5eed", f"W-{i:012x}") for i in range(9)] == [
        int(drawn_place("5eed", f"W-{i:012x}")) for i in range(9)
    ]
    assert drawn_place("5eed", "W-1") != drawn_place("5eee", "W-1")
