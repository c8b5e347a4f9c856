"""List contacts that gave no event: no line could be told, or the account is only suspected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.contact_signs import REASONS
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def list_asides(office: Office, *, reason: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """Rows (aside_id, at, kind, reason, about, indicator, ground, at_us, stake_fen), the newest first.

    Raises:
        UsageError: no such reason (CB-WA-100).
    """
    from chainbreak.store.desk import contacts

    if reason and reason not in REASONS:
        raise UsageError("CB-WA-100", "no such reason", given=reason, allowed=did_you_mean(reason, REASONS))
    with office.desk.read() as conn:
        rows = conn.execute(contacts.asides(reason, limit)).mappings()
        return [{"aside_id": row["aside_id"], "at": rfc3339(row["at_us"])} | dict(row) for row in rows]
