"""One session with a message centre: claim, send, wait for answers, keep receipts, ask after the silent ones.

What makes it safe is the order of things: a part is marked `submitting` in a kept transaction before it leaves, and a
receipt is kept before it is confirmed. Whatever stops the session in between leaves parts `submitting`, which the next
session makes `unknown` before it sends anything (`outcomes.lose`).

What makes it fast is that the desk hears of many at once: parts are claimed for half a second ahead, and answers and
receipts are kept together every few hundredths of a second. What had not left when the link broke or the process was
killed is queued again (`leaving`).
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from chainbreak.act.delivery.sms import book, outcomes
from chainbreak.act.delivery.sms.link import Answered, Event, Link, LinkDownError, Told
from chainbreak.act.delivery.sms.receipts import STATES, Receipt
from chainbreak.act.delivery.sms.segments import segments
from chainbreak.base.clock import US_PER_S

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.delivery.sms import Settings
    from chainbreak.act.delivery.sms.book import Part
    from chainbreak.act.delivery.sms.leaving import Leaving
    from chainbreak.base.clock import Clock
    from chainbreak.store.desk import Desk

NOT_NOW = frozenset({0x14, 0x58})
"""Refusals that mean later: queue full, throttled (SMPP 3.4, section 5.1.3)."""
WAITS_S = (1, 2, 5, 15, 60)
"""Seconds between attempts, the last again and again (delivery, section 2)."""
TURN_S = 0.2
"""How long one look for answers waits, in seconds."""
AHEAD_S, MOST_AHEAD, CLAIM_S = 0.5, 500, 0.1
"""Seconds of sending that are claimed at once, parts at most, and seconds between two claims that are not full."""
NOTED_S = 0.05
"""Seconds of sending that are noted as leaving at once: what a kill leaves unknown."""
KEEP_S, KEEP_AT = (0.05, 0.25), 500
"""Seconds that answers and receipts wait for company before they are kept together: when no receipt came just now,
since the centre may be waiting for us to confirm what it told, and while they come; and how many are kept at once.
"""


@dataclass
class _Heard:
    """What came and is not kept yet."""

    since_s: float = 0.0
    taken: list[tuple[Part, str]] = field(default_factory=list)
    refused: dict[str, tuple[Part, str]] = field(default_factory=dict)
    """text -> the part that was refused, and why."""
    again: dict[int, list[Part]] = field(default_factory=dict)
    """due_at_us -> parts that were too much for now."""
    receipts: list[Receipt] = field(default_factory=list)
    confirm: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.taken) + len(self.refused) + len(self.again) + len(self.receipts) + len(self.confirm)


@dataclass
class Session:
    """One binding to the centre. `announce` leaves the leaf of a claim; `numbers` opens the vault for it."""

    desk: Desk
    clock: Clock
    link: Link
    leaving: Leaving
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
    _ready: deque[tuple[Part, str]] = field(default_factory=deque)
    """Claimed at `_claimed_s`, with their numbers, and not sent yet."""
    _claimed_s: float = 0.0
    _full: bool = True
    """Whether the newest claim left something behind."""
    _noted: int = 0
    """How many of those ready are noted as leaving."""
    _in_flight: dict[int, tuple[Part, float]] = field(default_factory=dict)
    _heard: _Heard = field(default_factory=_Heard)
    _asked: dict[int, str] = field(default_factory=dict)
    _not_before_s: float = 0.0
    _throttled: int = 0
    _asked_at_s: float = float("-inf")

    def run(self, until_idle_s: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Send what is due and take what is told, until nothing has happened for `until_idle_s`, or `stop` says so and
        what is on its way has been answered.

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
                stopping = stop()
                sent = 0 if stopping else self._send(now)
                events = self.link.poll(self._patience(now, until_idle_s))
                self._hear(events)
                self._keep(now, KEEP_S[any(isinstance(event, Told) for event in events)])
                if stopping and not self._in_flight:
                    break
                if sent or events or self._in_flight or self._waiting(now):
                    busy_s = now
                elif now - busy_s >= until_idle_s:
                    break
                self._check_answers(now)
        except LinkDownError:
            self._settle_up()
            self._lose()
            raise
        finally:
            try:
                self._settle_up()
            finally:
                self.link.close()

    def _settle_up(self) -> None:
        """Keep what came, and give back what was claimed and has not left."""
        self._keep_all()
        self._give_back()

    def _give_back(self) -> None:
        if self._ready:
            self._requeue([part for part, _ in self._ready])
            self._drop_ready()

    def _patience(self, now: float, until_idle_s: float) -> float:
        """Seconds to wait for what the centre says."""
        if self._waiting(now):
            return min(TURN_S, self._not_before_s - now)
        if self._heard:
            return KEEP_S[0] / 2
        return TURN_S if self._in_flight or until_idle_s else 0.0

    def _lose(self) -> None:
        self._in_flight.clear()
        self._asked.clear()
        now_us = self.clock.now_us()
        with self.desk.begin() as conn:
            outcomes.give_back(conn, *self.leaving.read(), now_us)
            changed = outcomes.lose(conn, now_us)
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
        if now - self._claimed_s > 2 * AHEAD_S:
            self._give_back()  # the link is slow: what waited that long is claimed anew, if it is still wanted
        if not self._ready and not self._claim():
            self._ask(now)
            return 0
        sent = min(room, len(self._ready))
        if self._noted < sent:
            self._noted = min(len(self._ready), max(sent, int(self.settings.per_s * NOTED_S)))
            self.leaving.note(part for part, _ in islice(self._ready, self._noted))
        self._not_before_s = time.monotonic() + sent / self.settings.per_s
        self._noted -= sent
        for part, number in [self._ready.popleft() for _ in range(sent)]:
            self._in_flight[self._submit(part, number)] = (part, time.monotonic())
        return sent

    def _drop_ready(self, keep: Sequence[tuple[Part, str]] = ()) -> None:
        self._ready, self._noted = deque(keep), 0

    def _claim(self) -> bool:
        now_us = self.clock.now_us()
        if not self._full and time.monotonic() - self._claimed_s < CLAIM_S:
            return False
        with self.desk.read() as conn:  # looking is free; a write transaction is not
            if not book.is_due(conn, now_us):
                return False
        most = min(max(self.settings.window, int(self.settings.per_s * AHEAD_S)), MOST_AHEAD)
        self.leaving.begin(now_us)
        with self.desk.begin() as conn:
            gone = book.expire(conn, now_us)
            self.settled(conn, gone)
            parts = book.claim(conn, most, now_us)
            self.announce(conn, parts)
        self._count(gone)
        try:
            numbers = self.numbers(parts)
        except Exception:
            self._requeue(parts)  # none of them left
            raise
        self._claimed_s, self._full = time.monotonic(), len(parts) == most
        self._ready.extend((part, numbers[part.recipient]) for part in parts if part.recipient in numbers)
        self._refuse([part for part in parts if part.recipient not in numbers], "no number to send to")
        return bool(self._ready)

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
            silent = outcomes.to_ask(conn, before_us, self.settings.window)
        for message_id in silent:
            self._asked[self.link.query(message_id)] = message_id

    def _hear(self, events: Sequence[Event]) -> None:
        """Take what came; the window is free again at once, the desk hears of it with the next `_keep`."""
        if events and not self._heard:
            self._heard.since_s = time.monotonic()
        for event in events:
            if isinstance(event, Answered):
                self._answered(event)
            elif isinstance(event, Told):
                self._heard.confirm.append(event.sequence)
                self._heard.receipts += [event.receipt] if event.receipt else []
            elif (message_id := self._asked.pop(event.sequence, "")) and event.stat:
                self._heard.receipts.append(Receipt(message_id, event.stat))

    def _answered(self, event: Answered) -> None:
        self._asked.pop(event.sequence, "")  # a query that was not understood is no answer about the message
        part, _ = self._in_flight.pop(event.sequence, (None, 0.0))
        if part is None:
            return
        if event.status in NOT_NOW:
            wait_s = WAITS_S[min(self._throttled, len(WAITS_S) - 1)]
            self._throttled += 1
            self._not_before_s = time.monotonic() + wait_s
            late = self._heard.again.setdefault(self.clock.now_us() + wait_s * US_PER_S, [])
            late += [part, *(one for one, _ in self._ready)]
            self._drop_ready()
        elif event.status:
            self._heard.refused[part.text_id] = (part, f"refused, status {event.status:#x}")
            self._drop_ready(keep=[one for one in self._ready if one[0].text_id != part.text_id])
        else:
            self._throttled = 0
            self._heard.taken.append((part, event.message_id))

    def _keep(self, now: float, wait_s: float) -> None:
        """Keep what came, when it has waited long enough, is enough, or nothing more will come soon."""
        heard = self._heard
        more_comes = (self._in_flight or self._ready) and now - heard.since_s < wait_s and len(heard) < KEEP_AT
        if heard and not more_comes:
            self._keep_all()
            for sequence in heard.confirm:
                self.link.confirm(sequence)

    def _keep_all(self) -> None:
        heard = self._heard
        if not heard:
            return
        now_us = self.clock.now_us()
        with self.desk.begin() as conn:
            touched = {part.text_id: "" for part, _ in heard.taken}
            outcomes.answered(conn, heard.taken)
            for due_at_us, parts in heard.again.items():
                touched |= {part.text_id: "" for part in parts}
                book.requeue(conn, parts, due_at_us)
            book.refused(conn, [part for part, _ in heard.refused.values()])
            for receipt, text_id in outcomes.told(conn, heard.receipts, self.recipient_of, now_us):
                if text_id and STATES[receipt.stat] != book.SUBMITTED:
                    touched[text_id] = f"{receipt.stat} {receipt.err}".strip()
            touched |= {text_id: why for text_id, (_, why) in heard.refused.items()}
            changed = book.fold(conn, touched, now_us)
            self.settled(conn, changed)
        self._heard = _Heard()
        self._count(changed)

    def _refuse(self, parts: Sequence[Part], why: str) -> None:
        if parts:
            with self.desk.begin() as conn:
                book.refused(conn, parts)
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
