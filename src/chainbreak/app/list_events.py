"""What happened to series, oldest first, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.list_series import LARGEST_PAGE
from chainbreak.app.read_series import series_named
from chainbreak.store.desk import series as desk_series

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def list_events(office: Office, series_id: str = "", *, after: int = 0, limit: int = 50) -> list[dict[str, Any]]:
    """Rows (event_id, at_us, series_id, run_id, actor, kind, cause; others, decisions, before, after, joined, left; of
    a renaming old, new, why) after the event `after`. Ids grow with time and have no gaps that fill later, so whoever
    asks for what comes after the last one they saw misses nothing.

    Raises:
        UsageError: no such series (CB-SE-001).
    """
    with office.desk.read() as conn:
        if series_id:
            series_named(conn, series_id)
        return desk_series.read_events(conn, series_id or None, after, min(limit, LARGEST_PAGE))
