"""Take observed contacts in: join them to warnings, judge tiers, begin what the tier asks for; all or nothing a batch.

The same events in any order and any batches leave the same events and tiers, and nobody is told twice: an event's id
follows from what it says of itself, a warning's from the event that opened it, a message's from warning, channel and
purpose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.caps import quiet_until
from chainbreak.act.warnings.intake import Change, Folded, Standing, fold, joined, renamed
from chainbreak.act.warnings.model import KINDS, ContactEvent, facts_of
from chainbreak.base.clock import US_PER_DAY, US_PER_MIN

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.begin_warning import Plan
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

BATCH = 500
"""Events a transaction: about a tenth of a second of the one writer."""
LOOK_BACK_US = 7 * US_PER_DAY
"""How long a closed warning still takes in events that happened before it was closed."""
TOO_OLD, NO_KIND, IN_FUTURE = "CB-WA-014", "CB-WA-015", "CB-WA-016"
AHEAD_US = 10 * US_PER_MIN
"""How far a source's clock may be ahead of ours."""


@dataclass
class Taken:
    """What became of events, counted: `new`, `grown` (a later word about a known contact), `repeated`; of warnings:
    `opened`, `raised`; of messages: `planned`, `held_back`. `refused`: (event_id, code, what was given).
    """

    new: int = 0
    grown: int = 0
    repeated: int = 0
    opened: int = 0
    raised: int = 0
    planned: int = 0
    held_back: int = 0
    refused: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class Written:
    """Rows to write, as they come together over the recipients of a batch."""

    warnings: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    raised: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    sends: list[dict[str, Any]] = field(default_factory=list)
    belongs: dict[str, str | None] = field(default_factory=dict)
    joined: dict[str, str] = field(default_factory=dict)
    """Events that were below every tier -> the warning they belong to now."""
    hasten: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Warning that was raised -> when its messages may leave, and its rank."""


def take_contacts(office: Office, actor: Actor, events: Sequence[ContactEvent]) -> Taken:
    """Take events in; each batch of 500 is one transaction with its leaf. Given again, they change nothing.

    An event that rests on nothing that holds now, or is past its end, is refused by itself and the others go on.
    """
    taken = Taken()
    for at in range(0, len(events), BATCH):
        with office.desk.begin() as conn:
            take_in(conn, office, actor, events[at : at + BATCH], taken)
    return taken


def take_in(conn: Connection, office: Office, actor: Actor, batch: Sequence[ContactEvent], taken: Taken) -> None:
    """The same of one batch, in the caller's transaction."""
    from chainbreak.app.begin_warning import Plan
    from chainbreak.app.current_policy import current_policy
    from chainbreak.store.desk import warnings as desk

    now = office.clock.now_us()
    words = _usable(conn, batch, now, taken)
    known = desk.known_events(conn, [word.event_id for word in words])
    told = _merged(words, known, taken)
    if not told:
        return
    mine: dict[str, list[ContactEvent]] = {}
    for event in told.values():
        mine.setdefault(event.recipient, []).append(event)
    rows = {row["warning_id"]: row for row in desk.warnings_of(conn, mine, now - LOOK_BACK_US, now)}
    stored: dict[str, list[tuple[str | None, ContactEvent]]] = {}
    for row in desk.standing_events(conn, mine, now):
        if row["event_id"] not in told:
            stored.setdefault(row["recipient"], []).append((row["warning_id"], event_of(row)))
    standing: dict[str, list[Standing]] = {}
    for row in rows.values():
        standing.setdefault(row["recipient"], []).append(standing_of(row))
    plan = Plan.read(conn, office, current_policy(conn, office), set(mine), list(rows), now)
    written = Written()
    folds: dict[str, Folded] = {}
    for recipient, its in mine.items():
        pairs = [*stored.get(recipient, ()), *((known.get(e.event_id, {}).get("warning_id"), e) for e in its)]
        folds[recipient] = fold(plan.policy, standing.get(recipient, ()), pairs, now, told=frozenset(told))
    opened = [change.warning_id for folded in folds.values() for change in folded.changes if change.change == "opened"]
    used = desk.ids_in_use(conn, opened)
    for recipient, fresh in folds.items():
        folded = renamed(fresh, used, now) if used else fresh
        written.belongs |= folded.belongs
        below = [e.event_id for warning_id, e in stored.get(recipient, ()) if warning_id is None]
        written.joined |= {ident: of for ident in below if (of := folded.belongs.get(ident))}
        for change in folded.changes:
            _change(plan, recipient, change, rows, written)
    _write(conn, actor, now, told, known, written, taken)


def _usable(conn: Connection, batch: Sequence[ContactEvent], now: int, taken: Taken) -> list[ContactEvent]:
    from chainbreak.app.contact_grounds import faults_of

    faults, good = faults_of(conn, [event.ground for event in batch], now), []
    for event in batch:
        if event.kind not in KINDS:
            taken.refused.append((event.event_id, NO_KIND, event.kind))
        elif event.ground in faults:
            taken.refused.append((event.event_id, faults[event.ground], event.ground))
        elif event.at_us > now + AHEAD_US or event.expires_at_us <= now:
            taken.refused.append((event.event_id, TOO_OLD if event.at_us <= now else IN_FUTURE, str(event.at_us)))
        else:
            good.append(event)
    return good


