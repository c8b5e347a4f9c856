"""A kept run, as it was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.trace_rights import admit_trace
from chainbreak.base.errors import UsageError
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def show_trace(office: Office, actor: Actor, run_id: str, *, purpose: str = "", case: str = "") -> dict[str, Any]:
    """The body of a run with `made_by`, `made_at_us` and `digest` (SHA-256 of the kept bytes). The look is in the log.

    Raises:
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
        UsageError: no such run (CB-TR-028).
    """
    admit_trace(office, actor, "trace.read", f"trace:{run_id}"[:255], purpose=purpose, case=case)
    with office.desk.read() as conn:
        row = run_named(conn, run_id)
    return {**row["body"], "made_by": row["made_by"], "made_at_us": row["made_at_us"], "digest": row["digest"]}


def run_named(conn: Connection, run_id: str) -> dict[str, Any]:
    """The row of a run (see `funds.read_run`).

    Raises:
        UsageError: no such run (CB-TR-028).
    """
    row = funds.read_run(conn, run_id.strip().upper())
    if row is None:
        raise UsageError("CB-TR-028", "there is no such trace", given=run_id[:40], allowed="T- and six digits",
                         next_step="chainbreak trace list")  # fmt: skip
    return row
