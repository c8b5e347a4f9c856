"""Kept runs, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.trace_rights import admit_trace
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def list_traces(office: Office, actor: Actor, what: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """run_id, what, rule, made_by, made_at_us, ledger_digest, digest; `what`: only of this thing (`report:ID`).

    Raises:
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
    """
    admit_trace(office, actor, "trace.list", "trace:*", often=True)
    names = ("run_id", "what", "rule", "made_by", "made_at_us", "ledger_digest", "digest")
    with office.desk.read() as conn:
        return [{name: row[name] for name in names} for row in funds.list_runs(conn, what or None, limit)]
