"""Correct, amend, delete, restore and assign a report, and take one's own last step back. Nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.app.report_rights import must_act, report_named
from chainbreak.app.report_texts import AWAY, ROLES, district_of, named_by_hand, story_of, type_names
from chainbreak.app.void_claim import void_claims_of
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records import Identifier
from chainbreak.store.desk import reports
from chainbreak.text import extract

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

UNDOABLE = (reports.CORRECTED, reports.REMOVED, reports.RESTORED, reports.ASSIGNED)


def correct_report(
    office: Office, actor: Actor, report_id: str, values: Mapping[str, Any], why: str = "", *,
    roles: Mapping[str, str] | None = None, add: Mapping[str, str] | None = None,
) -> int:  # fmt: skip
    """Change fields (`values`: of `reports.FIELDS`), roles of identifiers by key ("" takes one away), and `add`
    identifiers typed in clear with their role; what stays equal is left out. Returns the event's number.

    A change of type or of an identifier is kept as a label with what the machine had said.

    Raises:
        UsageError: no such report, field, role or identifier (CB-RT-001, CB-RT-005); nothing changed (CB-RT-004).
        RefusedError: a role that does not work on reports (CB-RT-002); the report is deleted (CB-RT-006).
    """
    from chainbreak.audit.log import Entry, append

    must_act(actor)
    _check(office, values, {**(roles or {}), **(add or {})})
    by_hand = _keep(office, add or {})
    if roles:
        _must_name(office, report_id, roles)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        row = report_named(conn, report_id)
        if row["state"] == reports.DELETED:
            raise RefusedError("CB-RT-006", "the report is deleted", given=report_id, next_step="restore it first")
        changes: dict[str, tuple[Any, Any]] = {
            name: (row[name], value) for name, value in values.items() if row[name] != value
        }
        if "type" in changes or ("type" in values and row["type_by"] != reports.PERSON):
            changes |= {"type": (row["type"], values["type"]), "type_by": (row["type_by"], reports.PERSON)}
        changes |= {
            f"{reports.OF_IDENTIFIER}{key}": (row["said"].get(key), role)
            for key, role in {**(roles or {}), **by_hand}.items()
            if row["said"].get(key) != role
        }
        if not changes:
            raise UsageError("CB-RT-004", "nothing was changed", given=report_id)
        event = reports.add_event(conn, report_id, now, actor.name, reports.CORRECTED, changes, why.strip())
        _label(conn, row, event, actor, now, changes)
        append(conn, Entry.by(actor, now, "report.correct", f"report:{report_id}",
                              payload={"event": event, "why": why, "fields": sorted(changes)}))  # fmt: skip
    return event


def _check(office: Office, values: Mapping[str, Any], roles: Mapping[str, str]) -> None:
    for name in values:
        if name not in reports.FIELDS:
            raise UsageError("CB-RT-005", "no such field", given=name[:40], allowed=did_you_mean(name, reports.FIELDS))
    known = type_names(office)
    if values.get("type", "") not in ("", *known):
        raise UsageError("CB-RT-005", "no such type", given=values["type"][:40],
                         allowed=did_you_mean(values["type"], known))  # fmt: skip
    district_of(values.get("district", ""))
    loss = values.get("loss_fen")
    if loss is not None and not 0 <= loss <= 10**15:
        raise UsageError("CB-RT-005", "no such loss", given=str(loss)[:40], allowed="0..10^15 fen")
    for role in roles.values():
        if role not in (*ROLES, AWAY):
            raise UsageError("CB-RT-005", "no such role", given=role[:40], allowed=did_you_mean(role, ROLES))


def _must_name(office: Office, report_id: str, keys: Iterable[str]) -> None:
    """Let only keys pass that the report names: a slip of the pen must not become a fact about somebody else's."""
    from chainbreak.app.file_reports import lake_rows
    from chainbreak.app.show_report import marked

    with office.desk.read() as conn:
        row = report_named(conn, report_id)
    engine = office.engine()
    try:
        told = next(iter(lake_rows(engine, [row["record_ref"]])), {})
    finally:
        engine.close()
    spans = marked(office, told.get("narrative") or "", row["reported_at_us"])
    known = {*row["said"], *(told.get("identifiers") or ())}
    known |= {span["key"] or f"{span['kind']}:{span['value']}" for span in spans}
    unknown = sorted(set(keys) - known)
    if unknown:
        raise UsageError("CB-RT-005", "the report names no such thing", given=", ".join(unknown)[:80],
                         next_step=f"chainbreak case report {report_id}")  # fmt: skip


