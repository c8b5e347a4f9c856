"""Take a recorded report that somebody is being talked to: what a warning rests on where no indicator is known."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.model import ContactEvent, FactValue
from chainbreak.app.contact_signs import NO_LINES
from chainbreak.base.clock import US_PER_MIN, from_us
from chainbreak.base.errors import InputError, RefusedError, UsageError, did_you_mean
from chainbreak.base.units import format_fen
from chainbreak.records.actor import Role
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_TAKE = (Role.HOTLINE, Role.FUND_DESK, Role.OFFICER, Role.COMMANDER)
"""Who hears of somebody being talked to: at the telephone, at a bank's call, at the door."""
KINDS = ("screenshare.reported", "cash.or_courier", "app.installed", "report.third_party")
TELLERS = ("family", "bank", "worker", "citizen", "courier")
URGENCIES = ("medium", "high", "top")
SOURCE = "statement"
LONGEST = 4_000
"""Characters of the teller's words."""


@dataclass(frozen=True)
class Told:
    """What was told. `number`: as it was said, of the person who is talked to; `at_us`: since when, as far as known,
    else when it was told; `words` go to the vault. `stake_fen` None: no amount was named.
    """

    number: str
    kind: str
    told_by: str
    urgency: str
    at_us: int
    words: str = ""
    stake_fen: int | None = None
    fraud: str = ""
    district: str = ""


def take_statement(office: Office, actor: Actor, told: Told) -> dict[str, Any]:
    """Record the statement and warn: {statement_id, recipient, new, warning_id, tier}. The same again is the same
    statement and warns nobody twice.

    Where the person has an open warning, it joins the newest: it is told of the same talk.

    Raises:
        RefusedError: the role (CB-WA-101).
        UsageError: an unknown word, too long a text or a time to come (CB-WA-102).
        InputError: not a telephone number (CB-ID-010, CB-ID-011), or one at which nobody is talked to (CB-WA-102).
    """
    from chainbreak.app.take_contacts import Taken, take_in
    from chainbreak.audit.log import Entry, append

    if not actor.has(*MAY_TAKE):
        raise RefusedError("CB-WA-101", "this role takes no statements", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(MAY_TAKE))  # fmt: skip
    _check(office, told)
    recipient = _recipient(office, told.number)
    statement_id, note_ref = _named(office, actor, recipient, told)
    if told.words.strip():
        office.vault.add_texts([note_ref], [told.words.strip()])
    with office.desk.begin() as conn:
        now = office.clock.now_us()
        new = _keep(conn, actor, statement_id, recipient, told, note_ref if told.words.strip() else "")
        if new:
            append(conn, Entry.by(actor, now, "statement.take", f"statement:{statement_id}", purpose="warn", payload={
                "recipient": recipient, "kind": told.kind, "told_by": told.told_by, "urgency": told.urgency,
            }))  # fmt: skip
        event = _event(conn, statement_id, recipient, told, now)
        take_in(conn, office, actor, [event], Taken())
        return {"statement_id": statement_id, "recipient": recipient, "new": new, **_warning(conn, event.event_id)}


def _check(office: Office, told: Told) -> None:
    for name, given, allowed in (("kind", told.kind, KINDS), ("told_by", told.told_by, TELLERS),
                                 ("urgency", told.urgency, URGENCIES)):  # fmt: skip
        if given not in allowed:
            raise UsageError(
                "CB-WA-102", f"not a word for {name}", given=given[:40], allowed=did_you_mean(given, allowed)
            )
    if len(told.words) > LONGEST or len(told.district) > 64 or len(told.fraud) > 32:
        raise UsageError("CB-WA-102", "too long a text", allowed=f"words {LONGEST}, district 64, fraud 32 characters")
    if told.at_us > office.clock.now_us() + US_PER_MIN:
        given = from_us(told.at_us, office.centre.settings.zone).isoformat()
        raise UsageError("CB-WA-102", "nothing is reported in the future", given=given)
    if told.stake_fen is not None and not 0 < told.stake_fen <= 10**15:
        raise UsageError("CB-WA-102", "not an amount", given=format_fen(told.stake_fen), allowed="above 0")


