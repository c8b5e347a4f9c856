"""Collect contacts with confirmed things from the records, once or as records arrive, and take them in.

A look reads what arrived since the last one, and of indicators confirmed since then their last 24 hours. What was seen
is noted after everything is taken in: killed anywhere, the next look reads it again, and taking it again adds nothing.
What stands is read in the transaction that takes in, so that two who collect at once make one event of one contact.
"""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.contacts import (
    ANSWER_US,
    CALL,
    PAYMENT,
    TEXT,
    UNDER_SWAY_US,
    answered,
    as_known,
    contacts_of,
    is_under_sway,
)
from chainbreak.app.confirmed_indicators import Indicator, confirmed_indicators, suspected
from chainbreak.app.contact_signs import SUSPECTED, TABLES, Reader, Signs, with_places
from chainbreak.app.retract_contacts import retract_overturned
from chainbreak.app.take_contacts import Taken, event_of, take_in
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.errors import ChainbreakError
from chainbreak.base.log import frames_of, get_log
from chainbreak.records.actor import SERVICE, Actor

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.warnings.model import ContactEvent
    from chainbreak.app.bootstrap import Office
    from chainbreak.store.engine import Engine

LOOK_BACK_US = 24 * US_PER_HOUR
"""How far a newly confirmed indicator looks back, and how late a record may come: no kind of event lasts longer."""
BATCH = 400
"""Signs a transaction, all of one recipient together."""
VERSION = "contacts@1"
"""Changes whenever other signs are read from the same records: then all of the last 24 hours is read again."""


