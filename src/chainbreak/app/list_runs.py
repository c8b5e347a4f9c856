"""What came in: the newest ingests, how far each source is behind, and which are late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import US_PER_HOUR, US_PER_S
from chainbreak.store.desk import ingests

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

LATE_S = 26 * US_PER_HOUR // US_PER_S
"""A source that nothing came from for longer than this is late: partners deliver daily, two hours are grace."""


def list_runs(office: Office, limit: int = 100, kind: str | None = None) -> list[dict[str, Any]]:
    """The newest ingests first, one row a file; columns as `ingest_run`."""
    with office.desk.read() as conn:
        return ingests.read_runs(conn, limit, kind)


def list_sources(office: Office) -> list[dict[str, Any]]:
    """One row a record kind that ever came in: kind, newest_us, last_us, late_s, since_ingest_s, is_late."""
    with office.desk.read() as conn:
        rows = ingests.read_lateness(conn, office.clock.now_us())
    return [row | {"is_late": row["since_ingest_s"] > LATE_S} for row in rows]
