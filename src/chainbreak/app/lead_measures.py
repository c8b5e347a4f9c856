"""How well leads do, over all and by the unit they were sent to: share true, how fast, how often returned as wrong.

Shares carry Wilson's 95 % interval. Times are medians of what has happened; `in_time` counts every lead whose deadline
has passed, answered or not, so that the slow ones are not left out. What was looked into was chosen by priority: a
share true is one of the leads that were sent, not of all that might have been.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.act.leads.model import FALSE, OUTCOMES, TRUE
from chainbreak.app.move_lead import lead_now, may_read
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.find.contract.evaluate import Share

if TYPE_CHECKING:
    from sqlalchemy import Row

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

SHARES = (("true", "closed"), ("wrong", "closed"), ("returned_wrong", "dispatched"), ("in_time", "due"))
"""Which count is a share of which."""


def lead_measures(
    office: Office, actor: Actor, *, since_us: int | None = None, until_us: int | None = None
) -> list[dict[str, Any]]:
    """One row over all leads drafted within [`since_us`, `until_us`), its `unit` "", then one a unit. Columns: counts
    (drafted, dispatched, closed, true, wrong, returned, returned_wrong, due, in_time); `share_…` of SHARES, each with
    `…_low` and `…_high` (null when nothing was counted); median hours `hours_to_dispatch`, `hours_to_receipt`,
    `hours_to_outcome`.

    Raises:
        RefusedError: the actor reads no leads (CB-LF-006).
    """
    from chainbreak.store.desk import leads

    may_read(actor)
    with office.desk.read() as conn:
        now = lead_now(conn, office.clock.now_us())
        rows = leads.courses(conn, since_us or 0, until_us or now + 1)
    by_unit: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_unit[row.unit].append(row)
    return [_measured("", rows, now), *(_measured(unit, by_unit[unit], now) for unit in sorted(by_unit) if unit)]


def _measured(unit: str, group: Sequence[Row[Any]], now_us: int) -> dict[str, Any]:
    sent = [c for c in group if c.dispatched_at_us is not None]
    closed = [c for c in sent if c.outcome]
    due = [c for c in sent if c.deadline_us is not None and (c.deadline_us <= now_us or c.outcome)]
    counts = {
        "drafted": len(group), "dispatched": len(sent), "closed": len(closed),
        "true": sum(OUTCOMES[c.outcome] == TRUE for c in closed),
        "wrong": sum(OUTCOMES[c.outcome] == FALSE for c in closed),
        "returned": sum(c.returns > 0 for c in sent), "returned_wrong": sum(c.returned_wrong > 0 for c in sent),
        "due": len(due), "in_time": sum(bool(c.outcome) and c.ended_at_us <= c.deadline_us for c in due),
    }  # fmt: skip
    row: dict[str, Any] = {"unit": unit, **counts}
    for hits, n in SHARES:
        share = Share(counts[hits], counts[n]).as_dict()
        known = share["rate"] is not None
        row |= {f"share_{hits}": share["rate"], f"share_{hits}_low": share["low"] if known else None,
                f"share_{hits}_high": share["high"] if known else None}  # fmt: skip
    return row | {
        "hours_to_dispatch": _median_h((c.drafted_at_us, c.dispatched_at_us) for c in sent),
        "hours_to_receipt": _median_h((c.dispatched_at_us, c.received_at_us) for c in sent),
        "hours_to_outcome": _median_h((c.dispatched_at_us, c.ended_at_us) for c in closed),
    }


def _median_h(pairs: Iterable[tuple[int, int | None]]) -> float | None:
    spans = [(end - start) / US_PER_HOUR for start, end in pairs if end is not None]
    return round(statistics.median(spans), 2) if spans else None
