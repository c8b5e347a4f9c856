"""Who is called when, under the capacity there is: arrays in, arrays out; a million waiting take about a second.

The queue: by tier (one up past half of a deadline), within a tier by deadline, then by value at stake. Where a tier
holds more people than can be called before their deadlines, its order is drawn instead (`draws`): by deadline, one who
is late would make all behind him late, and nobody could ever tell what calling early is worth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainbreak.base.clock import US_PER_MIN

Ints = npt.NDArray[np.int64]
MINUTES_A_CALL = 3.0
"""Minutes a call takes with its wrap-up, before the desk has measured its own (warnings, section 9)."""


@dataclass(frozen=True)
class Capacity:
    """Who can call: `operators` at the same time, each `minutes` a call."""

    operators: int
    minutes: float = MINUTES_A_CALL

    @property
    def handling_us(self) -> int:
        """µs a call takes."""
        return int(self.minutes * US_PER_MIN)


@dataclass(frozen=True)
class Waiting:
    """Warnings that wait for a call, one element each, in any order: `queue` the rank they are called by, `order` their
    place in it, `due_us`, `call_at_us` not called before, `stake_fen` (0: not known).
    """

    queue: Ints
    order: Ints
    due_us: Ints
    call_at_us: Ints
    stake_fen: Ints

    def __len__(self) -> int:
        return len(self.queue)

    @property
    def sequence(self) -> Ints:
        """Indices in the order of calls."""
        return np.lexsort((-self.stake_fen, self.order, self.queue))


def call_times(waiting: Waiting, capacity: Capacity, now_us: int) -> Ints:
    """When each is called, µs, in the order of `waiting`, if nothing new comes in.

    Operators are all free now and take one call after another; who must not be called yet is called when he may be.

    >>> one = np.zeros(3, np.int64)
    >>> w = Waiting(one, np.array([3, 1, 2]), one, one, one)
    >>> (call_times(w, Capacity(2), 0) // US_PER_MIN).tolist()
    [3, 0, 0]
    """
    starts = np.full(len(waiting), np.iinfo(np.int64).max)
    if capacity.operators > 0:
        turns = np.arange(len(waiting)) // capacity.operators
        starts[waiting.sequence] = now_us + turns * capacity.handling_us
        starts = np.maximum(starts, waiting.call_at_us)
    return starts


def reachable(waiting: Waiting, capacity: Capacity, now_us: int) -> Mapping[int, tuple[int, int]]:
    """Rank -> (how many wait whose deadline is still ahead, the most of them that can be called before it), when all of
    the tiers above are called first.

    Calls are of one length, so the most are those kept by going through the deadlines in order and skipping whom no
    slot is left for (Moore and Hodgson 1968). With c_j slots until the j-th deadline that number is the least of n and
    all c_j + n - j.

    >>> at = np.array([0, 1, 2, 9], np.int64) * US_PER_MIN
    >>> nothing = np.zeros(4, np.int64)
    >>> reachable(Waiting(nothing, at, at, nothing, nothing), Capacity(1), 0)
    {0: (4, 2)}
    """
    found: dict[int, tuple[int, int]] = {}
    above = 0
    for rank in np.unique(waiting.queue).tolist():
        due = np.sort(waiting.due_us[waiting.queue == rank])
        above, due = above + int((due < now_us).sum()), due[due >= now_us]
        slots = ((due - now_us) // capacity.handling_us + 1) * capacity.operators - above
        left = len(due) - np.arange(1, len(due) + 1)
        most = int(np.min(np.maximum(slots, 0) + left, initial=len(due)))
        found[rank] = (len(due), most)
        above += len(due)
    return found


def operators_needed(waiting: Waiting, capacity: Capacity, now_us: int) -> int:
    """The fewest operators with whom everybody whose deadline is ahead is called in time; found by halving."""
    low, high = 0, max(len(waiting), 1)
    while low < high:
        middle = (low + high) // 2
        enough = all(n == reached for n, reached in
                     reachable(waiting, Capacity(middle, capacity.minutes), now_us).values())  # fmt: skip
        low, high = (low, middle) if enough else (middle + 1, high)
    return low


def waiting_of(rows: Any) -> Waiting:
    """From rows (queue, call_order, due_at_us, call_at_us, stake_fen or None)."""
    table = np.array([(q, o, d, c or 0, s or 0) for q, o, d, c, s in rows], np.int64).reshape(-1, 5)
    return Waiting(*(np.ascontiguousarray(column) for column in table.T))
