"""Grouping and place in goip@1: turns in a port, crowds, sites."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.find.detectors.goip.v1.group import Unions, ports_in_turn, surprise_bits
from chainbreak.find.detectors.goip.v1.measures import Cited, calls_per_callee, median_gap, outgoing_share, tenure_days
from chainbreak.find.detectors.goip.v1.site import estimate, metres


def slots(rows: list[tuple[int, int, int]]) -> dict[str, pa.Table]:
    """(imei, sim, slot) rows as judge receives them."""
    return {"slots": pa.Table.from_pylist([{"imei": i, "sim": s, "slot": t} for i, s, t in rows])}


def test_sims_that_take_turns_share_a_port_and_clones_do_not() -> None:
    in_turn = [(1, 10, t) for t in range(0, 6)] + [(1, 11, t) for t in range(6, 12)]
    at_once = [(2, 20, t) for t in range(12)] + [(2, 21, t) for t in range(12)]
    assert ports_in_turn(slots(in_turn + at_once)) == {1: {10, 11}}


@given(st.integers(1, 60), st.floats(0.01, 50))
def test_surprise_grows_with_the_count(count: int, expected: float) -> None:
    assert surprise_bits(count + 1, expected) >= surprise_bits(count, expected) - 1e-9 >= -1e-9


def test_surprise_is_the_poisson_tail() -> None:
    exact = 1 - sum(math.exp(-2) * 2**k / math.factorial(k) for k in range(5))
    assert surprise_bits(5, 2.0) == pytest.approx(-math.log2(exact), rel=1e-9)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_unions_do_not_depend_on_order(pairs: list[tuple[int, int]]) -> None:
    one, two = Unions(10), Unions(10)
    for i, j in pairs:
        one.join(i, j)
    for i, j in reversed(pairs):
        two.join(j, i)
    assert one.groups() == two.groups()


def test_a_single_mast_is_as_uncertain_as_its_neighbour_is_far() -> None:
    cells = {"a": (30.0, 120.0), "b": (30.0, 120.01)}
    site = estimate([{"cell_id": "a", "legs": 5}], cells)
    assert site is not None
    gap = round(metres(30.0, 120.0, 30.0, 120.01))
    assert (site.lat, site.lon, site.r90_m) == (30.0, 120.0, gap)
    assert estimate([{"cell_id": "unknown", "legs": 5}], cells) is None


def test_measures_by_hand() -> None:
    second = 1_000_000
    legs = tuple(
        {
            "record_ref": str(n),
            "sim": 1,
            "kind": "mo_call",
            "peer": peer,
            "at_us": at * second,
            "end_us": (at + 10) * second,
        }
        for n, (peer, at) in enumerate([(7, 0), (8, 70), (7, 100), (9, 150), (10, 200), (11, 210)])
    )
    back = {**legs[0], "kind": "mt_call"}
    assert median_gap(Cited(legs)) == 40.0
    assert calls_per_callee(Cited(legs)) == 1.2
    assert outgoing_share(Cited((*legs, back, back))) == 0.75
    assert math.isnan(outgoing_share(Cited(legs[:4])))
    day = 86_400 * second
    lines = ({"record_ref": "l", "activated_at_us": 210 * second - 30 * day},)
    assert tenure_days(Cited(legs, lines)) == 30.0
    assert math.isnan(tenure_days(Cited(legs)))
