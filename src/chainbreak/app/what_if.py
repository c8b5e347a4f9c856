"""What a series would fall into if one link, or one identifier that holds it together, were wrong. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.link_decisions import standing_constraints
from chainbreak.app.read_series import living_members
from chainbreak.base.errors import UsageError
from chainbreak.find.linkage.decisions import as_decisions

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def what_if(office: Office, series_id: str, *, edge: tuple[str, str] | None = None, key: str = "") -> dict[str, Any]:
    """`parts`: the reports of the series as they would then be linked, largest part first, with every decision that
    stands kept; `edge` and `key` as asked.

    Raises:
        UsageError: no such series (CB-SE-001), one that has ended (CB-SE-008), neither or both of `edge` and `key`
            (CB-SE-017), a report or identifier that is not there (CB-LK-001, CB-LK-002).
        SetupError: one of its reports is gone, or was never linked (CB-SE-011).
    """
    from chainbreak.app.link_reports import linked_about
    from chainbreak.find.linkage import explain

    if (edge is None) == (not key):
        raise UsageError("CB-SE-017", "ask about one link or one identifier", given=f"{edge or ''} {key}".strip())
    with office.desk.read() as conn:
        members, decisions = living_members(conn, series_id), as_decisions(standing_constraints(conn))
    linked = linked_about(office, members)
    parts = explain.what_if(linked, members, edge=edge, key=key, decisions=decisions)
    return {"series_id": series_id, "edge": edge, "key": key, "parts": parts}
