"""Money and time survive the way to a person and back, to the fen and to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.clock import FixedClock, SystemClock, from_us, local_day, parse_moment, rfc3339, to_us
from chainbreak.base.units import format_fen, format_fen_wan, yuan_to_fen

FEN = st.integers(min_value=-(10**17), max_value=10**17)
US = st.integers(min_value=-(10**15), max_value=4 * 10**15)


@given(FEN)
def test_money_reads_back_what_it_wrote(fen: int) -> None:
    assert yuan_to_fen(format_fen(fen)) == fen


@pytest.mark.parametrize(
    "text", ["0.001", "1.2.3", "", "一万", "NaN", "Infinity", "1e-3", "1e17", "1e999990", "1e9999999"]
)
def test_money_that_is_not_a_whole_number_of_fen_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        yuan_to_fen(text)


def test_the_second_form_of_an_amount_does_not_slip_by_ten_thousand() -> None:
    assert format_fen_wan(1_000_000) == "1.00 万元"
    assert format_fen_wan(10_000_000_000) == "1.00 亿元"
    assert format_fen_wan(999_999) == ""


@given(US)
def test_time_reads_back_what_it_wrote_in_any_zone(at_us: int) -> None:
    assert to_us(from_us(at_us, "Asia/Shanghai")) == at_us
    assert parse_moment(rfc3339(at_us), "Asia/Shanghai") == at_us


def test_a_local_day_is_the_day_in_the_centres_zone() -> None:
    late = to_us(datetime(2026, 11, 20, 17, 0, tzinfo=UTC))
    assert local_day(late, "Asia/Shanghai").isoformat() == "2026-11-21"
    assert local_day(late, "UTC").isoformat() == "2026-11-20"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_us(datetime(2026, 11, 20))


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(5)
    clock.advance(1.5)
    assert clock.now_us() == 1_500_005
    assert SystemClock().now_us() > to_us(datetime(2025, 1, 1, tzinfo=UTC))
