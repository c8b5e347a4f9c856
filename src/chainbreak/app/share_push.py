"""Bring what is shared up to date now: send what is due, then compare what sharing partners hold with the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

FORMATS = ("misp", "taxii")


def share_push(office: Office, partner_id: str = "") -> list[dict[str, Any]]:
    """Rows (partner, missing, extra, mended, error) of one sharing partner, or of all.

    Raises:
        UsageError: no such partner (CB-OR-080), or not one to share with (CB-DL-166).
    """
    from chainbreak.app.change_partners import partner_row
    from chainbreak.app.list_partners import list_partners
    from chainbreak.app.send_due import reconcile, send_due

    targets = [row["partner_id"] for row in list_partners(office) if row["format"] in FORMATS]
    if partner_id and partner_row(office, partner_id)["format"] not in FORMATS:
        raise UsageError("CB-DL-166", "nothing is shared with this partner", given=partner_id,
                         allowed=", ".join(targets))  # fmt: skip
    send_due(office)
    wanted = [partner_id] if partner_id else targets
    return reconcile(office, wanted) if wanted else []
