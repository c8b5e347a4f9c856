"""Everything held back, with its reason and time: what is suppressed never vanishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.current_policy import current_policy
from chainbreak.app.list_warnings import LARGEST_PAGE, may_read, tier_hue, tier_words
from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

VIEWS = ("suppressed", "later", "cancelled", "visits")
"""Messages that do not go out; those that wait for the end of the quiet hours; those taken back before they left; and
visits that are not made."""
_STATES = {"suppressed": "suppressed", "later": "due", "cancelled": "cancelled"}


def list_suppressed(
    office: Office, actor: Actor, *, view: str = VIEWS[0], after: str = "", limit: int = 100
) -> dict[str, Any]:
    """`rows` (id, warning_id, recipient, campaign, channel, reason, at_us, until_us, expires_at_us, tier, word, hue,
    district, standing) and `after`, the id that the next page begins behind, "" at the end. `until_us`: when it may go
    out, None when it never will; the newest first, of `later` the next first.

    Raises:
        UsageError: no such view (CB-US-001).
        RefusedError: the actor reads no warnings (CB-WA-200).
    """
    from sqlalchemy import select

    from chainbreak.store.desk import warning_reads as reads
    from chainbreak.store.desk.tables_warnings import warning as w

    may_read(actor)
    if view not in VIEWS:
        raise UsageError("CB-US-001", "no such view", given=view, allowed=did_you_mean(view, VIEWS))
    size, now = min(limit, LARGEST_PAGE), office.clock.now_us()
    with office.desk.read() as conn:
        policy = current_policy(conn, office)
        if view == "visits":
            found = [_of_visit(row) for row in reads.held_visits(conn, after, size + 1)]
        else:
            rows = reads.held_back(conn, _STATES[view], now, after, size + 1)
            found = [_of_message(row, later=view == "later") for row in rows]
        page = found[:size]
        named = {row["warning_id"] for row in page}
        about = {row.warning_id: row for row in conn.execute(select(w).where(w.c.warning_id.in_(named)))}
    told = [
        row | {
            "tier": about[row["warning_id"]].tier, "district": about[row["warning_id"]].district,
            "standing": about[row["warning_id"]].state, "word": tier_words(policy, about[row["warning_id"]].tier),
            "hue": tier_hue(policy, about[row["warning_id"]].tier),
        }
        for row in page
    ]  # fmt: skip
    return {"rows": told, "after": page[-1]["id"] if len(found) > size else ""}


def _of_message(row: dict[str, Any], *, later: bool) -> dict[str, Any]:
    return {
        "id": row["send_id"], "warning_id": row["warning_id"], "recipient": row["recipient"],
        "campaign": row["campaign"], "channel": row["channel"],
        "reason": "quiet_hours" if later else row["reason"], "at_us": row["settled_at_us"] or row["planned_at_us"],
        "until_us": row["due_at_us"] if later else None, "expires_at_us": row["expires_at_us"],
    }  # fmt: skip


def _of_visit(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["visit_id"], "warning_id": row["warning_id"], "recipient": row["recipient"],
        "campaign": row["campaign"], "channel": "visit", "reason": row["reason"], "at_us": row["opened_at_us"],
        "until_us": None, "expires_at_us": row["expires_at_us"],
    }  # fmt: skip
