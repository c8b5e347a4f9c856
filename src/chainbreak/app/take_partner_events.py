"""Take contacts that partners observed: checked row by row, tokenised at the door in bulk, then warned of.

A bad row is told with its reason and stops no other; a row sent again is known. Raw identifiers are gone when this
returns: tokens on the desk, values in the vault.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chainbreak.act.warnings.contacts import LATE_US, as_known
from chainbreak.act.warnings.model import ContactEvent
from chainbreak.act.warnings.partner_event import INDICATED, PartnerEvent
from chainbreak.app.confirmed_indicators import Indicator, confirmed_indicators
from chainbreak.app.contact_signs import NO_LINES
from chainbreak.app.take_contacts import Taken, event_of, take_in
from chainbreak.app.take_statement import open_campaigns
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.actor import Role
from chainbreak.records.finding import write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_SEND = (Role.ENGINEER, Role.LIAISON, Role.HOTLINE, Role.FUND_DESK, Role.COMMANDER, Role.SERVICE)
"""Who brings partners' files; a partner's own token acts as the service."""
BATCH = 500
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
OURS = frozenset({"records", "statement"})
"""Names of sources that no partner has."""
FIELD, UNCONFIRMED = "CB-WA-104", "CB-WA-107"


@dataclass(frozen=True)
class Fault:
    """Why row `row` (0 the first) was not taken. `field` names what is wrong, never its value."""

    row: int
    code: str
    field: str
    allowed: str = ""


@dataclass
class Brought:
    """What became of the rows: counts as in `take_contacts.Taken`, `bad` rows that were not taken, and their faults."""

    rows: int = 0
    new: int = 0
    grown: int = 0
    repeated: int = 0
    opened: int = 0
    raised: int = 0
    bad: int = 0
    faults: list[Fault] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def take_partner_events(
    office: Office, actor: Actor, source: str, rows: Sequence[object], first_row: int = 0
) -> Brought:
    """Take rows of one partner (`source`), as docs/reference/contact-events.md has them; the first is row `first_row`.

    Raises:
        RefusedError: the role (CB-WA-101).
        UsageError: no name for a partner (CB-WA-103).
        SetupError: the desk or the vault cannot be written; what was taken stays, and all may be sent again.
    """
    if not actor.has(*MAY_SEND):
        raise RefusedError("CB-WA-101", "this role brings no events", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(MAY_SEND))  # fmt: skip
    if not NAME.fullmatch(source) or source in OURS:
        raise UsageError("CB-WA-103", "no name for a partner", given=source[:64], allowed="a-z 0-9 . _ -")
    done = Brought(rows=len(rows))
    read = _read(rows, done)
    found = _indicators(office, read, done)
    with office.keys.in_use():
        recipients = _recipients(office, {n: read[n].number for n in found}, done)
    if words := [read[n] for n in recipients if read[n].words]:
        office.vault.add_texts([_ref(office, source, row) for row in words], [row.words for row in words])
    events = {n: _event(office, source, read[n], recipient, found[n]) for n, recipient in recipients.items()}
    for numbers in _batches(sorted(events)):
        with office.desk.begin() as conn:
            _take(conn, office, actor, {n: (read[n], events[n]) for n in numbers}, done)
    done.faults = [replace(one, row=first_row + one.row) for one in sorted(done.faults, key=lambda fault: fault.row)]
    done.bad = len(done.faults)
    return done


def _read(rows: Sequence[object], done: Brought) -> dict[int, PartnerEvent]:
    read = {}
    for n, row in enumerate(rows):
        if not isinstance(row, Mapping):
            done.faults.append(Fault(n, FIELD, "", "a JSON object"))
            continue
        try:
            read[n] = PartnerEvent.model_validate(row)
        except ValidationError as e:
            first = e.errors(include_url=False, include_context=False, include_input=False)[0]
            done.faults.append(Fault(n, FIELD, ".".join(map(str, first["loc"])), first["msg"][:120]))
    return read


def _indicators(office: Office, read: Mapping[int, PartnerEvent], done: Brought) -> dict[int, Indicator | None]:
    """Row -> the confirmed thing it names; None for a report, which names none. Rows that name another are out."""
    with office.desk.read() as conn:
        confirmed = confirmed_indicators(office, conn)
    named = {n: row for n, row in read.items() if row.kind in INDICATED}
    sites = {n for n, row in named.items() if row.kind == "visit.scam_domain" or (
        row.kind == "sms.template" and any(c.isalpha() for c in row.indicator))}  # fmt: skip
    lines = {n: row.indicator for n, row in named.items() if n not in sites and row.kind != "transfer.toward_mule"}
    accounts = {n: row.indicator for n, row in named.items() if row.kind == "transfer.toward_mule"}
    names = {n: _site(named[n].indicator, confirmed) for n in sites}
    for kind, raw in ((Identifier.LINE, lines), (Identifier.ACCOUNT, accounts)):
        made = _tokenised(office, kind, raw.values())
        names |= {n: write_token(kind, made[text]["token"]) if made[text]["token"] is not None else ""
                  for n, text in raw.items()}  # fmt: skip
    found: dict[int, Indicator | None] = {n: None for n in read if n not in named}
    for n, name in names.items():
        if name in confirmed:
            found[n] = confirmed[name]
        else:
            done.faults.append(Fault(n, UNCONFIRMED, "indicator"))
    return found


def _site(raw: str, confirmed: Mapping[str, Indicator]) -> str:
    """The confirmed name that a host is, or lies under; "" for none."""
    from chainbreak.identity.domains import host_form

    try:
        name = host_form(raw)
    except InputError:
        return ""
    while name and name not in confirmed:
        name = name.partition(".")[2]
    return name


def _recipients(office: Office, numbers: Mapping[int, str], done: Brought) -> dict[int, str]:
    """Row -> written token of the person's line, its value in the vault; rows whose number is none are out."""
    made = _tokenised(office, Identifier.LINE, numbers.values(), keep=True)
    found = {}
    for n, raw in numbers.items():
        row = made[raw]
        if row["token"] is None:
            done.faults.append(Fault(n, row["reason"] or FIELD, "number"))
        elif row["class"] in NO_LINES:
            done.faults.append(Fault(n, FIELD, "number", "a line at which somebody can be told"))
        else:
            found[n] = write_token(Identifier.LINE, row["token"])
    return found


