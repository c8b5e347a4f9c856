"""One lead with its evidence, its history, its priority term by term, and what may be done with it.

The site lead sheet of a device (where it stands, when somebody is there) is `app.show_lead`, linked from the findings
that a lead rests on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.leads import ranking
from chainbreak.act.leads.fold import UNDO
from chainbreak.act.leads.machine import MOVES, Ask, objections, standing_at, waits_for
from chainbreak.act.leads.model import Signals, State
from chainbreak.app.move_lead import columns_of, lead_now, may_read, read_history, read_lead, refuted_refs
from chainbreak.app.reveal_lead_target import may_reveal_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from chainbreak.act.leads.model import Event, Lead
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def show_lead_file(office: Office, actor: Actor, lead_id: str) -> dict[str, Any]:
    """The lead as `Lead.as_dict` gives it but with times as numbers, and `standing`, `priority`, `terms`,
    `recoverable_fen`, `at_risk`, `evidence` (with what became of each), `history`, `holder`, `version`, `waits_for_me`,
    `may_reveal` (the target's value), and `may` (moves open to the actor, as roles and state allow).

    Raises:
        UsageError: no such lead (CB-LF-001).
        RefusedError: the actor reads no leads (CB-LF-006).
    """
    from chainbreak.store.desk import leads

    may_read(actor)
    with office.desk.read() as conn:
        now = lead_now(conn, office.clock.now_us())
        lead, history = read_lead(conn, lead_id), read_history(conn, lead_id)
        refuted = refuted_refs(conn, lead.content)
        holder = leads.holders(conn, [lead_id], now).get(lead_id, "")
        evidence = [e | {"is_refuted": e["ref"] in refuted} for e in _evidence(conn, lead)]
        others = [row for row in leads.about(conn, lead.content.refs) if row["lead_id"] != lead_id]
    return lead_row({"lead_id": lead_id, **columns_of(lead, 0)}, now) | {
        "content": lead.content.as_dict(), "question": lead.content.question, "note": lead.content.note,
        "editors": list(lead.editors), "reviewed_by": lead.reviewed_by, "sent_back": lead.sent_back,
        "dispatched_by": lead.dispatched_by, "dispatched_at_us": lead.dispatched_at_us,
        "received_by": lead.received_by, "received_at_us": lead.received_at_us, "receipt": lead.receipt,
        "accepted_by": lead.accepted_by, "returns": list(lead.returns), "notes": lead.notes,
        "snooze_reason": lead.snooze_reason, "outcome_note": lead.outcome_note, "digest": lead.digest,
        "case_ref": lead.content.case_ref, "terms": [vars(t) for t in _terms(lead, now)], "evidence": evidence,
        "history": _told(history), "holder": holder, "version": lead.events, "others": others,
        "may_reveal": may_reveal_target(lead, actor), "waits_for_me": waits_for(lead, actor),
        "may": [] if holder not in ("", actor.name) else [m for m in MOVES if _open_to(m, lead, actor, now, history)],
    }  # fmt: skip


def lead_row(columns: Mapping[str, Any], now_us: int) -> dict[str, Any]:
    """One lead as a row of a list, from the columns of its file; times in UTC µs, money in fen, `priority` in points as
    of `now_us`; `standing`: the state with what the clock has made of it.
    """
    signals, asleep_until = Signals.from_text(columns["signals"]), columns["snoozed_until_us"] or 0
    same = ("lead_id", "kind", "target", "unit", "series_id", "drafted_by", "drafted_at_us", "deadline_us",
            "expires_at_us", "outcome", "ended_at_us")  # fmt: skip
    return {name: columns[name] for name in same} | {
        "state": str(columns["state"]),
        "standing": str(standing_at(State(columns["state"]), columns["expires_at_us"], now_us)),
        "priority": round(ranking.priority(columns["kind"], signals, now_us), 1),
        "recoverable_fen": ranking.recoverable_fen(signals, now_us),
        "at_risk": round(ranking.at_risk(signals, now_us), 1),
        "snoozed_until_us": asleep_until if asleep_until > now_us else None, "is_sent_back": columns["sent_back"],
        "is_late": (columns["deadline_us"] is not None and columns["ended_at_us"] is None
                    and now_us > columns["deadline_us"]),
    }  # fmt: skip


def _terms(lead: Lead, now_us: int) -> tuple[ranking.Term, ...]:
    return ranking.terms(lead.content.kind, lead.content.signals, now_us)


def _evidence(conn: Connection, lead: Lead) -> list[dict[str, Any]]:
    """Each thing the lead rests on: ref, at_us, digest, and for a finding its subject, detector, level and state."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_findings import finding as f

    ids = [ref.partition(":")[2] for ref in lead.content.refs if ref.startswith("finding:")]
    columns = (f.c.finding_id, f.c.subject, f.c.detector, f.c.level, f.c.state)
    rows = conn.execute(select(*columns).where(f.c.finding_id.in_(ids))).mappings()
    known = {f"finding:{row['finding_id']}": dict(row) for row in rows}
    return [
        {"ref": e.ref, "kind": e.ref.partition(":")[0], "id": e.ref.partition(":")[2], "at_us": e.at_us,
         "digest": e.digest, **known.get(e.ref, {})}
        for e in lead.content.evidence
    ]  # fmt: skip


def _told(history: list[Event]) -> list[dict[str, Any]]:
    undone = {int(e.data["undoes"]) for e in history if e.move == UNDO}
    said = ("reason", "code", "outcome", "unit", "deadline_us", "until_us")
    return [
        {"seq": e.seq, "at_us": e.at_us, "actor": e.actor, "move": e.move, "is_undone": e.seq in undone,
         **{name: e.data.get(name, "") for name in said}}
        for e in history
    ]  # fmt: skip


def _open_to(move: str, lead: Lead, actor: Actor, now_us: int, history: list[Event]) -> bool:
    """Whether nothing but what a form still has to say stands against a move."""
    said = {
        "CB-LF-010", "CB-LF-011", "CB-LF-014", "CB-LF-025", "CB-LF-026", "CB-LF-027", "CB-LF-029",
    }  # fmt: skip
    against = objections(move, lead, Ask(actor, now_us, history=history))
    return all(objection.code in said for objection in against)
