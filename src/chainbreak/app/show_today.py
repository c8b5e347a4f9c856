"""Today: what waits for somebody, in one look; which of it concerns whom is the page's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders.model import State
from chainbreak.app.decide_appeal import list_appeals
from chainbreak.app.give_notice import due_notices
from chainbreak.app.list_findings import count_findings, list_findings
from chainbreak.app.list_orders import list_orders
from chainbreak.app.list_outbox import list_outbox, list_tasks
from chainbreak.app.list_runs import list_sources
from chainbreak.base.clock import US_PER_DAY
from chainbreak.store.desk.findings import LEVELS, OPEN

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

SHOWN = 8
"""Rows of each list; the whole list is one click away."""
_RUNNING = [State.SUBMITTED, State.EMERGENCY, State.APPROVED, State.SENT, State.ACKNOWLEDGED]


def show_today(office: Office) -> dict[str, Any]:
    """Keys: `open` (level -> findings to judge), `queue` (the first of them), `awaiting` and `expiring` (orders),
    `in_force` (how many), `appeals`, `outbox`, `tasks`, `notices` (owed), `sources` (late first).
    """
    now = office.clock.now_us()
    running = list_orders(office, states=_RUNNING, limit=1_000)
    soon = [row for row in running if row["in_force"] and row["ends_at_us"] < now + US_PER_DAY]
    counts = [row for row in count_findings(office) if row["state"] == OPEN]
    return {
        "open": {str(level): sum(row["n"] for row in counts if row["level"] == level) for level in LEVELS},
        "queue": list_findings(office, limit=SHOWN),
        "awaiting": sorted((row for row in running if row["awaits"]), key=lambda row: row["ends_at_us"]),
        "expiring": sorted(soon, key=lambda row: row["ends_at_us"]),
        "in_force": sum(row["in_force"] for row in running),
        "appeals": list_appeals(office),
        "outbox": list_outbox(office, limit=SHOWN),
        "tasks": list_tasks(office),
        "notices": due_notices(office),
        "sources": sorted(list_sources(office), key=lambda row: (not row["is_late"], row["kind"])),
    }  # fmt: skip
