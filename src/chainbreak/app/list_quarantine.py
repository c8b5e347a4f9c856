"""Rejected rows that are still out: why and where; their contents only for a purpose and a case, and logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.audit.log import Entry, append
from chainbreak.base.clock import local_day
from chainbreak.base.errors import UsageError
from chainbreak.records.actor import Actor
from chainbreak.store.desk.ingests import read_settled

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.ingest.quarantine import Rejected


def find_rejected(office: Office, *, reason: str = "", file: str = "", date: str = "") -> list[Rejected]:
    """The rejected rows that are out, by file and line; `reason` a code, `file` a name, `date` the local day (ISO) they
    were rejected on; empty: all.
    """
    from chainbreak.ingest.quarantine import Quarantine

    with office.desk.read() as conn:
        settled = read_settled(conn)
    zone = office.centre.settings.zone
    return [
        row
        for row in Quarantine(office.centre.quarantine, office.keys.seal_key).rows(settled)
        if reason in ("", row.code) and file in ("", row.file) and date in ("", local_day(row.at_us, zone).isoformat())
    ]


def list_quarantine(
    office: Office, *, reason: str = "", file: str = "", date: str = "", actor: Actor | None = None,
    purpose: str = "", case: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """One dictionary a rejected row: id, file, line, kind, code, column, at_us; with an `actor`, `content` too.

    Raises:
        UsageError: contents are asked for without purpose or case (CB-IN-043).
    """
    if actor and not (purpose and case):
        raise UsageError("CB-IN-043", "contents are shown only for a purpose and a case",
                         allowed="--purpose and --case", next_step="name both; the look is logged")  # fmt: skip
    found = find_rejected(office, reason=reason, file=file, date=date)
    if actor:
        now = office.clock.now_us()
        seen = {"rows": [row.id for row in found]}
        with office.desk.begin() as conn:
            append(conn, Entry.by(actor, now, "quarantine.reveal", f"quarantine:{len(found)} rows", purpose=purpose,
                                  case=case, payload=seen))  # fmt: skip
    shown = ("id", "file", "line", "kind", "code", "column", "at_us", *(("content",) if actor else ()))
    return [{name: getattr(row, name) for name in shown} for row in found]
