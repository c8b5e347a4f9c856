"""Whether one partner could be sent to now: settings, secrets, and whether its point answers when it is asked."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.point import NotListedError, PointDownError
from chainbreak.app.change_partners import partner_row
from chainbreak.app.partner_secrets import secrets_of
from chainbreak.base.errors import ChainbreakError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

MOST_READ = 1_000
"""Entries read back: enough to see that it answers. A comparison reads all."""


def check_partner(office: Office, partner_id: str) -> list[dict[str, Any]]:
    """Rows (`what`, `ok`, `found`): settings, each secret, and that the point is opened and says what it holds.

    Nothing is sent or changed.

    Raises:
        UsageError: no such partner (CB-OR-080).
    """
    from chainbreak.app.partner_settings import checked_settings

    row = partner_row(office, partner_id)
    rows = [_asked("settings", lambda: f"{len(checked_settings(row['format'], json.loads(row['settings'])))} set")]
    for secret in secrets_of(office, partner_id, row["format"]):
        found = "set" if secret["is_set"] else f"chainbreak partner secret {partner_id} {secret['name']} --new"
        rows.append({"what": f"secret {secret['name']}", "ok": secret["is_set"], "found": found})
    rows.append(_asked("answers", lambda: _held(office, partner_id)))
    return rows


def _held(office: Office, partner_id: str) -> str:
    from chainbreak.act.delivery.lane import Lane
    from chainbreak.app.send_due import means_of

    lane = Lane(means_of(office), partner_id)
    try:
        n = sum(1 for _ in itertools.islice(lane.point().held(), MOST_READ))
    except NotListedError as e:
        return str(e)
    finally:
        lane.close()
    return f"holds {n:,} of ours" if n < MOST_READ else f"holds {n:,} of ours and more"


def _asked(what: str, ask: Any) -> dict[str, Any]:
    try:
        return {"what": what, "ok": True, "found": ask()}
    except (PointDownError, ChainbreakError) as e:
        return {"what": what, "ok": False, "found": str(e)}
