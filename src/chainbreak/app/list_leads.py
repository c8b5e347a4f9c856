"""Leads for lists: what is under way by priority, what is over by the time of its last change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.leads.machine import OPEN, standing_at
from chainbreak.act.leads.model import KINDS, State
from chainbreak.app.move_lead import lead_now, may_read
from chainbreak.app.next_lead import ranked
from chainbreak.app.show_lead_file import lead_row
from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.store.desk.leads import Wanted

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

LARGEST_PAGE = 500
ALL = "all"
STAGES: dict[str, tuple[str, ...]] = {
    "review": (State.DRAFT,), "dispatch": (State.REVIEWED,), "out": (State.DISPATCHED,),
    "working": (State.ACCEPTED, State.WORKED), "returned": (State.RETURNED,), "snoozed": tuple(sorted(OPEN)),
    "over": (State.CLOSED, State.WITHDRAWN, State.LAPSED, *sorted(OPEN)), ALL: (),
}  # fmt: skip
"""Stage -> states it shows. A lead past its end is over whatever its state; one that sleeps is in `snoozed` alone."""


def list_leads(
    office: Office, actor: Actor, *, stage: str = ALL, kind: str = "", unit: str = "", target: str = "",
    series_id: str = "", after: str = "", limit: int = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """Rows as `show_lead_file.lead_row` gives them, with `holder`; `after`: the last `lead_id` of the page before.

    What is under way comes by priority as of now, highest first; `over` comes by its last change, the newest first.

    Raises:
        UsageError: no such stage or kind (CB-US-001), or `after` is no lead of the list (CB-LF-001).
        RefusedError: the actor reads no leads (CB-LF-006).
    """
    from chainbreak.store.desk import leads

    may_read(actor)
    wanted = wanted_named(stage, kind, unit, target, series_id)
    with office.desk.read() as conn:
        now = lead_now(conn, office.clock.now_us())
        rows = leads.to_rank(conn, wanted, now)
        under_way = [row for row in rows if standing_at(row.state, row.expires_at_us, now) in OPEN]
        over = [row.lead_id for row in rows if standing_at(row.state, row.expires_at_us, now) not in OPEN]
        order = over if stage == "over" else ranked(under_way, now) + (over if stage == ALL else [])
        page = leads.columns_of(conn, _after(order, after)[: min(limit, LARGEST_PAGE)])
        held = leads.holders(conn, [columns["lead_id"] for columns in page], now)
    return [lead_row(columns, now) | {"holder": held.get(columns["lead_id"], "")} for columns in page]


def wanted_named(stage: str, kind: str = "", unit: str = "", target: str = "", series_id: str = "") -> Wanted:
    """A filter from words as typed; "" leaves a part open.

    Raises:
        UsageError: no such stage or kind (CB-US-001).
    """
    for name, given, known in (("stage", stage, [*STAGES]), ("kind", kind, ["", *KINDS])):
        if given not in known:
            raise UsageError("CB-US-001", f"no such {name}", given=given, allowed=did_you_mean(given, known))
    asleep = None if stage in (ALL, "over") else stage == "snoozed"
    return Wanted(STAGES[stage], kind or None, unit or None, target or None, series_id or None, asleep)


def count_leads(office: Office, actor: Actor, unit: str = "") -> dict[str, int]:
    """Stage -> how many leads it shows.

    Raises:
        RefusedError: the actor reads no leads (CB-LF-006).
    """
    from chainbreak.store.desk import leads

    may_read(actor)
    total = dict.fromkeys(STAGES, 0)
    with office.desk.read() as conn:
        found = leads.counts(conn, lead_now(conn, office.clock.now_us()), unit or None)
    for (state, is_past, is_asleep), n in found.items():
        is_open = state in OPEN and not is_past
        stage = "snoozed" if is_open and is_asleep else _stage_of(state) if is_open else "over"
        total[stage] += n
        total[ALL] += n
    return total


def list_units(office: Office) -> list[str]:
    """Districts and units that leads or findings name, for the choice of a dispatcher."""
    from sqlalchemy import select

    from chainbreak.store.desk import leads
    from chainbreak.store.desk.tables_findings import finding

    with office.desk.read() as conn:
        named = set(leads.units(conn)) | set(conn.execute(select(finding.c.district).distinct()).scalars())
    return sorted(named - {""})


def _stage_of(state: str) -> str:
    return next(stage for stage, states in STAGES.items() if state in states)


def _after(order: list[str], lead_id: str) -> list[str]:
    if lead_id and lead_id not in order:
        raise UsageError("CB-LF-001", "no such lead in this list", given=lead_id, next_step="start from the first page")
    return order[order.index(lead_id) + 1 :] if lead_id else order
