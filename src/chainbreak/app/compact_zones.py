"""Move a DNS partner's names out of the hot zone, at a quiet hour; nothing is barred or freed by it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.lane import opened
from chainbreak.act.delivery.point import PointDownError
from chainbreak.app.change_partners import changing, partner_row
from chainbreak.app.send_due import means_of
from chainbreak.base.errors import SetupError, UsageError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def compact_zones(office: Office, actor: Actor, partner_id: str) -> dict[str, Any]:
    """Returns partner, moved (names now in the cold zone alone), waited_s (until every resolver had read them).

    Raises:
        UsageError: no such partner (CB-OR-080), or not one of format dns (CB-DL-108).
        SetupError: a resolver did not follow (CB-DL-104), or a server is not reached (CB-DL-109); nothing was freed.
        RefusedError: the role (CB-OR-005).
    """
    from chainbreak.act.delivery.dns.compact import compact
    from chainbreak.act.delivery.dns.point import DnsPoint

    row = partner_row(office, partner_id)
    if row["format"] != "dns":
        raise UsageError("CB-DL-108", "this partner is not reached over DNS", given=row["format"], allowed="dns")
    with changing(office, actor, "partner.compact", partner_id, {}):
        pass  # who asked for it is in the log before it begins; it may take minutes, the desk's lock may not
    means = means_of(office)
    with opened(means, partner_id) as lane:
        point = lane.point()
        assert isinstance(point, DnsPoint)
        try:
            moved = compact(point, partial(means.alone_at, partner_id), office.clock.now_us())
        except PointDownError as e:
            raise SetupError("CB-DL-109", "a DNS server is not reached; every name is barred as before",
                             given=str(e)) from None  # fmt: skip
    return {"partner": partner_id, "moved": moved.names, "waited_s": round(moved.waited_s, 1)}
