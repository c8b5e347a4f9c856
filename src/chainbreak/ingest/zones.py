"""Local time and UTC over whole columns: int64 microseconds in and out, by the zone's own changes of offset.

The engine's time zones are not used: what a row means must not depend on an engine's build or session.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_S, from_us

Micros = npt.NDArray[np.int64]


def to_utc(local_us: Micros, zone: str) -> Micros:
    """UTC of wall-clock times in `zone`; an hour that comes twice is the first one, one that is skipped counts as
    before the change (PEP 495, fold 0).

    >>> int(to_utc(np.array([1795161600000000]), "Asia/Shanghai")[0])
    1795132800000000
    """
    if not len(local_us):
        return local_us
    # A day to either side covers every offset there is.
    changes, offsets = _changes(int(local_us.min()) - US_PER_DAY, int(local_us.max()) + US_PER_DAY, zone)
    borders = changes + np.maximum(offsets[:-1], offsets[1:])
    shifted: Micros = local_us - offsets[np.searchsorted(borders, local_us, side="right")]
    return shifted


def local_parts(at_us: Micros, zone: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Days since 1970-01-01 and hour of day, in `zone`, of UTC times.

    >>> [int(part[0]) for part in local_parts(np.array([1795132800000000]), "Asia/Shanghai")]
    [20777, 8]
    """
    if not len(at_us):
        return np.empty(0, np.int32), np.empty(0, np.int32)
    changes, offsets = _changes(int(at_us.min()), int(at_us.max()), zone)
    local = at_us + (offsets[np.searchsorted(changes, at_us, side="right")] if len(changes) else offsets[0])
    days = local // US_PER_DAY
    return days.astype(np.int32), ((local - days * US_PER_DAY) // US_PER_HOUR).astype(np.int32)


def _changes(low_us: int, high_us: int, zone: str) -> tuple[Micros, Micros]:
    """The moments between the bounds at which the offset changes, and the offsets before, between and after them."""
    years = range(from_us(low_us).year, from_us(high_us).year + 1)
    found = [change for year in years for change in _changes_of(year, zone) if low_us < change[0] <= high_us]
    offsets = [_offset_us(low_us, zone), *(after for _, after in found)]
    return np.array([at for at, _ in found], dtype=np.int64), np.array(offsets, dtype=np.int64)


@cache
def _changes_of(year: int, zone: str) -> list[tuple[int, int]]:
    """(moment in UTC, offset from then on) of each change in a UTC year, found by halving days to the second."""
    start = (np.datetime64(f"{year}-01-01", "us")).astype(np.int64).item()
    end = (np.datetime64(f"{year + 1}-01-01", "us")).astype(np.int64).item()
    found = []
    for day in range(start, end, US_PER_DAY):
        before, after = _offset_us(day - US_PER_S, zone), _offset_us(day + US_PER_DAY - US_PER_S, zone)
        if before == after:
            continue
        low, high = day - US_PER_S, day + US_PER_DAY - US_PER_S
        while high - low > US_PER_S:
            middle = low + (high - low) // US_PER_S // 2 * US_PER_S
            low, high = (middle, high) if _offset_us(middle, zone) == before else (low, middle)
        found.append((high, after))
    return found


def _offset_us(at_us: int, zone: str) -> int:
    offset = from_us(at_us).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)
