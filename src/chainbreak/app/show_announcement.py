"""What anybody may read of a published return, by the code on its announcement: masked, without who worked on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.act.orders.drafting import receipt_hash
from chainbreak.act.returns.model import Return
from chainbreak.app.move_return import return_now
from chainbreak.app.show_return import return_dict
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

PUBLIC = ("return_id", "round", "standing", "case", "why", "frozen_fen", "returned_fen", "surplus_fen", "losses_fen",
          "published_at_us", "notice_until_us", "decided_at_us", "pay_by_us", "digest", "code")  # fmt: skip
PUBLIC_ROW = ("claim_id", "name", "loss_fen", "share", "amount_fen", "outcome")


def show_announcement(office: Office, code: str) -> dict[str, Any]:
    """The announcement behind a code: how the pot is divided, until when objections are heard, what became of it.

    Raises:
        UsageError: no published return has it (CB-RM-006).
    """
    from chainbreak.store.desk import returns

    with office.desk.read() as conn:
        now = return_now(conn, office.clock.now_us())
        body = returns.read_body_by_code(conn, receipt_hash(code))
    found = Return.from_dict(json.loads(body)) if body is not None else None
    if found is None or found.published_at_us is None:
        raise UsageError("CB-RM-006", "there is no such announcement", allowed="the code on the announcement")
    shown = return_dict(found, now)
    rows = [{name: row[name] for name in PUBLIC_ROW} for row in shown["rows"]]
    return {name: shown[name] for name in PUBLIC} | {"rows": rows}
