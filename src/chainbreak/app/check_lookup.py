"""Ask the running look-up one question through a partner's eyes: what it is told, end to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import RefusedError, SetupError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_ASK = (Role.LIAISON, Role.ADMIN, Role.ANALYST, Role.APPROVER, Role.COMMANDER)


def check_lookup(office: Office, actor: Actor, partner_id: str, kind: str, value: str) -> dict[str, Any]:
    """What the partner is told about `value` now: `listed`, `order_ref`, `until`, `reason_code`. It is noted who asked.

    Raises:
        UsageError: no such partner (CB-OR-080), it does not ask by look-up (CB-DL-190), no such kind (CB-US-001), or
            the value is none of that kind (the code of the look-up).
        RefusedError: the role (CB-OR-005).
        SetupError: the look-up does not answer, or has no news from the desk (CB-DL-191); no token was issued yet.
    """
    from chainbreak.act.delivery.lookup.client import Client
    from chainbreak.act.delivery.lookup.follower import FORMAT
    from chainbreak.act.delivery.lookup.reading import KINDS
    from chainbreak.act.delivery.point import PointDownError
    from chainbreak.app.change_partners import partner_row
    from chainbreak.app.partner_secrets import secret_path
    from chainbreak.app.record_read import record_read

    if not actor.has(*MAY_ASK):
        raise RefusedError("CB-OR-005", "this role does not ask the look-up", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(MAY_ASK))  # fmt: skip
    row = partner_row(office, partner_id)
    if row["format"] != FORMAT:
        raise UsageError("CB-DL-190", "this partner does not ask by look-up", given=partner_id,
                         allowed=f"a partner of format {FORMAT}", next_step="chainbreak partner list")  # fmt: skip
    if kind not in KINDS:
        raise UsageError("CB-US-001", "no such kind", given=kind, allowed=", ".join(KINDS))
    path = secret_path(office, partner_id, "probe")
    if not path.is_file():
        raise SetupError("CB-DL-191", "the look-up cannot be asked", given="no token was issued",
                         next_step=f"chainbreak lookup token {partner_id}")  # fmt: skip
    record_read(office, actor, "lookup.check", f"partner:{partner_id}", purpose="delivery")
    client = Client(row["address"], path.read_text().strip(), json.loads(row["settings"]).get("ca", ""))
    try:
        answer = client.ask([(kind, value)])[0]
    except PointDownError as e:
        raise SetupError(
            "CB-DL-191", "the look-up cannot be asked", given=str(e), next_step="chainbreak lookup serve"
        ) from None
    finally:
        client.close()
    if "error" in answer:
        error = answer["error"]
        raise UsageError(error["code"], error["message"], given=error["given"], allowed=error["allowed"])
    return answer