def _merged(
    words: Sequence[ContactEvent], known: Mapping[str, Mapping[str, Any]], taken: Taken
) -> dict[str, ContactEvent]:
    """Event id -> what all words about it say, of those that say something new. What was taken back stays so."""
    told: dict[str, ContactEvent] = {}
    for word in words:
        ident, row = word.event_id, known.get(word.event_id)
        stood = told.get(ident) or (event_of(row) if row else None)
        says = (
            replace(word, campaign=word.of) if stood is None else replace(joined(stood, word), campaign=stood.campaign)
        )
        if stood is not None and (_content(says) == _content(stood) or (row and row["retracted_at_us"] is not None)):
            taken.repeated += 1
            continue
        taken.new, taken.grown = taken.new + (stood is None), taken.grown + (stood is not None)
        told[ident] = says
    return told


def _content(event: ContactEvent) -> tuple[Any, ...]:
    return (event.at_us, event.ended_at_us, event.stake_fen, event.confidence, event.facts_text)


def event_of(row: Mapping[str, Any]) -> ContactEvent:
    """The event of a row of `contact_event`."""
    return ContactEvent(
        row["kind"], row["recipient"], row["at_us"], row["ground"], row["source"], row["ref"], row["indicator"],
        row["campaign"], row["confidence"], row["ended_at_us"], row["stake_fen"], facts=facts_of(row["facts"]),
    )  # fmt: skip


def standing_of(row: Mapping[str, Any]) -> Standing:
    """A row of `warning` as folding sees it."""
    return Standing(row["warning_id"], row["campaign"], row["rank"], row["state"], row["opened_at_us"],
                    row["tier_at_us"], row["outcome"], row["outcome_at_us"] or 0)  # fmt: skip


def _change(
    plan: Plan, recipient: str, change: Change, rows: Mapping[str, Mapping[str, Any]], written: Written
) -> None:
    from chainbreak.app.begin_warning import opened_row, resting_on

    tier = plan.policy.tiers[change.rank]
    if change.change == "opened":
        written.warnings.append(opened_row(plan, recipient, change))
        written.sends += plan.messages(recipient, change, tier.actions)
        return
    row = rows[change.warning_id]
    columns = resting_on(plan, change)
    columns["expires_at_us"] = max(columns["expires_at_us"], row["expires_at_us"])
    if change.change == "raised":
        columns |= plan.columns(change)
        columns["due_at_us"] = min(columns["due_at_us"], row["due_at_us"])
        columns["visit_due_at_us"] = columns["visit_due_at_us"] or row["visit_due_at_us"]
        written.raised.append(
            (change.warning_id, {"from": row["tier"], "to": tier.name, "event": change.judged.event_id})
        )
        written.hasten[change.warning_id] = (quiet_until(plan.policy, tier, plan.now, plan.zone), change.rank)
        written.sends += plan.messages(recipient, change, tier.actions)
    if any(row[name] != value for name, value in columns.items()):
        written.changed.append({"warning_id": change.warning_id, **columns, "updated_at_us": plan.now})


def _write(
    conn: Connection, actor: Actor, now: int, told: Mapping[str, ContactEvent],
    known: Mapping[str, Mapping[str, Any]], written: Written, taken: Taken,
) -> None:  # fmt: skip
    from chainbreak.app.begin_warning import SUPPRESSED
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warnings as desk

    fresh = [_event_row(event, now, written.belongs.get(ident)) for ident, event in told.items() if ident not in known]
    desk.insert_rows(conn, {"warning": written.warnings, "contact_event": fresh})
    desk.join_events(conn, written.joined)
    desk.hasten_sends(conn, written.hasten)
    desk.update_events(conn, [_grown_row(e, written.belongs.get(i)) for i, e in told.items() if i in known])
    desk.update_warnings(conn, written.changed)
    desk.note_drawn(conn, [*written.warnings, *written.changed])
    desk.put_sends(conn, written.sends)
    desk.add_moves(conn, written.raised, now, actor.name, "raised")
    held = sum(1 for row in written.sends if row["state"] == SUPPRESSED)
    taken.opened, taken.raised = taken.opened + len(written.warnings), taken.raised + len(written.raised)
    taken.planned, taken.held_back = taken.planned + len(written.sends) - held, taken.held_back + held
    digest = hashlib.sha256("\n".join(sorted(told)).encode()).hexdigest()
    append(conn, Entry.by(actor, now, "warning.take", f"contacts:{digest[:16]}", purpose="warn", payload={
        "events": len(told), "digest": digest, "opened": len(written.warnings), "raised": len(written.raised),
        "messages": len(written.sends) - held, "held_back": held,
    }))  # fmt: skip


def _event_row(event: ContactEvent, now: int, warning_id: str | None) -> dict[str, Any]:
    return {
        "kind": event.kind, "recipient": event.recipient, "campaign": event.campaign, "indicator": event.indicator,
        "ground": event.ground, "source": event.source, "ref": event.ref, "received_at_us": now,
        **_grown_row(event, warning_id),
    }  # fmt: skip


def _grown_row(event: ContactEvent, warning_id: str | None) -> dict[str, Any]:
    return {
        "event_id": event.event_id, "warning_id": warning_id, "facts": event.facts_text, "at_us": event.at_us,
        "ended_at_us": event.ended_at_us, "expires_at_us": event.expires_at_us, "stake_fen": event.stake_fen,
        "confidence": event.confidence,
    }  # fmt: skip
