"""When a notice ends and when a bank has to have paid, in the centre's zone.

The day of publication does not count; the period is 30 whole days and ends with the last of them; if that is a day off,
with the next working day (Civil Code art. 201, 203). Banks pay within three working days (spec/orders.md section 10).
"""

from __future__ import annotations

from collections.abc import Set
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chainbreak.act.orders.workdays import FIRST_FREE_DAY, after_workdays
from chainbreak.base.clock import local_day, to_us

NOTICE_DAYS = 30
BANK_WORKDAYS = 3


def notice_until_us(published_at_us: int, zone: str, holidays: Set[date] = frozenset()) -> int:
    """The first moment after the notice, in UTC µs: midnight after its last day.

    >>> from chainbreak.base.clock import parse_moment, rfc3339
    >>> friday = parse_moment("2026-11-20T17:00:00+08:00", "UTC")  # day 30 is Sunday, 20 December
    >>> rfc3339(notice_until_us(friday, "Asia/Shanghai"))  # so it ends with Monday the 21st
    '2026-12-21T16:00:00Z'
    """
    last = local_day(published_at_us, zone) + timedelta(days=NOTICE_DAYS)
    while last.weekday() >= FIRST_FREE_DAY or last in holidays:
        last += timedelta(days=1)
    return to_us(datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone)))


def last_day(until_us: int, zone: str) -> date:
    """The last day of a notice that is over from `until_us` on."""
    return local_day(until_us - 1, zone)


def pay_by_us(decided_at_us: int, zone: str, holidays: Set[date] = frozenset()) -> int:
    """By when the bank has to have paid, in UTC µs."""
    return after_workdays(decided_at_us, BANK_WORKDAYS, zone, holidays)
