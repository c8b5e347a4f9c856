"""One move of a lead: the event, the file, its labels and its leaf in the log, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.act.leads import ranking
from chainbreak.act.leads.fold import UNDO
from chainbreak.act.leads.machine import DISPATCHERS, DRAFTERS, REVIEWERS, UNIT, Ask, step
from chainbreak.act.leads.model import OUTCOMES, Content, Event, Lead, State
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

READERS = DRAFTERS | REVIEWERS | DISPATCHERS | UNIT | {Role.AUDITOR}
"""Who may make a move with a lead, and who audits."""
SELECTED = "selected"
"""How a label came about: people chose by priority what to look into, so that labels are no random draw."""


def move_lead(
    office: Office, actor: Actor, lead_id: str, move: str, data: Mapping[str, Any] | None = None, *,
    content: Content | None = None, seen: int | None = None, dry_run: bool = False, key: str | None = None,
) -> Lead:  # fmt: skip
    """Make one move and return the lead after it; `seen`: only if it has had this many events; `dry_run`: keep nothing.

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: it changed since (CB-LF-005), or the machine objects (CB-LF-002 to CB-LF-032).
    """
    if dry_run:
        with office.desk.read() as conn:
            now = lead_now(conn, office.clock.now_us())
            return try_move(conn, actor, now, lead_id, move, data, content, seen)
    with office.desk.begin(key) as conn:
        return move_in(conn, actor, lead_now(conn, office.clock.now_us()), lead_id, move, data, content, seen)


def try_move(
    conn: Connection, actor: Actor, now_us: int, lead_id: str, move: str, data: Mapping[str, Any] | None = None,
    content: Content | None = None, seen: int | None = None,
) -> Lead:  # fmt: skip
    """The lead as it would be after the move; nothing is kept.

    Raises:
        UsageError, RefusedError: as `move_lead`.
    """
    return _step(conn, actor, now_us, lead_id, move, data, content, seen)[0]


def move_in(
    conn: Connection, actor: Actor, now_us: int, lead_id: str, move: str, data: Mapping[str, Any] | None = None,
    content: Content | None = None, seen: int | None = None,
) -> Lead:  # fmt: skip
    """`move_lead` within a transaction of the caller."""
    from chainbreak.store.desk import leads

    after, event = _step(conn, actor, now_us, lead_id, move, data, content, seen)
    keep(conn, actor, after, event)
    leads.free(conn, lead_id)
    return after


def keep(conn: Connection, actor: Actor, after: Lead, event: Event, number: int | None = None) -> None:
    """Write what a move gives; `number`: of a new lead."""
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import leads

    columns = columns_of(after, event.at_us) | ({"number": number} if number is not None else {})
    row = {"seq": event.seq, "at_us": event.at_us, "actor": event.actor, "move": event.move, "body": event.as_bytes()}
    leads.keep(conn, after.lead_id, columns, after.content.refs, row)
    if event.move in ("close", UNDO):
        leads.set_labels(conn, after.lead_id, labels_of(after, event))
    append(conn, Entry.by(
        actor, event.at_us, f"lead.{event.move}", f"lead:{after.lead_id}", case=after.content.case_ref,
        payload=event.as_dict(),
    ))  # fmt: skip


def read_lead(conn: Connection, lead_id: str) -> Lead:
    """The lead as it stands.

    Raises:
        UsageError: there is no such lead (CB-LF-001).
    """
    from chainbreak.store.desk import leads

    body = leads.read_body(conn, lead_id)
    if body is None:
        raise UsageError("CB-LF-001", "there is no such lead", given=lead_id, next_step="chainbreak lead list")
    return Lead.from_dict(json.loads(body))


def read_history(conn: Connection, lead_id: str) -> list[Event]:
    """Every move of a lead, first to last, undone ones too."""
    from chainbreak.store.desk import leads

    return [Event.from_dict(json.loads(body)) for body in leads.read_events(conn, lead_id)]


def lead_now(conn: Connection, clock_us: int) -> int:
    """The time by which leads are judged: never before the highest time in the log, so no clock revives one."""
    from chainbreak.audit.log import highest_time_us

    return max(clock_us, highest_time_us(conn))


def refuted_refs(conn: Connection, content: Content) -> frozenset[str]:
    """Findings among the evidence that were judged false."""
    from sqlalchemy import select

    from chainbreak.store.desk import findings
    from chainbreak.store.desk.tables_findings import finding

    ids = [ref.partition(":")[2] for ref in content.refs if ref.startswith("finding:")]
    judged = select(finding.c.finding_id).where(finding.c.finding_id.in_(ids), finding.c.state == findings.FALSE)
    return frozenset(f"finding:{found}" for found in conn.execute(judged).scalars())


def columns_of(lead: Lead, at_us: int) -> dict[str, Any]:
    """The columns of a lead's file; all of them are copies of what its body says."""
    content = lead.content
    return {
        "state": lead.state, "kind": content.kind, "target": content.target, "series_id": content.series_id,
        "unit": lead.unit or content.unit, "drafted_by": lead.editors[0], "evidence_key": content.evidence_key,
        "expires_at_us": content.expires_at_us, "snoozed_until_us": lead.snoozed_until_us,
        "drafted_at_us": lead.drafted_at_us, "dispatched_at_us": lead.first_dispatched_at_us,
        "deadline_us": lead.deadline_us, "received_at_us": lead.received_at_us, "ended_at_us": lead.ended_at_us,
        "outcome": lead.outcome, "returns": len(lead.returns), "returned_wrong": lead.returns.count("wrong"),
        "updated_at_us": at_us, "editors": "\n".join(lead.editors), "reviewed_by": lead.reviewed_by,
        "sent_back": bool(lead.sent_back), "signals": content.signals.as_text(), "body": lead.as_bytes(),
    }  # fmt: skip


