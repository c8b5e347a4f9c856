"""The whole log for an outsider, who checks it with `tools/verify_log.py` and needs nothing else of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.app.publish_checkpoint import publish_checkpoint
from chainbreak.app.read_log import reading_log
from chainbreak.records.actor import Actor

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def export_log(office: Office, actor: Actor, out: Path, *, purpose: str, case: str = "") -> dict[str, Any]:
    """Write entries and published checkpoints to the new folder `out`; the export's own entry is the last one in it.

    Raises:
        UsageError: `out` is not empty (CB-AU-012).
        RefusedError: no auditor (CB-AU-014), no purpose (CB-AU-015).
    """
    from chainbreak.audit import export

    export.check_empty(out)
    with reading_log(office, actor, "export", "log", purpose=purpose, case=case):
        pass  # nothing is read before the leaf that says so is kept
    point = publish_checkpoint(office)
    with office.desk.read() as conn:
        count = export.export_log(conn, office.centre.log, out)
    return {"entries": count, "checkpoint": point.name if point else "", "folder": str(out)}
