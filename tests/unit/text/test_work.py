"""Work grows with the length of a text, however hostile it is: ratios of CPU time of this thread, not times."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from chainbreak.bench.extract import HOSTILE_PIECES, all_patterns, cost_of, hostile
from chainbreak.text.extract import extract

SHORT, LONG = 4_000, 32_000
# Linear work costs 8 times as much, quadratic 64 times; 24 and the floor of 20 ms are room for noise.
MOST, FLOOR_S = 24, 0.02


def grows_with_the_text(cost: Callable[[str], float], piece: str, floor_s: float) -> bool:
    """Whether the long text costs about as many times the short one as it is longer.

    A busy machine only ever adds to a cost, so each is the least of what was seen and work that grows too fast
    stays too dear however often it is looked at.
    """
    long = cost(hostile(piece, LONG))
    short = 0.0
    for _ in range(5):
        if long <= max(MOST * short, floor_s):
            return True
        again = cost(hostile(piece, SHORT))
        short = min(short, again) if short else again
        long = min(long, cost(hostile(piece, LONG)))
    return False


@pytest.mark.parametrize("pattern", all_patterns(), ids=lambda p: p.pattern[:30])
def test_no_pattern_backtracks(pattern: re.Pattern[str]) -> None:
    for piece in HOSTILE_PIECES:
        assert grows_with_the_text(lambda text: cost_of(pattern, text), piece, FLOOR_S), piece


def test_reading_as_a_whole_grows_with_the_text() -> None:
    def cost(text: str) -> float:
        begin = time.thread_time()
        extract(text, reported_at_us=0)
        return time.thread_time() - begin

    for piece in HOSTILE_PIECES:
        assert grows_with_the_text(cost, piece, 10 * FLOOR_S), piece


def test_work_that_grows_faster_is_seen() -> None:
    assert not grows_with_the_text(lambda text: len(text) ** 2 / 1e9, "1", FLOOR_S)
    assert grows_with_the_text(lambda text: len(text) / 1e5, "1", FLOOR_S)