@dataclass
class Collected:
    """What one look did. `indicators` confirmed and `looked_back` of them, `signs` read, what became of the events they
    make (`taken`), `unreachable` and `review`: set aside and not known before. `failed`: why it broke and is tried
    again.
    """

    indicators: int = 0
    looked_back: int = 0
    signs: int = 0
    unreachable: int = 0
    review: int = 0
    taken: Taken = field(default_factory=Taken)
    took_s: float = 0.0
    failed: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, the counts of `taken` beside the others; refusals counted by code."""
        told: dict[str, Any] = asdict(self)
        taken: dict[str, Any] = told.pop("taken")
        refused: dict[str, int] = {}
        for _, code, _ in taken["refused"]:
            refused[code] = refused.get(code, 0) + 1
        return told | taken | {"refused": refused, "took_s": round(self.took_s, 2)}


def collect_contacts(office: Office, actor: Actor = SERVICE, as_of_us: int | None = None) -> Collected:
    """One pass over the 24 hours before `as_of_us` (UTC µs; None: now), whatever was looked at before.

    Raises:
        SetupError: the desk cannot be written.
    """
    began = time.monotonic()
    until = office.clock.now_us() if as_of_us is None else as_of_us
    done = _Look(office, actor).whole(until)
    done.took_s = time.monotonic() - began
    return done


def watch_contacts(
    office: Office, actor: Actor = SERVICE, *, every_s: float = 10.0, once: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> Generator[Collected]:  # fmt: skip
    """Yield what each look did that had something to look at; every `every_s` seconds for ever, or `once`. What people
    have found wrong since is taken back first.

    A look that breaks, by whatever, is told as failed and tried again.
    """
    look = _Look(office, actor)
    while True:
        began = time.monotonic()
        try:
            retract_overturned(office)
            done = look.news()
        except Exception as e:
            # A disk that is full for a minute must not end what people rely on being warned by.
            get_log("warnings").error("contacts_failed", error=type(e).__name__, where=frames_of(e))
            done = Collected(failed=e.sentence() if isinstance(e, ChainbreakError) else type(e).__name__)
        if done is not None:
            done.took_s = time.monotonic() - began
            yield done
        if once:
            return
        wait(max(0.0, every_s - (time.monotonic() - began)))


@dataclass
class _Look:
    """Looks at records."""

    office: Office
    actor: Actor

    def whole(self, until_us: int) -> Collected:
        """Look at all records of the 24 hours before a moment."""
        confirmed, accounts = self._confirmed()
        engine = self.office.engine()
        try:
            reader = Reader(engine, engine, confirmed, confirmed.keys(), until_us - LOOK_BACK_US, until_us)
            return self._take(reader, [reader.read(accounts)], Collected(len(confirmed), len(confirmed)))
        finally:
            engine.close()

    def news(self) -> Collected | None:
        """Look at what arrived, and back from what was confirmed since the last look; None: nothing of either."""
        from chainbreak.store.desk import contacts

        confirmed, accounts = self._confirmed()
        marks = {_mark(one): one for one in confirmed.values()}
        with self.office.desk.read() as conn:
            consumed, seen = contacts.read_look(conn, VERSION)
        fresh = {one.name: one for mark, one in marks.items() if mark not in seen}
        snapshot = self.office.lake.snapshot()
        events = {table: version for table, version in snapshot.items() if table in TABLES}
        if seen == marks.keys() and consumed == events:
            return None
        whole = self.office.engine(snapshot)
        looked = self._arrived(consumed, events)
        try:
            now = self.office.clock.now_us()
            back = Reader(whole, whole, fresh, confirmed.keys(), now - LOOK_BACK_US, now)
            others = {name: one for name, one in confirmed.items() if name not in fresh}
            arrived = Reader(looked, whole, others, confirmed.keys(), now - LOOK_BACK_US, now)
            all_ = replace(back, confirmed=confirmed)
            done = self._take(all_, [back.read({}), arrived.read(accounts)], Collected(len(confirmed), len(fresh)))
        finally:
            looked.close()
            whole.close()
        with self.office.desk.begin() as conn:
            contacts.put_look(conn, VERSION, events, marks)
        return done

    def _arrived(self, consumed: Mapping[str, int], events: dict[str, int]) -> Engine:
        """An engine on the records that arrived; on all of them when some went (a purge, new keys)."""
        from chainbreak.store.arrivals import Arrivals

        arrivals = Arrivals(self.office.lake, consumed, events)
        view = copy.copy(self.office)
        view.lake = Arrivals(self.office.lake, {}, events) if arrivals.rewritten else arrivals
        return view.engine(events)

    def _confirmed(self) -> tuple[dict[str, Indicator], dict[str, str]]:
        with self.office.desk.read() as conn:
            confirmed = confirmed_indicators(self.office, conn)
            return confirmed, suspected(self.office, conn, confirmed)

    def _take(self, reader: Reader, read: Sequence[Signs], done: Collected) -> Collected:
        from chainbreak.audit.log import Entry, append
        from chainbreak.store.desk import contacts

        signs = [one for some in read for one in some.events]
        near = reader.payments_near([one for one in signs if one.kind == CALL], UNDER_SWAY_US)
        lines = {ref: its for some in (*read, near) for ref, its in some.lines.items()}
        answers = [one for some in read for one in some.answers]
        signs = with_places(reader.whole, [*signs, *near.events], reader.since_us)
        done.signs = len(signs)
        asides = [row | {"noted_at_us": self.office.clock.now_us()} for some in (*read, near) for row in some.asides]
        if asides:
            with self.office.desk.begin() as conn:
                done.review = contacts.add_asides(conn, [row for row in asides if row["reason"] == SUSPECTED])
                done.unreachable = contacts.add_asides(conn, [row for row in asides if row["reason"] != SUSPECTED])
                if done.review or done.unreachable:
                    payload = {"review": done.review, "unreachable": done.unreachable}
                    append(conn, Entry.by(self.actor, self.office.clock.now_us(), "warning.aside", "contacts",
                                          purpose="warn", payload=payload))  # fmt: skip
        calls: dict[str, list[ContactEvent]] = {}
        for one in signs:
            if one.kind == CALL:
                calls.setdefault(one.recipient, []).append(one)
        for batch in _batches(signs, answers):
            with self.office.desk.begin() as conn:
                events = _told(conn, *batch, calls, lines, reader.since_us)
                take_in(conn, self.office, self.actor, events, done.taken)
        return done


def _batches(
    signs: Iterable[ContactEvent], answers: Iterable[ContactEvent]
) -> list[tuple[list[ContactEvent], list[ContactEvent]]]:
    """Signs and answers in parts of about `BATCH`, all of one recipient in one part."""
    by_recipient: dict[str, tuple[list[ContactEvent], list[ContactEvent]]] = {}
    for which, some in enumerate((signs, answers)):
        for one in some:
            by_recipient.setdefault(one.recipient, ([], []))[which].append(one)
    parts: list[tuple[list[ContactEvent], list[ContactEvent]]] = []
    for recipient in sorted(by_recipient):
        if not parts or sum(map(len, parts[-1])) >= BATCH:
            parts.append(([], []))
        for which in (0, 1):
            parts[-1][which].extend(by_recipient[recipient][which])
    return parts


def _told(
    conn: Connection, signs: list[ContactEvent], answers: list[ContactEvent],
    calls: Mapping[str, Sequence[ContactEvent]], lines: Mapping[str, Sequence[str]], since_us: int,
) -> list[ContactEvent]:  # fmt: skip
    """The events of one batch, joined to what stands of their recipients. `calls`: all of this look by recipient;
    `lines`: a payment's reference -> every line of its payer.
    """
    from chainbreak.store.desk import contacts

    theirs = {line for one in signs if one.kind == PAYMENT for line in lines.get(one.ref, ())}
    about = {one.recipient for one in (*signs, *answers)} | theirs
    standing = [event_of(row) for row in contacts.events_since(conn, sorted(about), since_us - ANSWER_US)]
    spoken = {line: [*calls.get(line, ())] for line in theirs}
    for one in standing:
        if one.kind == CALL and one.recipient in theirs:
            spoken[one.recipient].append(one)
    signs = [_payment(one, lines[one.ref], spoken, standing) if one.kind == PAYMENT else one for one in signs]
    events = contacts_of(signs, standing)
    texts = [one for one in (*standing, *events) if one.kind == TEXT]
    replied, stray = answered(texts, answers)
    alone = [one for one in stray if one.kind == TEXT]
    if alone:  # who writes to a line of fraud is in contact with it, whatever came before
        events = contacts_of([*signs, *alone], standing)
    return [*events, *replied]


def _payment(
    one: ContactEvent, lines: Sequence[str], calls: Mapping[str, Sequence[ContactEvent]],
    standing: Sequence[ContactEvent],
) -> ContactEvent:  # fmt: skip
    """A payment with what calls say of it, as the event that stands of it: the bank may have told of it before, on
    another line of the payer; and registers change, an event does not.
    """
    under_sway = any(is_under_sway(one.at_us, calls.get(line, ())) for line in lines)
    facts = {**one.facts, "during_call": True} if under_sway else one.facts
    return as_known(replace(one, facts=facts), standing, lines)


def _mark(one: Indicator) -> bytes:
    return hashlib.sha256(f"{one.name}\0{one.ground}".encode()).digest()[:8]
