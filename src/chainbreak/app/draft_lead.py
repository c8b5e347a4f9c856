"""Draft a lead from a series or from findings, with every field that follows from them filled; or revise one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainbreak.act.leads import drafting
from chainbreak.act.leads.drafting import Wish
from chainbreak.act.leads.machine import Ask, step
from chainbreak.act.leads.model import KINDS, Content, Lead, new_lead_id
from chainbreak.app.move_lead import keep, lead_now, move_lead, read_lead
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.store.desk.series import LIVE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def draft_lead(office: Office, actor: Actor, wish: Wish, *, dry_run: bool = False, key: str | None = None) -> Lead:
    """A new draft on a series (`wish.series_id`), or on findings.

    Raises:
        UsageError: no such finding (CB-FN-001), series (CB-SE-001) or kind (CB-LF-008), a series that has ended
            (CB-SE-008), or nothing named (CB-LF-007).
        RefusedError: the same evidence was drafted before (CB-LF-009), the actor drafts no leads (CB-LF-003) or reads
            no series (CB-SE-012), or the content does not fit (CB-LF-011 to CB-LF-016).
    """
    from chainbreak.app.read_series import admit_series
    from chainbreak.app.show_series import show_series

    if wish.kind and wish.kind not in KINDS:
        raise UsageError("CB-LF-008", "no such kind of lead", given=wish.kind, allowed=did_you_mean(wish.kind, KINDS))
    shown = None
    if wish.series_id and not wish.findings:
        admit_series(office, actor, "series.read", f"series:{wish.series_id}")
        shown = show_series(office, wish.series_id)
    if shown is not None and shown["state"] != LIVE:
        raise UsageError("CB-SE-008", "the series has ended", given=wish.series_id,
                         next_step=f"chainbreak link show {shown['merged_into'] or wish.series_id}")  # fmt: skip
    with office.desk.read() if dry_run else office.desk.begin(key) as conn:
        now = lead_now(conn, office.clock.now_us())
        if shown is not None:
            content = drafting.content_of_series(shown, wish, now)
        else:
            content = content_of_findings(conn, wish, now)
        return draft_in(conn, actor, now, content, dry_run=dry_run)


def draft_in(conn: Connection, actor: Actor, now_us: int, content: Content, *, dry_run: bool = False) -> Lead:
    """Keep a draft with this content, within a transaction of the caller.

    Raises:
        RefusedError: the same evidence was drafted before (CB-LF-009), or the machine objects.
    """
    from chainbreak.store.desk import leads

    same = leads.same_evidence(conn, content.evidence_key)
    if same is not None:
        raise RefusedError("CB-LF-009", "a lead was drafted on this evidence before", given=same,
                           next_step=f"chainbreak lead show {same}")  # fmt: skip
    number = leads.next_number(conn)
    lead, event = step("draft", new_lead_id(number), None, Ask(actor, now_us, content=content))
    if not dry_run:
        keep(conn, actor, lead, event, number)
    return lead


def content_of_findings(conn: Connection, wish: Wish, now_us: int) -> Content:
    """What a lead on the wish's findings would say."""
    from chainbreak.app.show_finding import finding_named

    if not wish.findings:
        raise UsageError("CB-LF-007", "a lead rests on a series or on findings", allowed="--series ID or --finding ID")
    found = [finding_named(conn, finding_id)[0] for finding_id in dict.fromkeys(wish.findings)]
    return drafting.content_of_findings(found, wish, now_us)


def revise_lead(
    office: Office, actor: Actor, lead_id: str, changes: dict[str, Any], *, seen: int | None = None,
    dry_run: bool = False,
) -> Lead:  # fmt: skip
    """Change unit, question, note, case or end (`expires_at_us`) of a lead that is at the centre: it is a draft again,
    and whatever was reviewed before is void.

    Raises:
        UsageError: no such lead (CB-LF-001) or field (CB-LF-033).
        RefusedError: the machine objects.
    """
    known = ("unit", "question", "note", "case_ref", "expires_at_us")
    for name in changes:
        if name not in known:
            raise UsageError("CB-LF-033", "this cannot be revised", given=name, allowed=did_you_mean(name, known))
    with office.desk.read() as conn:
        lead = read_lead(conn, lead_id)
    content = replace(lead.content, **changes)
    # What was read a moment ago must still stand when it is written.
    return move_lead(office, actor, lead_id, "revise", content=content, dry_run=dry_run,
                     seen=lead.events if seen is None else seen)  # fmt: skip
