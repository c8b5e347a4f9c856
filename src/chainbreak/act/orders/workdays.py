"""Working days: Monday to Friday in the centre's zone, without the holidays it lists.

A holiday that nobody listed makes a deadline come earlier, never later.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import date, timedelta

from chainbreak.base.clock import from_us, to_us

FIRST_FREE_DAY = 5
"""Saturday, as `date.weekday` counts."""


def after_workdays(at_us: int, days: int, zone: str, holidays: Set[date] = frozenset()) -> int:
    """The same time of day `days` working days later, in UTC µs.

    >>> from chainbreak.base.clock import parse_moment, rfc3339
    >>> friday = parse_moment("2026-11-20T17:00:00+08:00", "UTC")
    >>> rfc3339(after_workdays(friday, 1, "Asia/Shanghai"))
    '2026-11-23T09:00:00Z'
    >>> rfc3339(after_workdays(friday, 1, "Asia/Shanghai", {date(2026, 11, 23)}))
    '2026-11-24T09:00:00Z'
    """
    moment = from_us(at_us, zone)
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < FIRST_FREE_DAY and moment.date() not in holidays
    return to_us(moment)
