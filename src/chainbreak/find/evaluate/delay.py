"""How long a device worked before it was found: causal runs at moments after its first call.

For each device the moments of `AFTER_MIN` are bisected between one at which it was not found and one at which it was,
so the delay given is that of a run in which it was really found; one that is found at the last moment of the data only
counts so, and one that is not counts as infinite. Moments are put off to round times of the clock, coarser the longer
it took, so that devices which start on one day share runs; the delay is that of the run, not of the grid.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.find.contract.evaluate import Truth, found_devices
from chainbreak.find.evaluate.tally import Tally

AFTER_MIN = (5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1_080, 1_440, 2_160, 2_880, 4_320, 5_760, 7_200)
"""Minutes after the first call at which a device is looked for."""
ROUND_MIN = (5, 10, 30, 60, 120, 240, 480, 720)
"""A moment is put off to a multiple of the largest of these that is at most a sixth of its minutes."""
DAYS = 1
"""Days of the data whose newcomers are timed: those with most of them; a run of a county is some 40 CPU seconds."""
NEW_SIMS = 6
"""SIMs that enter a found device, looked at a world."""
AFTER_CALLS = (1, 3, 10)
"""Calls of a new SIM after which its membership is looked at; 3 is what is wanted (spec/goip.md 8)."""

Clusters = list[frozenset[str]]
RunAt = Callable[[int], Clusters]
"""Units of the findings above watch, of a run as of a moment (UTC µs)."""


@dataclass(frozen=True)
class Calls:
    """Times (UTC µs) of the calls made by guilty units while they were in a device, ascending, by unit."""

    of_unit: Mapping[str, Sequence[int]]

    def by_device(self, truth: Truth) -> dict[str, list[int]]:
        """Device -> times of its calls, ascending."""
        found: dict[str, list[int]] = {}
        for unit, times in self.of_unit.items():
            found.setdefault(truth.device[unit], []).extend(times)
        return {device: sorted(times) for device, times in found.items()}

    def called_by(self, truth: Truth, as_of_us: int) -> Truth:
        """The truth of those that had called by then."""
        seen = {u for u, times in self.of_unit.items() if times and times[0] <= as_of_us}
        device = {u: d for u, d in truth.device.items() if u in seen}
        return Truth(device, truth.level, truth.kind, truth.stays, truth.protected)


def newcomers(truth: Truth, calls: Calls, begin_us: int) -> dict[str, list[int]]:
    """Devices whose first call lies at least a day after the data begin, on the `DAYS` days with most such devices,
    with the times of their calls. Days are counted from `begin_us`."""
    late = {d: t for d, t in calls.by_device(truth).items() if t[0] >= begin_us + US_PER_DAY}
    of_day: dict[int, list[str]] = {}
    for device, times in late.items():
        of_day.setdefault((times[0] - begin_us) // US_PER_DAY, []).append(device)
    days = sorted(of_day, key=lambda day: (-len(of_day[day]), day))[:DAYS]
    return {device: late[device] for day in days for device in sorted(of_day[day])}


@dataclass
class Watcher:
    """Runs at moments, each once; says of each device whether it was found then."""

    run_at: RunAt
    truth: Truth
    calls: Calls

    def __post_init__(self) -> None:
        self.clusters: dict[int, Clusters] = {}

    def at(self, moment: int) -> Clusters:
        """The clusters reported as of the moment."""
        if moment not in self.clusters:
            self.clusters[moment] = self.run_at(moment)
        return self.clusters[moment]

    def is_found(self, device: str, moment: int) -> bool:
        """Whether half of the SIMs that called so far lie in one pure cluster."""
        return found_devices(self.at(moment), self.calls.called_by(self.truth, moment)).get(device, False)

    def first_found(self, device: str, moments: Sequence[int]) -> int | None:
        """The earliest of the moments at which it is found, by bisection; None if it is not at the last."""
        if not moments or not self.is_found(device, moments[-1]):
            return None
        low, high = -1, len(moments) - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.is_found(device, moments[middle]) else (middle, high)
        return moments[high]


def moments_after(first_us: int, end_us: int) -> list[int]:
    """Moments at which a device is looked for that first called at `first_us`, ascending, the last being `end_us`.

    >>> [(m - 7 * US_PER_MIN) // US_PER_MIN for m in moments_after(7 * US_PER_MIN, 500 * US_PER_MIN)][-4:]
    [203, 263, 413, 493]
    """
    found = set()
    for after in AFTER_MIN:
        step = max(s for s in ROUND_MIN if s <= max(ROUND_MIN[0], after / 6)) * US_PER_MIN
        found.add(-(-(first_us + after * US_PER_MIN) // step) * step)
    return [*sorted(m for m in found if m < end_us), end_us]


def count_delays(method: str, watcher: Watcher, begin_us: int, end_us: int, tally: Tally) -> dict[str, int]:
    """Minutes and calls to the first run that finds each newcomer, by level; returns device -> that moment."""
    found_at = {}
    truth = watcher.truth
    for device, times in newcomers(truth, watcher.calls, begin_us).items():
        moments = moments_after(times[0], end_us)
        at = watcher.first_found(device, moments)
        minutes, made = (math.inf, math.inf) if at is None else ((at - times[0]) / US_PER_MIN, bisect_right(times, at))
        if at is not None:
            found_at[device] = at
        for of in (truth.level[device], "all"):
            tally.value((method, "delay, minutes", of), [minutes])
            tally.value((method, "delay, calls of the device", of), [made])
    return found_at


def count_new_sims(method: str, watcher: Watcher, found_at: Mapping[str, int], end_us: int, tally: Tally) -> None:
    """Calls after which a SIM that enters a found device is a member of a reported cluster with the device's others."""
    truth, of_unit = watcher.truth, watcher.calls.of_unit
    busy = {unit: times for unit, times in sorted(of_unit.items()) if len(times) >= AFTER_CALLS[-1]}
    new = [unit for unit, times in busy.items() if times[0] > found_at.get(truth.device[unit], end_us)]
    for unit in new[:: max(1, len(new) // NEW_SIMS)][:NEW_SIMS]:
        needed = math.inf
        for made in AFTER_CALLS:
            mates = {u for u, d in truth.device.items() if d == truth.device[unit] and u != unit}
            if any(unit in c and c & mates for c in watcher.at(of_unit[unit][made - 1])):
                needed = made
                break
        tally.value((method, "new SIM in a found device, calls", truth.level[truth.device[unit]]), [needed])
        tally.share((method, "new SIM member within 3 calls", "all"), needed <= 3, 1)
