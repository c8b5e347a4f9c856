"""What goip@2 measures of a group, and where it says the group stands."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.ground import Plane, toward
from chainbreak.find.detectors.goip.v2.facts import _spans
from chainbreak.find.detectors.goip.v2.measures import (
    Cited,
    called_back_share,
    calls_per_callee,
    inside_share,
    main_cell_share,
    median_gap,
    outgoing_share,
    relayed_share,
    shared_cells,
    shared_strangers,
    sims_at_site,
    stranger_share,
    swaps,
    tenure_days,
)
from chainbreak.find.detectors.goip.v2.site import read_atlas, sites_of

SECOND = 1_000_000
DAY = 86_400 * SECOND


def leg(n: int, sim: int = 1, kind: str = "mo_call", **more: Any) -> dict[str, Any]:
    """A record with every column that measures read."""
    plain = {
        "record_ref": str(n), "sim": sim, "kind": kind, "peer": 100 + n, "at_us": n * 60 * SECOND,
        "end_us": (n * 60 + 10) * SECOND, "cell_id": "a", "imei": None, "imei_tac": None, "msisdn": 1_000 + sim,
        "answered": True, "local_day": 0,
    }  # fmt: skip
    return plain | more


def test_measures_of_calls_by_hand() -> None:
    legs = tuple(
        leg(n, peer=peer, at_us=at * SECOND, end_us=(at + 10) * SECOND)
        for n, (peer, at) in enumerate([(7, 0), (8, 70), (7, 100), (9, 150), (10, 200), (11, 210)])
    )
    back = {**legs[0], "kind": "mt_call"}
    assert median_gap(Cited(legs)) == 40.0
    assert calls_per_callee(Cited(legs)) == 1.2
    assert outgoing_share(Cited((*legs, back, back))) == 0.75
    assert called_back_share(Cited((*legs, back))) == 0.2
    assert stranger_share(Cited((*legs, back))) == 0.8
    assert math.isnan(outgoing_share(Cited(legs[:3])))
    lines = ({"record_ref": "l", "activated_at_us": 210 * SECOND - 30 * DAY},)
    assert tenure_days(Cited(legs, lines)) == 30.0
    assert math.isnan(tenure_days(Cited(legs)))


def test_places_of_several_members() -> None:
    moving = [leg(n, sim=1, cell_id=c) for n, c in enumerate("aaab")] + [leg(9, sim=2, cell_id="a")]
    assert main_cell_share(Cited(tuple(moving))) == 0.75
    assert sims_at_site(Cited(tuple(moving))) == 2
    assert shared_cells(Cited((leg(1, 1, cell_id="a"), leg(2, 2, cell_id="a"), leg(3, 3, cell_id="b")))) == 1
    assert math.isnan(shared_cells(Cited((leg(1), leg(2)))))


def test_ties_are_counted_from_the_cited_pairs() -> None:
    swap = (leg(1, 1, "detach"), leg(2, 2, "attach"), leg(3, 2, "detach"), leg(4, 1, "attach"))
    assert swaps(Cited(swap)) == 2
    lists = (leg(1, 1, peer=5), leg(2, 2, peer=5), leg(3, 2, peer=6))
    assert shared_strangers(Cited(lists)) == 1


def test_calls_placed_while_a_partner_takes_one() -> None:
    taken = [leg(10 * n, 1, "mt_call", at_us=n * DAY, end_us=n * DAY + 200 * SECOND) for n in range(3)]
    relayed = [leg(10 * n + 1, 2, at_us=n * DAY + 30 * SECOND, end_us=n * DAY + 150 * SECOND) for n in range(3)]
    alone = leg(99, 2, at_us=5 * DAY, end_us=5 * DAY + 60 * SECOND)
    elsewhere = [{**row, "cell_id": "b"} for row in relayed]
    assert relayed_share(Cited((*taken, *relayed, alone))) == 0.75
    assert relayed_share(Cited((*taken, *elsewhere, alone))) == 0
    assert math.isnan(relayed_share(Cited((*relayed, alone))))


def test_a_pool_that_calls_itself() -> None:
    inside = [leg(n, 1, "mt_call", peer=1_002) for n in range(3)] + [leg(9, 1, "mt_call", peer=77), leg(10, 2)]
    assert inside_share(Cited(tuple(inside))) == 0.75
    assert math.isnan(inside_share(Cited(tuple(inside[:3]))))


CELLS = [
    {"cell_id": f"{site}-{azimuth}", "lat": lat, "lon": 120.0, "azimuth": azimuth, "technology": "lte", "district": "d"}
    for site, lat in (("near", 30.0), ("next", 30.009), ("far", 30.2))
    for azimuth in (0.0, 120.0, 240.0)
]  # fmt: skip


def test_one_site_takes_its_neighbours_along_and_a_far_one_is_another() -> None:
    atlas = read_atlas(CELLS)
    found = sites_of({"near-0.0": 80, "next-120.0": 10, "far-0.0": 30}, {}, atlas)
    assert [s.cell for s in found] == ["near-0.0", "far-0.0"]
    assert [round(s.share, 2) for s in found] == [0.75, 0.25]
    assert all(s.r50_m < s.r90_m for s in found)
    assert sites_of({"nowhere": 4}, {}, atlas) == []


@given(st.integers(3, 40), st.sampled_from([0.0, 120.0, 240.0]))
def test_timing_advance_and_azimuth_lead_to_the_point(steps: int, azimuth: float) -> None:
    atlas = read_atlas(CELLS)
    truth = toward(Plane(30.0, 120.0).at(30.0, 120.0), azimuth, (steps + 0.5) * 78.1)
    (site, *_) = sites_of({f"near-{azimuth}": 9}, {f"near-{azimuth}": float(steps)}, atlas)
    assert math.dist(Plane(30.0, 120.0).at(site.lat, site.lon), truth) < 3


def test_spans_of_hours() -> None:
    assert _spans([0, 1, 22, 23]) == "00-02 22-24"
    assert _spans([]) == ""


def test_not_a_number_where_nothing_is_known() -> None:
    bare = Cited((leg(1, cell_id=None, peer=None),))
    for measure in (sims_at_site, main_cell_share, calls_per_callee):
        assert math.isnan(measure(bare))
    assert shared_strangers(Cited(())) == pytest.approx(0.0)
