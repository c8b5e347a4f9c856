"""What people type, as the units the project works in; a wrong form is a usage error, never a traceback."""

from __future__ import annotations

from chainbreak.base.clock import parse_moment
from chainbreak.base.errors import UsageError
from chainbreak.base.units import yuan_to_fen


def moment_from(text: str, zone: str) -> int | None:
    """A moment as UTC µs; "" is None.

    >>> moment_from("2026-11-20 08:00", "Asia/Shanghai"), moment_from("", "UTC")
    (1795132800000000, None)

    Raises:
        UsageError: not a moment (CB-US-002).
    """
    try:
        return parse_moment(text, zone) if text else None
    except ValueError:
        raise UsageError("CB-US-002", "not a moment", given=text, allowed="2026-11-20 08:00, or RFC 3339") from None


def fen_from(text: str) -> int | None:
    """An amount in yuan as fen; "" is None.

    >>> fen_from("1,234.50"), fen_from("")
    (123450, None)

    Raises:
        UsageError: not an amount (CB-US-003).
    """
    try:
        return yuan_to_fen(text) if text else None
    except ValueError:
        raise UsageError("CB-US-003", "not an amount in yuan", given=text, allowed="12345.67") from None
