"""One session with a message centre: claim, send, wait for answers, keep receipts, ask after the silent ones.

What makes it safe is the order of things: a part is marked `submitting` in a kept transaction before it leaves, and a
receipt is kept before it is confirmed. Whatever stops the session in between leaves parts `submitting`, which the next
session makes `unknown` before it sends anything (`book.lose`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chainbreak.act.delivery.sms import book
from chainbreak.act.delivery.sms.link import Answered, Event, Link, LinkDownError, Told
from chainbreak.act.delivery.sms.receipts import STATES, Receipt
from chainbreak.act.delivery.sms.segments import segments
from chainbreak.base.clock import US_PER_S

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.delivery.sms import Settings
    from chainbreak.act.delivery.sms.book import Part
    from chainbreak.base.clock import Clock
    from chainbreak.store.desk import Desk

NOT_NOW = frozenset({0x14, 0x58})
"""Refusals that mean later: queue full, throttled (SMPP 3.4, section 5.1.3)."""
WAITS_S = (1, 2, 5, 15, 60)
"""Seconds between attempts, the last again and again (delivery, section 2)."""
TURN_S = 0.2
"""How long one look for answers waits, in seconds."""


@dataclass
class Session:
    """One binding to the centre. `announce` leaves the leaves of a claim; `numbers` opens the vault for it."""

    desk: Desk
    clock: Clock
    link: Link
    settings: Settings
    announce: Callable[[Connection, Sequence[Part]], None]
    numbers: Callable[[Sequence[Part]], Mapping[str, str]]
    """Written tokens -> international digits; those that cannot be sent to are left out."""
    recipient_of: Callable[[str], str]
    """Digits as a receipt names them -> written token, "" when they are no number."""
    settled: Callable[[Connection, Mapping[str, str]], None]
    """Told, in the same transaction, of texts that changed state."""
    counts: Counter[str] = field(default_factory=Counter)
    """Texts that came to each state."""
    _in_flight: dict[int, tuple[Part, float]] = field(default_factory=dict)
    _asked: dict[int, str] = field(default_factory=dict)
    _not_before_s: float = 0.0
    _throttled: int = 0
    _asked_at_s: float = float("-inf")

    def run(self, until_idle_s: float) -> None:
        """Send what is due and take what is told, until nothing has happened for `until_idle_s`.

        Raises:
            LinkDownError: the link broke; what had no answer is `unknown`.
            SetupError: the centre does not let us in, or the desk is out of reach.
        """
        self._lose()
        busy_s = time.monotonic()
        try:
            self.link.open()
            while True:
                now = time.monotonic()
                sent = self._send(now)
                events = self.link.poll(TURN_S if self._in_flight or until_idle_s or self._waiting(now) else 0.0)
                self._keep(events)
                if sent or events or self._in_flight or self._waiting(now):
                    busy_s = now
                elif now - busy_s >= until_idle_s:
                    break
                self._check_answers(now)
        except LinkDownError:
            self._lose()
            raise
        finally:
            self.link.close()

    def _lose(self) -> None:
        self._in_flight.clear()
        self._asked.clear()
        with self.desk.begin() as conn:
            changed = book.lose(conn, self.clock.now_us())
            self.settled(conn, changed)
        self._count(changed)

    def _count(self, changed: Mapping[str, str]) -> None:
        self.counts.update(state for state in changed.values() if state not in (book.QUEUED, book.SUBMITTING))

    def _waiting(self, now: float) -> bool:
        return now < self._not_before_s

    def _send(self, now: float) -> int:
        room = self.settings.window - len(self._in_flight)
        if room * 2 < self.settings.window or self._waiting(now):
            return 0
        parts = self._claim(min(room, self.settings.per_s))
        if not parts:
            self._ask(now)
            return 0
        try:
            numbers = self.numbers(parts)
        except Exception:
            self._requeue(parts)  # none of them left
            raise
        self._not_before_s = now + len(parts) / self.settings.per_s
        unknown = [part for part in parts if part.recipient not in numbers]
        self._refuse(unknown, "no number to send to")
        for at, part in enumerate(parts):
            if part in unknown:
                continue
            try:
                sequence = self._submit(part, numbers[part.recipient])
            except LinkDownError:
                self._requeue(parts[at + 1 :])  # these never left; the one that broke may have
                raise
            self._in_flight[sequence] = (part, time.monotonic())
        return len(parts)

    def _claim(self, most: int) -> list[Part]:
        now_us = self.clock.now_us()
        with self.desk.read() as conn:  # looking is free; a write transaction is not
            if not book.is_due(conn, now_us):
                return []
        with self.desk.begin() as conn:
            gone = book.expire(conn, now_us)
            self.settled(conn, gone)
            parts = book.claim(conn, most, now_us)
            self.announce(conn, parts)
        self._count(gone)
        return parts

    def _submit(self, part: Part, number: str) -> int:
        segment = segments(part.body, book.reference_of(part.text_id))[part.part - 1]
        valid_s = (part.expires_at_us - self.clock.now_us()) // US_PER_S
        return self.link.submit(number, segment, part.reference, valid_s)

    def _ask(self, now: float) -> None:
        if self._asked or now - self._asked_at_s < self.settings.query_s:
            return
        self._asked_at_s = now
        before_us = self.clock.now_us() - self.settings.query_s * US_PER_S
        with self.desk.read() as conn:
            silent = book.to_ask(conn, before_us, self.settings.window)
        for message_id in silent:
            self._asked[self.link.query(message_id)] = message_id

    def _keep(self, events: Sequence[Event]) -> None:
        if not events:
            return
        now_us = self.clock.now_us()
        touched: dict[str, str] = {}
        with self.desk.begin() as conn:
            for event in events:
                if isinstance(event, Answered):
                    self._answer(conn, event, touched, now_us)
                elif isinstance(event, Told):
                    if event.receipt:
                        self._tell(conn, event.receipt, touched, now_us)
                elif (message_id := self._asked.pop(event.sequence, "")) and event.stat:
                    self._tell(conn, Receipt(message_id, event.stat), touched, now_us)
            changed = book.fold(conn, touched, now_us)
            self.settled(conn, changed)
        self._count(changed)
        for event in events:
            if isinstance(event, Told):
                self.link.confirm(event.sequence)

    def _answer(self, conn: Connection, event: Answered, touched: dict[str, str], now_us: int) -> None:
        self._asked.pop(event.sequence, "")  # a query that was not understood is no answer about the message
        part, _ = self._in_flight.pop(event.sequence, (None, 0.0))
        if part is None:
            return
        touched.setdefault(part.text_id, "")
        if event.status in NOT_NOW:
            wait_s = WAITS_S[min(self._throttled, len(WAITS_S) - 1)]
            self._throttled += 1
            self._not_before_s = time.monotonic() + wait_s
            book.requeue(conn, [part], now_us + wait_s * US_PER_S)
        elif event.status:
            touched[part.text_id] = f"refused, status {event.status:#x}"
            book.refused(conn, part)
        else:
            self._throttled = 0
            book.answered(conn, part, event.message_id)

    def _tell(self, conn: Connection, receipt: Receipt, touched: dict[str, str], now_us: int) -> None:
        recipient = self.recipient_of(receipt.number) if receipt.number else ""
        text_id = book.told(conn, receipt, recipient, now_us)
        if text_id and STATES[receipt.stat] != book.SUBMITTED:
            touched[text_id] = f"{receipt.stat} {receipt.err}".strip()

    def _refuse(self, parts: Sequence[Part], why: str) -> None:
        if parts:
            with self.desk.begin() as conn:
                for part in parts:
                    book.refused(conn, part)
                changed = book.fold(conn, {part.text_id: why for part in parts}, self.clock.now_us())
                self.settled(conn, changed)
            self._count(changed)

    def _requeue(self, parts: Sequence[Part]) -> None:
        now_us = self.clock.now_us()
        with self.desk.begin() as conn:
            book.requeue(conn, parts, now_us)
            book.fold(conn, {part.text_id: "" for part in parts}, now_us)

    def _check_answers(self, now: float) -> None:
        oldest = min((sent_s for _, sent_s in self._in_flight.values()), default=now)
        if now - oldest > self.settings.response_s:
            raise LinkDownError("an answer did not come")