def _recipient(office: Office, number: str) -> str:
    """The number as a written token; its value is in the vault before anything names it.

    Raises:
        InputError: not a telephone number (CB-ID-010, CB-ID-011), or one at which nobody is talked to (CB-WA-102).
    """
    import pyarrow as pa

    from chainbreak.app.report_texts import place_of
    from chainbreak.identity.batch import tokenise
    from chainbreak.identity.normalise import normalise
    from chainbreak.records.finding import write_token

    place = place_of(office)
    normalise(Identifier.LINE, number, place)  # says what is wrong with it
    with office.keys.in_use():
        batch = tokenise(Identifier.LINE, pa.array([number]), office.keys, place)
        if (given := batch["class"][0].as_py()) in NO_LINES:
            raise InputError("CB-WA-102", "a number at which nobody is talked to", given=f"number of class {given}",
                             allowed="the number of the person")  # fmt: skip
        office.vault.add(Identifier.LINE, batch)
    return write_token(Identifier.LINE, batch["token"][0].as_py())


def _named(office: Office, actor: Actor, recipient: str, told: Told) -> tuple[str, str]:
    """The statement's id, and 32 hex digits under which the vault keeps its words; both follow from what was told."""
    said = "\0".join((actor.name, recipient, told.kind, told.told_by, str(told.at_us), told.words.strip()))
    digest = hmac.digest(office.keys.ref_key, f"statement\0{said}".encode(), hashlib.sha256).hex()
    return f"T-{digest[:12]}", digest[:32]


def _keep(conn: Connection, actor: Actor, statement_id: str, recipient: str, told: Told, note_ref: str) -> bool:
    from sqlalchemy import insert, select

    from chainbreak.store.desk.tables_warnings import statement as s

    if conn.execute(select(s.c.statement_id).where(s.c.statement_id == statement_id)).first():
        return False
    conn.execute(insert(s).values(
        statement_id=statement_id, recipient=recipient, kind=told.kind, source=SOURCE, told_by=told.told_by,
        taken_by=actor.name, at_us=told.at_us, note_ref=note_ref,
    ))  # fmt: skip
    return True


def _event(conn: Connection, statement_id: str, recipient: str, told: Told, now: int) -> ContactEvent:
    campaign = open_campaigns(conn, [recipient], now).get(recipient, "")
    facts: dict[str, FactValue] = {"urgency": told.urgency}
    if told.stake_fen is not None:
        facts["amount_fen"] = told.stake_fen
    return ContactEvent(
        told.kind, recipient, told.at_us, f"statement:{statement_id}", SOURCE, statement_id,
        campaign=campaign, stake_fen=told.stake_fen, fraud=told.fraud,
        district=told.district, facts=facts,
    )  # fmt: skip


def open_campaigns(conn: Connection, recipients: Collection[str], now: int) -> dict[str, str]:
    """Recipient -> campaign of the newest open warning: what is told of the same person is told of the same talk."""
    from chainbreak.store.desk import warnings as desk

    rows = [row for row in desk.warnings_of(conn, recipients, now, now) if row["state"] == desk.OPEN]
    newest = sorted(rows, key=lambda row: (row["last_us"], row["warning_id"]))
    return {row["recipient"]: row["campaign"] for row in newest}


def _warning(conn: Connection, event_id: str) -> dict[str, str]:
    """The warning that the event belongs to; empty where it came too late for one."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import contact_event as e
    from chainbreak.store.desk.tables_warnings import warning as w

    found = select(w.c.warning_id, w.c.tier).join(e, e.c.warning_id == w.c.warning_id).where(e.c.event_id == event_id)
    row = conn.execute(found).first()
    return {"warning_id": row.warning_id, "tier": row.tier} if row else {"warning_id": "", "tier": ""}
