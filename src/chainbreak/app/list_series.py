"""Series as lists show them: those that changed last first, or the largest, or the costliest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.store.desk import series as desk_series
from chainbreak.store.desk.series import ORDERS, STATES, Wanted

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

LARGEST_PAGE = 500


def list_series(
    office: Office, wanted: Wanted | None = None, *, after: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """One page of series; `after` is the last `series_id` of the page before.

    Columns: series_id, name, state, reports, loss_fen, district and type (of most of its reports), since_us, until_us,
    created_at_us, changed_at_us, changed_at, merged_into.
    """
    with office.desk.read() as conn:
        rows = desk_series.page(conn, wanted or Wanted(), after, min(limit, LARGEST_PAGE))
    return [
        {
            "series_id": row.series_id, "name": row.name, "state": row.state, "reports": row.reports,
            "loss_fen": row.loss_fen, "district": row.district, "type": row.type, "since_us": row.since_us,
            "until_us": row.until_us, "created_at_us": row.created_at_us, "changed_at_us": row.changed_at_us,
            "changed_at": rfc3339(row.changed_at_us), "merged_into": row.merged_into,
        }
        for row in rows
    ]  # fmt: skip


def wanted_series(
    state: str = "", district: str = "", type_: str = "", least_loss_fen: int | None = None,
    new_since_us: int | None = None, changed_since_us: int | None = None, order: str = "",
) -> Wanted:  # fmt: skip
    """A filter from words as typed: "" leaves a part open, but the state: that is `live` unless `all` or `ended`.
    `order`: changed, size or loss.

    Raises:
        UsageError: no such state or order (CB-US-001).
    """
    known = (*STATES, "all", "")
    if state not in known:
        raise UsageError("CB-US-001", "no such state", given=state, allowed=did_you_mean(state, known))
    if order and order not in ORDERS:
        raise UsageError("CB-US-001", "no such order", given=order, allowed=did_you_mean(order, ORDERS))
    chosen = None if state == "all" else state or desk_series.LIVE
    return Wanted(chosen, district or None, type_ or None, least_loss_fen, new_since_us, changed_since_us,
                  order or "changed")  # fmt: skip
