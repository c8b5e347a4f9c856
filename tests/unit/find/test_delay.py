"""Delays measured with a detector whose answers are known."""

from __future__ import annotations

import math

from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.find.contract.evaluate import Truth
from chainbreak.find.evaluate.delay import Calls, Watcher, count_delays, count_new_sims, newcomers
from chainbreak.find.evaluate.tally import Tally

START = 3 * US_PER_DAY
END = 9 * US_PER_DAY
TRUTH = Truth({"a1": "A", "a2": "A", "a3": "A", "b1": "B", "old": "O"}, {"A": "L1", "B": "L5", "O": "L0"}, {})
CALLS = Calls({
    "a1": [START + i * US_PER_MIN for i in range(60)],
    "a2": [START + i * US_PER_MIN for i in range(60)],
    "a3": [START + 400 * US_PER_MIN + i * US_PER_MIN for i in range(20)],
    "b1": [START + 10 * US_PER_MIN],
    "old": [US_PER_MIN],
})  # fmt: skip


class Asked:
    """A detector that reports A from 33 minutes after its start, with a3 from its second call on, and never B."""

    def __init__(self) -> None:
        self.moments: list[int] = []

    def __call__(self, moment: int) -> list[frozenset[str]]:
        self.moments.append(moment)
        if moment < START + 33 * US_PER_MIN:
            return []
        return [frozenset({"a1", "a2", "a3"} if moment >= CALLS.of_unit["a3"][1] else {"a1", "a2"})]


def test_newcomers_are_those_that_start_inside_the_data() -> None:
    assert sorted(newcomers(TRUTH, CALLS, 0)) == ["A", "B"]


def test_the_first_moment_of_the_grid_at_which_it_is_found_and_the_calls_by_then() -> None:
    asked, tally = Asked(), Tally()
    found_at = count_delays("m", Watcher(asked, TRUTH, CALLS), 0, END, tally)
    assert found_at == {"A": START + 45 * US_PER_MIN}
    assert tally.values["m", "delay, minutes", "L1"] == [45.0]
    assert tally.values["m", "delay, calls of the device", "L1"] == [92]
    assert tally.values["m", "delay, minutes", "L5"] == [math.inf]
    assert len(asked.moments) == len(set(asked.moments)) <= 7


def test_a_new_sim_is_a_member_after_its_third_call() -> None:
    tally = Tally()
    watcher = Watcher(Asked(), TRUTH, CALLS)
    count_new_sims("m", watcher, {"A": START + 45 * US_PER_MIN}, END, tally)
    assert tally.values["m", "new SIM in a found device, calls", "L1"] == [3]
    assert tally.shares["m", "new SIM member within 3 calls", "all"] == [1, 1]


def test_only_sims_that_called_by_then_count() -> None:
    watcher = Watcher(lambda moment: [frozenset({"a1"})], TRUTH, CALLS)
    assert watcher.is_found("A", START + US_PER_MIN)
    assert not watcher.is_found("A", START + 401 * US_PER_MIN)