def labels_of(lead: Lead, event: Event) -> list[dict[str, Any]]:
    """What a closed lead's outcome says of its target and of the findings and the series it rested on."""
    if lead.state is not State.CLOSED:
        return []
    content = lead.content
    chosen_at = lead.dispatched_at_us or lead.drafted_at_us
    about = {content.target, *(ref for ref in content.refs if not ref.startswith("report:"))}
    return [
        {"ref": ref, "label": OUTCOMES[lead.outcome], "outcome": lead.outcome, "sampling": SELECTED,
         "priority": ranking.priority(content.kind, content.signals, chosen_at), "given_by": event.actor,
         "given_at_us": event.at_us, "note": lead.outcome_note}
        for ref in sorted(about)
    ]  # fmt: skip


def _step(
    conn: Connection, actor: Actor, now_us: int, lead_id: str, move: str, data: Mapping[str, Any] | None,
    content: Content | None, seen: int | None,
) -> tuple[Lead, Event]:  # fmt: skip
    from chainbreak.store.desk import leads

    lead = read_lead(conn, lead_id)
    if seen is not None and seen != lead.events:
        raise RefusedError("CB-LF-005", "the lead changed since it was read, nothing was done", given=str(seen),
                           allowed=str(lead.events), next_step="read it again, then decide")  # fmt: skip
    held = leads.holders(conn, [lead_id], now_us).get(lead_id, "")
    ask = Ask(
        actor, now_us, dict(data or {}), content, refuted_refs(conn, lead.content),
        held if held != actor.name else "", read_history(conn, lead_id) if move == UNDO else (),
    )  # fmt: skip
    return step(move, lead_id, lead, ask)


def may_read(actor: Actor) -> None:
    """Leads are read by whoever may make a move with them, and by auditors.

    Raises:
        RefusedError: none of these roles (CB-LF-006).
    """
    if not may_read_leads(actor):
        raise RefusedError("CB-LF-006", "leads are not within your rights", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(READERS)))  # fmt: skip


def may_read_leads(actor: Actor) -> bool:
    """Whether a role of the actor reads leads."""
    return actor.has(*READERS)
