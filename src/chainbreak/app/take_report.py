"""Take a report: the story and what the person at the desk says of it, whole or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from chainbreak.app.report_intake import bring_in
from chainbreak.app.report_rights import must_act
from chainbreak.app.report_texts import (
    AWAY,
    OF_INTEREST,
    Named,
    district_of,
    mentions_of,
    named_by_hand,
    named_in,
    story_of,
    type_names,
    typed,
)
from chainbreak.base.clock import US_PER_DAY, local_day, rfc3339
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.store.desk import reports
from chainbreak.text import extract

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

ID = re.compile(r"[\w.-]{1,64}")
"""Numbers given here: what an address, a file name and a column of a list can hold."""


@dataclass(frozen=True)
class Draft:
    """A report as it stands in the form. `type` None: as the machine reads it. `roles`: `kind:value` -> role where the
    person says otherwise than the machine, "" for what is no identifier; what the machine did not see is added.
    `report_id` "": one is made from `receipt`, so that the same form twice is one report.
    """

    narrative: str
    reported_at_us: int
    receipt: str = ""
    report_id: str = ""
    type: str | None = None
    district: str = ""
    loss_fen: int | None = None
    occurred_at_us: int | None = None
    victim: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)


def take_report(office: Office, actor: Actor, draft: Draft) -> dict[str, Any]:
    """Keep the report and return {report_id, record_ref, new, type, corrections}; again, it is the same report.

    Raises:
        RefusedError: a role that takes no reports (CB-RT-002); the number belongs to another story (CB-RT-010).
        UsageError: no such type, or an identifier that names nothing (CB-RT-005).
        InputError: no story, or too long a one (CB-RT-009); a field that ingest rejects (CB-RT-003).
    """
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.ingests import save_run

    must_act(actor)
    checked = check(office, draft)
    report_id = draft.report_id.strip() or number_of(office, actor, draft)
    with office.desk.read() as conn:
        known = reports.read_report(conn, report_id)
    if known:
        return _again(office, known, checked.narrative)
    mentions = mentions_of(office, checked.narrative, draft.reported_at_us)
    machine = named_in(office, mentions)
    said = {name: _said(office, machine, name, role) for name, role in draft.roles.items()}
    row = _row(checked, report_id, machine, said)
    run, ref = bring_in(office, row)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        save_run(conn, run, now, actor.name)
        append(conn, Entry.by(actor, now, "ingest.file", f"file:{run.digest[:16]}", payload=asdict(run)))
        known = reports.read_report(conn, report_id)
        if known is None or (known["record_ref"] == ref and not reports.was_taken(conn, report_id)):
            type_, labels = _file(office, conn, actor, now, checked, row | {"record_ref": ref}, machine, said)
            append(conn, Entry.by(actor, now, "report.take", f"report:{report_id}",
                                  payload={"record_ref": ref, "corrections": labels}))  # fmt: skip
            return {"report_id": report_id, "record_ref": ref, "new": True, "type": type_, "corrections": labels}
    # Somebody else took a report under this number between our look and our writing: theirs is the one that counts.
    return _again(office, known, checked.narrative)


def check(office: Office, draft: Draft) -> Draft:
    """The draft with its story trimmed, or what is wrong with it."""
    story = story_of(draft.narrative)
    known = type_names(office)
    if draft.type is not None and draft.type not in ("", *known):
        raise UsageError("CB-RT-005", "no such type", given=draft.type[:40], allowed=did_you_mean(draft.type, known))
    if draft.report_id.strip() and not ID.fullmatch(draft.report_id.strip()):
        raise UsageError("CB-RT-005", "no number for a report", given=draft.report_id[:40],
                         allowed="1 to 64 letters, digits, - _ .")  # fmt: skip
    if draft.reported_at_us > office.clock.now_us() + US_PER_DAY:
        raise UsageError("CB-RT-005", "nothing is reported in the future", given=rfc3339(draft.reported_at_us))
    district_of(draft.district)
    return Draft(**{**draft.__dict__, "narrative": story})


def number_of(office: Office, actor: Actor, draft: Draft) -> str:
    """The number of a report taken here: the day and eight characters that follow from the form, so that sending the
    same form twice makes one report.
    """
    day = local_day(draft.reported_at_us, office.centre.settings.zone)
    made_of = f"{actor.name}\n{draft.receipt}\n{draft.reported_at_us}\n{'' if draft.receipt else draft.narrative}"
    return f"B{day:%Y%m%d}-{hashlib.sha256(made_of.encode()).hexdigest()[:8].upper()}"


def _again(office: Office, known: dict[str, Any], story: str) -> dict[str, Any]:
    if office.vault.text(known["record_ref"]) != story:
        raise RefusedError("CB-RT-010", "this number belongs to another report", given=known["report_id"],
                           next_step="amend that report, or take this one under another number")  # fmt: skip
    return {"report_id": known["report_id"], "record_ref": known["record_ref"], "new": False, "type": known["type"],
            "corrections": 0}  # fmt: skip


def _said(office: Office, machine: dict[str, Named], name: str, role: str) -> Named:
    known = machine.get(name)
    if known:
        return Named(known.kind, known.value, role, known.key)
    kind, _, value = name.partition(":")
    return named_by_hand(office, value if kind in ("domain", "url") else name, role)


def _row(draft: Draft, report_id: str, machine: dict[str, Named], said: dict[str, Named]) -> dict[str, Any]:
    """The raw columns of the kind `report`; identifiers in clear become tokens at the door."""
    beside = {
        named.value if named.kind in ("domain", "url") else name
        for name, named in said.items()
        if name not in machine and named.role in OF_INTEREST and named.key
    }
    row = {
        "report_id": report_id, "reported_at_us": draft.reported_at_us, "occurred_at_us": draft.occurred_at_us,
        "district": draft.district or None, "narrative": draft.narrative, "loss_fen": draft.loss_fen,
        "victim": draft.victim.strip() or None, "identifiers": sorted(beside) or None,
    }  # fmt: skip
    return {name: value for name, value in row.items() if value is not None}


def _file(
    office: Office, conn: Connection, actor: Actor, now: int, draft: Draft, row: dict[str, Any],
    machine: dict[str, Named], said: dict[str, Named],
) -> tuple[str, int]:  # fmt: skip
    """The report's row on the desk, its first event, and what the person corrected; returns the type that counts and
    how many corrections there are.
    """
    report_id = row["report_id"]
    reports.file_rows(conn, [{name: row.get(name) for name in (
        "report_id", "record_ref", "reported_at_us", "occurred_at_us", "district", "loss_fen"
    )}])  # fmt: skip
    read, version = typed(office, draft.narrative)
    guess = "" if read.abstained else read.type
    reports.set_machine_types(conn, {report_id: (guess, read.probability, version)})
    changes: dict[str, tuple[Any, Any]] = {}
    if draft.type is not None and draft.type != guess:
        changes |= {"type": (guess, draft.type), "type_by": (reports.MACHINE, reports.PERSON)}
    differing = {
        n.key: (machine[name].role if name in machine else None, n.role)
        for name, n in said.items()
        if n.key and (name not in machine or machine[name].role != n.role)
    }
    changes |= {f"{reports.OF_IDENTIFIER}{key}": pair for key, pair in differing.items()}
    event = reports.add_event(conn, report_id, now, actor.name, reports.TAKEN, changes)
    if "type" in changes:
        told = {"type": read.type, "probability": round(read.probability, 4), "abstained": read.abstained}
        reports.add_label(conn, event, report_id, now, actor.name, "type", "", told, version, {"type": draft.type})
    for key, (was, role) in differing.items():
        told_role = None if was is None else {"role": was}
        reports.add_label(conn, event, report_id, now, actor.name, "mention", key, told_role, extract.VERSION,
                          None if role == AWAY else {"role": role})  # fmt: skip
    reports.set_read(conn, report_id)
    return (draft.type if "type" in changes and draft.type is not None else guess), len(differing) + ("type" in changes)
