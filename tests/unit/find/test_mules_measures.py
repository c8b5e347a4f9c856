"""Money through one account in mules@2: the peak, what passes, how long it stays."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.find.detectors.mules.v2.cited import Cited, in_order
from chainbreak.find.detectors.mules.v2.habits import fan_in, new_counterparties, night_share, regular_payers
from chainbreak.find.detectors.mules.v2.passing import (
    dwell_median,
    dwell_p10,
    pass_through_1h,
    pass_through_24h,
    residual_share,
)


def entry(minute: int, fen: int, other: int, *, is_in: bool) -> dict[str, Any]:
    """One side of a transfer, `minute` minutes after day 10."""
    at = 10 * US_PER_DAY + minute * US_PER_MIN
    return {"record_ref": f"{minute}-{fen}-{other}", "booked_at_us": at, "seq": 0, "amount_fen": fen, "other": other,
            "is_in": int(is_in), "local_hour": 12, "kind": "payment"}  # fmt: skip


def cited(*entries: dict[str, Any]) -> Cited:
    """The entries in booking order."""
    return Cited(in_order(list(entries)))


def test_money_that_leaves_at_once() -> None:
    flow = cited(entry(0, 1_000, 1, is_in=True), entry(5, 600, 8, is_in=False), entry(90, 300, 9, is_in=False))
    assert pass_through_1h(flow) == 0.6
    assert pass_through_24h(flow) == 0.9
    assert residual_share(flow) == pytest.approx(0.1)
    assert dwell_median(flow) == 5.0


def test_a_source_that_knows_only_the_day_tells_no_hours_or_minutes() -> None:
    flow = cited(*[entry(1440 * day, 1_000, day, is_in=is_in) for day in (0, 1) for is_in in (True, False)])
    assert pass_through_24h(flow) == 1.0
    assert all(math.isnan(measure(flow)) for measure in (pass_through_1h, dwell_median, dwell_p10, night_share))


def test_first_in_first_out_decides_how_long_money_stayed() -> None:
    flow = cited(
        entry(0, 100, 1, is_in=True),
        entry(50, 900, 2, is_in=True),
        entry(60, 100, 8, is_in=False),
        entry(61, 900, 8, is_in=False),
    )
    assert dwell_median(flow) == 11.0


def test_tenants_are_regular_and_strangers_are_new() -> None:
    rent = [entry(day * 1440, 2_500, tenant, is_in=True) for day in (0, 1) for tenant in (1, 2)]
    assert regular_payers(cited(*rent)) == 1.0
    later = [entry(5 * 1440 + n, 90_000, 100 + n, is_in=True) for n in range(3)]
    flow = cited(*rent, *later)
    assert fan_in(flow) == 3.0
    assert new_counterparties(flow) == 1.0
    assert math.isnan(new_counterparties(cited(*later)))


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 10**9), st.booleans()), min_size=1, max_size=40))
def test_shares_stay_shares(moves: list[tuple[int, int, bool]]) -> None:
    flow = cited(*(entry(m, fen, n % 5, is_in=is_in) for n, (m, fen, is_in) in enumerate(moves)))
    if flow.credits:
        assert 0.0 <= residual_share(flow) <= 1.0
        dwell = dwell_median(flow)
        assert math.isnan(dwell) or 0 <= dwell <= 7 * 1440
