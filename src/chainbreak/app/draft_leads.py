"""Draft leads from everything worth one: a second run on the same evidence drafts nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.act.leads import drafting
from chainbreak.act.leads.drafting import Wish
from chainbreak.act.leads.machine import DRAFTERS, OPEN
from chainbreak.act.leads.model import Content, kind_of
from chainbreak.app.draft_lead import draft_in
from chainbreak.app.move_lead import lead_now
from chainbreak.app.read_series import MAY_READ, admit_series
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Role
from chainbreak.records.finding import Finding, Level
from chainbreak.store.desk import findings
from chainbreak.store.desk.findings import Filter

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

AT_ONCE = 100
"""Drafts of one transaction: others write in between, and a run that was cut short goes on where it was."""
MOST = 500
"""Series and findings one run looks at: those that changed last, and the most urgent."""


def draft_leads(
    office: Office, actor: Actor, *, series: Sequence[str] = (), unit: str = "", dry_run: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Draft from every series (`series`: only these) and every finding worth a lead. Rows (kind, target, unit, from,
    lead_id, why): `why` is `drafted`, `open` (a lead about the target is under way) or `known` (the same evidence
    was drafted before).

    Worth one are: of each living series, per kind the thing most of its reports name, while its trace is fresh;
    findings that were confirmed, and urgent ones that nobody has judged yet.

    Raises:
        RefusedError: the actor drafts no leads (CB-LF-003), or reads no series and named some (CB-SE-012).
    """
    if not actor.has(*DRAFTERS, Role.SERVICE):
        raise RefusedError("CB-LF-003", "this role may not: draft", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(DRAFTERS)))  # fmt: skip
    now = office.clock.now_us()
    wanted = list(_of_series(office, series, unit, now)) if _reads(office, actor, series) else []
    if not series:
        wanted += _of_findings(office, unit, now)
    rows: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    for start in range(0, len(wanted), AT_ONCE):
        with office.desk.read() if dry_run else office.desk.begin() as conn:
            part = wanted[start : start + AT_ONCE]
            rows += [_draft(conn, office, actor, source, content, seen, dry_run) for source, content in part]
    return rows


def _draft(
    conn: Connection, office: Office, actor: Actor, source: str, content: Content, seen: set[tuple[str, str]],
    dry_run: bool,
) -> dict[str, Any]:  # fmt: skip
    from chainbreak.store.desk import leads

    now = lead_now(conn, office.clock.now_us())
    row = {"kind": content.kind, "target": content.target, "unit": content.unit, "from": source}
    same = leads.same_evidence(conn, content.evidence_key)
    if same is not None:
        return row | {"lead_id": same, "why": "known"}
    under_way = leads.open_about(conn, content.kind, content.target, OPEN, now)
    # In a dry run nothing is kept, so that what this run would have drafted is remembered here.
    if under_way is not None or (content.kind, content.target) in seen:
        return row | {"lead_id": under_way or "", "why": "open"}
    seen.add((content.kind, content.target))
    lead = draft_in(conn, actor, now, content, dry_run=dry_run)
    return row | {"lead_id": "" if dry_run else lead.lead_id, "why": "drafted"}


def _reads(office: Office, actor: Actor, series: Sequence[str]) -> bool:
    """Whether the actor drafts from series too; the look at them is in the log, and so is a refusal of those named."""
    if actor.has(Role.SERVICE):
        return True
    if not series and not actor.has(*MAY_READ):
        return False
    for series_id in series or ("*",):
        admit_series(office, actor, "series.read", f"series:{series_id}")
    return True


def _of_series(office: Office, series: Sequence[str], unit: str, now_us: int) -> Iterator[tuple[str, Content]]:
    from chainbreak.app.list_series import list_series
    from chainbreak.app.show_series import show_series

    for series_id in list(series) or [row["series_id"] for row in list_series(office, limit=MOST)]:
        shown = show_series(office, series_id)
        for target in drafting.targets_of_series(shown, now_us):
            wish = Wish(target=target, unit=unit, series_id=series_id)
            yield f"series:{series_id}", drafting.content_of_series(shown, wish, now_us)


def _of_findings(office: Office, unit: str, now_us: int) -> list[tuple[str, Content]]:
    worth = (Filter(findings.CONFIRMED), Filter(findings.OPEN, level=Level.URGENT))
    found: list[tuple[str, Content]] = []
    with office.desk.read() as conn:
        ids = [row.finding_id for filter_ in worth for row in findings.page(conn, filter_, limit=MOST)]
        for finding_id in ids[:MOST]:
            read = findings.read_finding(conn, finding_id)
            if read is not None and _has_a_kind(read[0]):
                wish = Wish(unit=unit, findings=(finding_id,))
                found.append((f"finding:{finding_id}", drafting.content_of_findings([read[0]], wish, now_us)))
    return found


def _has_a_kind(found: Finding) -> bool:
    return kind_of(found.subject) is not None