def _tokenised(
    office: Office, kind: Identifier, raw: Iterable[str], *, keep: bool = False
) -> dict[str, dict[str, Any]]:
    """Raw value -> its row of `tokenise`, each distinct one made once; `keep`: the vault learns what they stand for."""
    import pyarrow as pa

    from chainbreak.app.report_texts import place_of
    from chainbreak.identity.batch import tokenise

    distinct = list(dict.fromkeys(raw))
    if not distinct:
        return {}
    batch = tokenise(kind, pa.array(distinct, pa.string()), office.keys, place_of(office))
    if keep:
        office.vault.add(kind, batch)
    return dict(zip(distinct, batch.to_pylist(), strict=True))


def _event(
    office: Office, source: str, row: PartnerEvent, recipient: str, indicator: Indicator | None
) -> ContactEvent:  # fmt: skip
    event = ContactEvent(
        row.kind, recipient, row.at_us, "", source, row.ref, ended_at_us=row.ended_at_us, stake_fen=row.stake_fen,
        fraud=row.fraud, district=row.district, place=row.place, lang=row.lang, facts=row.known_facts,
    )  # fmt: skip
    if indicator is None:
        return replace(event, ground=f"statement:T-{_ref(office, source, row)[:12]}")
    return replace(event, ground=indicator.ground, indicator=indicator.name, campaign=indicator.campaign,
                   confidence=indicator.confidence, fraud=row.fraud or indicator.fraud)  # fmt: skip


def _ref(office: Office, source: str, row: PartnerEvent) -> str:
    """32 hex digits of a partner's report: of its statement, and of its words in the vault."""
    said = f"statement\0{source}\0{row.kind}\0{row.number}\0{row.ref}"
    return hmac.digest(office.keys.ref_key, said.encode(), hashlib.sha256).hex()[:32]


def _batches(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[at : at + BATCH] for at in range(0, len(numbers), BATCH)]


def _take(
    conn: Connection, office: Office, actor: Actor, batch: Mapping[int, tuple[PartnerEvent, ContactEvent]],
    done: Brought,
) -> None:  # fmt: skip
    """One batch in the caller's transaction: reports are recorded, contacts that somebody told of are joined."""
    from chainbreak.store.desk import contacts

    now = office.clock.now_us()
    about = {event.recipient for _, event in batch.values()}
    reports = {n: pair for n, pair in batch.items() if pair[1].ground.startswith("statement:")}
    _record(conn, office, actor, reports.values())
    campaigns = open_campaigns(conn, {event.recipient for _, event in reports.values()}, now) if reports else {}
    rows = contacts.events_since(conn, about, now - LATE_US)
    standing: dict[str, list[ContactEvent]] = {}
    for row in rows:
        standing.setdefault(row["recipient"], []).append(event_of(row))
    events = {}
    for n, (_, event) in sorted(batch.items(), key=lambda item: (item[1][1].at_us, item[0])):
        if n in reports:
            events[n] = replace(event, campaign=campaigns.get(event.recipient, ""))
            continue
        known = standing.setdefault(event.recipient, [])
        events[n] = event if any(one.event_id == event.event_id for one in known) else as_known(event, known)
        known.append(events[n])
    taken = Taken()
    take_in(conn, office, actor, list(events.values()), taken)
    for name in ("new", "grown", "repeated", "opened", "raised"):
        setattr(done, name, getattr(done, name) + getattr(taken, name))
    codes = {ident: code for ident, code, _ in taken.refused}
    done.faults += [Fault(n, codes[e.event_id], "at") for n, e in events.items() if e.event_id in codes]


def _record(
    conn: Connection, office: Office, actor: Actor, reports: Iterable[tuple[PartnerEvent, ContactEvent]]
) -> None:
    """The partner's reports as statements; those known already stay as they are."""
    from sqlalchemy import insert, select

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_warnings import statement as s

    rows = {
        event.ground.partition(":")[2]: {
            "recipient": event.recipient, "kind": event.kind, "source": event.source, "told_by": row.told_by,
            "taken_by": actor.name, "at_us": event.at_us,
            "note_ref": _ref(office, event.source, row) if row.words else "",
        }
        for row, event in reports
    }  # fmt: skip
    known = (
        set(conn.execute(select(s.c.statement_id).where(s.c.statement_id.in_(list(rows)))).scalars()) if rows else set()
    )
    if new := [{"statement_id": ident, **row} for ident, row in rows.items() if ident not in known]:
        conn.execute(insert(s), new)
        entry = Entry.by(actor, office.clock.now_us(), "statement.take", f"source:{new[0]['source']}", purpose="warn",
                         payload={"statements": [row["statement_id"] for row in new]})  # fmt: skip
        append(conn, entry)