def _keep(office: Office, add: Mapping[str, str]) -> dict[str, str]:
    """Identifiers typed in clear: into the vault, and key -> role."""
    found = {}
    for raw, role in add.items():
        named = named_by_hand(office, raw, role)
        if not named.key:
            raise UsageError("CB-RT-005", "part of this number is missing, it cannot be looked for", given=named.kind)
        if ":" in named.key:
            office.vault.add_values(Identifier(named.kind), [named.value])
        found[named.key] = role
    return found


def _label(
    conn: Connection, row: dict[str, Any], event: int, actor: Actor, now: int, changes: Mapping[str, tuple[Any, Any]]
) -> None:
    for field, (old, new) in changes.items():
        if field == "type" and row["type_by"] != reports.PERSON:
            told = {"type": old, "probability": row["type_p"]} if row["type_by"] else None
            reports.add_label(conn, event, row["report_id"], now, actor.name, "type", "", told, row["type_version"],
                              {"type": new})  # fmt: skip
        elif field.startswith(reports.OF_IDENTIFIER) and old is None:
            key = field.removeprefix(reports.OF_IDENTIFIER)
            reports.add_label(conn, event, row["report_id"], now, actor.name, "mention", key, None, extract.VERSION,
                              None if new == AWAY else {"role": new})  # fmt: skip


def amend_report(office: Office, actor: Actor, report_id: str, narrative: str, why: str) -> str:
    """Let a new version of the story count; the earlier stays where it is. Returns the new record_ref.

    Raises:
        UsageError: no such report (CB-RT-001), no reason (CB-RT-011), or the same story (CB-RT-004).
        InputError: no story or too long a one (CB-RT-009), or ingest rejects it (CB-RT-003).
        RefusedError: a role that does not work on reports (CB-RT-002); the report is deleted (CB-RT-006).
    """
    from dataclasses import asdict

    from chainbreak.app.report_intake import bring_in
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.ingests import save_run

    must_act(actor)
    story = story_of(narrative)
    with office.desk.read() as conn:
        row = _to_change(conn, report_id, why)
    wanted = ("report_id", "reported_at_us", "occurred_at_us", "district", "loss_fen")
    raw = {name: row[name] for name in wanted if row[name] not in (None, "")}
    run, ref = bring_in(office, raw | {"narrative": story})
    if ref == row["record_ref"]:
        raise UsageError("CB-RT-004", "nothing was changed", given=report_id)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        _to_change(conn, report_id, why)
        save_run(conn, run, now, actor.name)
        append(conn, Entry.by(actor, now, "ingest.file", f"file:{run.digest[:16]}", payload=asdict(run)))
        change = {"record_ref": (row["record_ref"], ref)}
        event = reports.add_event(conn, report_id, now, actor.name, reports.AMENDED, change, why.strip())
        append(conn, Entry.by(actor, now, "report.amend", f"report:{report_id}",
                              payload={"event": event, "why": why, "record_ref": ref}))  # fmt: skip
    return ref


def delete_report(office: Office, actor: Actor, report_id: str, why: str) -> int:
    """Take a report out of everything that is computed, until it is restored; it stays in the history. Its claims are
    void, and what was held for them alone is let go.

    Raises:
        UsageError: no such report (CB-RT-001), or no reason (CB-RT-011).
        RefusedError: a role that does not work on reports (CB-RT-002), or it is deleted already (CB-RT-006).
    """
    return _turn(office, actor, report_id, reports.REMOVED, (reports.OPEN, reports.DELETED), why)


