"""Findings in the order in which they should be read, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.store.desk import findings
from chainbreak.store.desk.findings import Filter

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

LARGEST_PAGE = 500


def list_findings(
    office: Office, wanted: Filter | None = None, *, after: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """One page of findings, most urgent first; `after` is the last `finding_id` of the page before.

    Columns: finding_id, detector, version, subject_kind, subject, level, score, proposed_action, district, state,
    found_at_us, found_at, first_evidence_us, holder (who has it open, or "").
    """
    with office.desk.read() as conn:
        rows = findings.page(conn, wanted or Filter(), after, min(limit, LARGEST_PAGE))
        held = findings.holders(conn, [row.finding_id for row in rows], office.clock.now_us())
    return [
        {
            "finding_id": row.finding_id, "level": row.level, "score": row.score, "detector": row.detector,
            "version": row.version, "subject_kind": row.subject_kind, "subject": row.subject, "state": row.state,
            "proposed_action": row.proposed_action, "district": row.district, "found_at": rfc3339(row.found_at_us),
            "found_at_us": row.found_at_us, "first_evidence_us": row.first_evidence_us,
            "holder": held.get(row.finding_id, ""),
        }
        for row in rows
    ]  # fmt: skip


def filter_named(state: str, detector: str, level: str, district: str, subject: str) -> Filter:
    """A filter from words as typed: "" leaves a part open, state `all` leaves the state open.

    Raises:
        UsageError: no such state or level (CB-US-001).
    """
    for name, given, known in (
        ("state", state, (*findings.STATES, "all", "")),
        ("level", level, (*findings.LEVELS, "")),
    ):
        if given not in known:
            raise UsageError("CB-US-001", f"no such {name}", given=given, allowed=did_you_mean(given, known))
    return Filter(
        None if state in ("", "all") else state, detector or None, level or None, district or None, subject or None
    )


def count_findings(office: Office) -> list[dict[str, Any]]:
    """How many findings there are: rows (state, detector, level, n)."""
    with office.desk.read() as conn:
        return findings.counts(conn)
