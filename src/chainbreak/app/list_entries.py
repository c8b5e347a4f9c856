"""The newest entries of the log, for the auditor's page and `audit list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.read_log import as_row, reading_log
from chainbreak.records.actor import Actor

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

MOST = 1_000
"""Entries in one answer."""


def list_entries(
    office: Office, actor: Actor, *, purpose: str, case: str = "", limit: int = 50, before: int | None = None,
    who: str = "", action: str = "", object: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """Entries newest first, below sequence `before`; `who`, `action` (a noun or a whole `noun.verb`), `object` narrow.

    Raises:
        RefusedError: no auditor (CB-AU-014), no purpose (CB-AU-015).
    """
    from sqlalchemy import or_, select

    from chainbreak.audit.tables import entries

    query = select(entries.c.entry).order_by(entries.c.seq.desc()).limit(max(1, min(limit, MOST)))
    if before is not None:
        query = query.where(entries.c.seq < before)
    if who:
        query = query.where(entries.c.actor == who)
    if action:
        query = query.where(or_(entries.c.action == action, entries.c.action.startswith(f"{action}.", autoescape=True)))
    if object:
        query = query.where(entries.c.object == object)
    asked = {"who": who, "action": action, "object": object, "limit": limit}
    with reading_log(office, actor, "list", "log", purpose=purpose, case=case, payload=asked) as conn:
        return [as_row(bytes(entry)) for entry in conn.execute(query).scalars()]