def restore_report(office: Office, actor: Actor, report_id: str, why: str) -> int:
    """Bring a deleted report back.

    Raises:
        UsageError: no such report (CB-RT-001), not deleted (CB-RT-004), or no reason (CB-RT-011).
        RefusedError: a role that does not work on reports (CB-RT-002).
    """
    return _turn(office, actor, report_id, reports.RESTORED, (reports.DELETED, reports.OPEN), why)


def _turn(office: Office, actor: Actor, report_id: str, act: str, states: tuple[str, str], why: str) -> int:
    from chainbreak.audit.log import Entry, append

    must_act(actor)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        if act == reports.REMOVED:
            _to_change(conn, report_id, why)
        elif report_named(conn, report_id)["state"] != states[0]:
            raise UsageError("CB-RT-004", "it is not deleted", given=report_id)
        _reason(why)
        event = reports.add_event(conn, report_id, now, actor.name, act, {"state": states}, why.strip())
        verb = "report.delete" if act == reports.REMOVED else "report.restore"
        append(conn, Entry.by(actor, now, verb, f"report:{report_id}", payload={"event": event, "why": why}))
        if act == reports.REMOVED:
            void_claims_of(office, conn, actor, report_id, why)
    return event


def _to_change(conn: Connection, report_id: str, why: str) -> dict[str, Any]:
    row = report_named(conn, report_id)
    if row["state"] == reports.DELETED:
        raise RefusedError("CB-RT-006", "the report is deleted", given=report_id, next_step="restore it first")
    _reason(why)
    return row


def _reason(why: str) -> None:
    if not why.strip():
        raise UsageError("CB-RT-011", "a reason is needed", allowed="a few words")


def assign_report(office: Office, actor: Actor, report_id: str, to: str) -> int | None:
    """Put a report on the desk of `to` ("" for nobody); None when it is there already.

    Raises:
        UsageError: no such report (CB-RT-001), or nobody is called `to` (CB-PE-001).
        RefusedError: a role that does not work on reports (CB-RT-002), also of `to`, or who left (CB-PE-002).
    """
    from chainbreak.app.find_actor import find_actor
    from chainbreak.audit.log import Entry, append

    must_act(actor)
    if to and to != actor.name:
        must_act(find_actor(office, to))
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        row = report_named(conn, report_id)
        if row["assigned"] == to:
            return None
        change = {"assigned": (row["assigned"], to)}
        event = reports.add_event(conn, report_id, now, actor.name, reports.ASSIGNED, change)
        append(conn, Entry.by(actor, now, "report.assign", f"report:{report_id}", payload={"event": event, "to": to}))
    return event


def undo_report(office: Office, actor: Actor) -> str:
    """Take back the actor's own newest correction, deletion, restoring or assignment; returns the report's id.

    Raises:
        UsageError: there is none (CB-RT-007).
        RefusedError: somebody changed the same since (CB-RT-008), or a role that does not work on reports (CB-RT-002).
    """
    from chainbreak.audit.log import Entry, append

    must_act(actor)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        last = reports.last_event_of(conn, actor.name, UNDOABLE)
        if last is None:
            raise UsageError("CB-RT-007", "there is nothing of yours to take back", given=actor.name)
        report_id = str(last["report_id"])
        row = report_named(conn, report_id)
        for field, (_, new) in last["changes"].items():
            key = field.removeprefix(reports.OF_IDENTIFIER)
            if (row["said"].get(key) if field.startswith(reports.OF_IDENTIFIER) else row[field]) != new:
                raise RefusedError("CB-RT-008", "somebody changed it since", given=report_id)
        back = {field: (new, old) for field, (old, new) in last["changes"].items()}
        reports.add_event(conn, report_id, now, actor.name, reports.UNDONE, back, undoes=last["event_id"])
        append(conn, Entry.by(actor, now, "report.undo", f"report:{report_id}", payload={"undoes": last["event_id"]}))
    return report_id
