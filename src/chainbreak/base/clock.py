"""Time: one UTC clock in integer microseconds, and the local day and hour set once at ingest.

Nothing else in the project reads the machine's clock. Tests and the simulated city pass a `FixedClock`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

US_PER_S = 1_000_000
US_PER_MIN = 60 * US_PER_S
US_PER_HOUR = 3_600 * US_PER_S
US_PER_DAY = 86_400 * US_PER_S
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now_us(self) -> int:
        """UTC microseconds since 1970-01-01."""


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        """UTC microseconds since 1970-01-01, from the operating system."""
        return time.time_ns() // 1_000


@dataclass
class FixedClock:
    """A clock that stands still until it is moved; for tests, replays and the simulated city."""

    at_us: int

    def now_us(self) -> int:
        """The time it was last set to."""
        return self.at_us

    def advance(self, seconds: float) -> None:
        """Move on by `seconds` (negative: back)."""
        self.at_us += round(seconds * US_PER_S)


def to_us(moment: datetime) -> int:
    """An aware datetime as UTC microseconds, exactly (no float).

    >>> to_us(datetime(2026, 11, 20, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    1795132800000000
    """
    if moment.tzinfo is None:
        raise ValueError("a datetime without a zone has no place in time")
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_us(at_us: int, zone: str = "UTC") -> datetime:
    """UTC microseconds as an aware datetime in `zone`.

    >>> from_us(1795132800000000, "Asia/Shanghai").isoformat()
    '2026-11-20T08:00:00+08:00'
    """
    return (EPOCH + timedelta(microseconds=at_us)).astimezone(ZoneInfo(zone))


def local_day(at_us: int, zone: str) -> date:
    """The calendar day of `at_us` in `zone`."""
    return from_us(at_us, zone).date()


def parse_moment(text: str, zone: str) -> int:
    """RFC 3339 text, a plain date, or a local date-time as UTC microseconds; text without an offset is read in `zone`.

    >>> parse_moment("2026-11-20T08:00:00+08:00", "UTC") == parse_moment("2026-11-20 08:00", "Asia/Shanghai")
    True

    Raises:
        ValueError: the text is none of these.
    """
    moment = datetime.fromisoformat(text.strip())
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))


def rfc3339(at_us: int) -> str:
    """UTC microseconds as RFC 3339 text with `Z`; the fraction appears only when there is one.

    >>> rfc3339(1795132800000000)
    '2026-11-20T00:00:00Z'
    """
    return from_us(at_us).isoformat().replace("+00:00", "Z")
