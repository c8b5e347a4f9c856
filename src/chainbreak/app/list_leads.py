"""Leads for lists: what is under way by priority, what is over by the time of its last change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.act.leads.machine import OPEN
from chainbreak.act.leads.model import KINDS, Lead, State
from chainbreak.app.move_lead import lead_now, may_read
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
        found = [lead_row(Lead.from_dict(json.loads(row.body)), now) for row in leads.rows(conn, wanted, now)]
        rows = [row for row in found if _belongs(row, stage)]
        if stage != "over":
            rows.sort(key=lambda row: (row["standing"] not in OPEN, -row["priority"], row["lead_id"]))
        page = _after(rows, after)[: min(limit, LARGEST_PAGE)]
        held = leads.holders(conn, [row["lead_id"] for row in page], now)
    return [row | {"holder": held.get(row["lead_id"], "")} for row in page]


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


def _belongs(row: dict[str, Any], stage: str) -> bool:
    if stage == ALL:
        return True
    return (row["standing"] not in OPEN) if stage == "over" else row["standing"] in OPEN


def _after(rows: list[dict[str, Any]], lead_id: str) -> list[dict[str, Any]]:
    if not lead_id:
        return rows
    at = next((at for at, row in enumerate(rows) if row["lead_id"] == lead_id), None)
    if at is None:
        raise UsageError("CB-LF-001", "no such lead in this list", given=lead_id, next_step="start from the first page")
    return rows[at + 1 :]
