"""Give a series a name that people use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.link_decisions import deciding
from chainbreak.app.read_series import series_named
from chainbreak.base.errors import UsageError
from chainbreak.store.desk import series as desk_series

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

LONGEST = 200


def rename_series(
    office: Office, actor: Actor, series_id: str, name: str, why: str, *, key: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Call the series `name` ("" takes the name away); its id stays. The event keeps old and new.

    Raises:
        UsageError: no such series (CB-SE-001), too long a name (CB-SE-015), no reason (CB-SE-004).
        RefusedError: the actor may not decide (CB-SE-002).
    """
    from chainbreak.audit.log import Entry, append

    # A name is one line on every page, terminal and file: what steers a screen is no part of it.
    new = " ".join("".join(c for c in name if c.isprintable() or c.isspace()).split())
    if len(new) > LONGEST:
        raise UsageError("CB-SE-015", "the name is too long", given=str(len(new)), allowed=str(LONGEST))
    now = office.clock.now_us()
    with deciding(office, actor, why, key=key, dry_run=dry_run) as conn:
        old = series_named(conn, series_id).name
        if new != old:
            desk_series.put_series(conn, (), [{"series_id": series_id, "name": new, "changed_at_us": now}])
            desk_series.add_events(conn, [{
                "at_us": now, "series_id": series_id, "run_id": None, "actor": actor.name, "kind": "renamed",
                "cause": "person", "body": {"old": old, "new": new, "why": why.strip()},
            }])  # fmt: skip
            payload = {"old": old, "new": new, "why": why.strip()}
            append(conn, Entry.by(actor, now, "series.rename", f"series:{series_id}", payload=payload))
    return {"series_id": series_id, "old": old, "name": new, "dry_run": dry_run}
