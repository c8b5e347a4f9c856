"""Work grows with the length of a text, however hostile it is: ratios, not times."""

from __future__ import annotations

import re
import time

import pytest

from chainbreak.bench.extract import HOSTILE_PIECES, all_patterns, cost_of, hostile
from chainbreak.text.extract import extract

SHORT, LONG = 4_000, 32_000
# Linear work costs 8 times as much, quadratic 64 times; 24 and the floor of 20 ms are room for noise.
MOST, FLOOR_S = 24, 0.02


def best(pattern: re.Pattern[str], text: str) -> float:
    return min(cost_of(pattern, text) for _ in range(2))


@pytest.mark.parametrize("pattern", all_patterns(), ids=lambda p: p.pattern[:30])
def test_no_pattern_backtracks(pattern: re.Pattern[str]) -> None:
    for piece in HOSTILE_PIECES:
        long = cost_of(pattern, hostile(piece, LONG))
        if long > FLOOR_S:
            long = best(pattern, hostile(piece, LONG))
            assert long < max(MOST * best(pattern, hostile(piece, SHORT)), FLOOR_S), piece


def test_reading_as_a_whole_grows_with_the_text() -> None:
    def cost(text: str) -> float:
        begin = time.process_time()
        extract(text, reported_at_us=0)
        return time.process_time() - begin

    for piece in HOSTILE_PIECES:
        short, long = hostile(piece, SHORT), hostile(piece, LONG)
        cost(short)
        assert cost(long) < max(MOST * min(cost(short), cost(short)), 10 * FLOOR_S), piece
