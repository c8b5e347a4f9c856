"""The loop's warning side, second half: a desk that works through contact events with few people, minute by minute.

Tiers, repetition, caps, quiet hours and which warning an event belongs to are the platform's own rules
(`act.warnings`); the order of calls is its queue: one tier up past half of the deadline, then deadline, then stake. Not
played here: drawn order under short capacity, retraction, several districts.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from chainbreak.act.warnings.caps import DAY_US, Sent, held_back, quiet_until
from chainbreak.act.warnings.intake import Change, Standing, fold, lapses_us
from chainbreak.act.warnings.model import OPEN, RESOLVED, ContactEvent
from chainbreak.act.warnings.tiers import Policy, Tier, due_us
from chainbreak.base.clock import US_PER_DAY, US_PER_MIN

NO_ANSWER, REFUSED, BELIEVED, SETTLED = "no_answer", "refused", "dissuaded", "already_knew"
Answer = Callable[[str, int, str, str], str]
"""What comes of a try (number, when, channel, tier): one of the outcomes above."""


@dataclass(frozen=True)
class Staff:
    """Who works, and how long it takes, in minutes: a call with its wrap-up, one that nobody takes, the way to a door
    and the talk there.
    """

    operators: int = 1
    visitors: int = 1
    call_min: float = 3.0
    unanswered_min: float = 1.0
    travel_min: float = 20.0
    visit_min: float = 20.0


@dataclass
class Alert:
    """One warning: whom, of which campaign, its tier, until when it stands; the call's next moment (None: none) and how
    many were made; whether a visit was asked for; what it rests on.
    """

    warning_id: str
    recipient: str
    campaign: str
    rank: int
    opened_at_us: int
    tier_at_us: int
    over_us: int
    stake_fen: int
    indicators: set[str]
    state: str = OPEN
    outcome: str = ""
    outcome_at_us: int = 0
    call_at_us: int | None = None
    attempts: int = 0
    visit_due_us: int | None = None

    @property
    def standing(self) -> Standing:
        """As the rules see it."""
        return Standing(self.warning_id, self.campaign, self.rank, self.state, self.opened_at_us, self.tier_at_us,
                        self.outcome, self.outcome_at_us)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One try: which warning, the number, when, by which channel, in which tier."""

    warning_id: str
    number: str
    at_us: int
    channel: str
    tier: str


@dataclass
class Desk:
    """A hotline desk between two moments; a copy of it taken before a day plays that day again."""

    policy: Policy
    staff: Staff
    zone: str
    warnings: dict[str, Alert] = field(default_factory=dict)
    mine: dict[str, list[str]] = field(default_factory=dict)
    events: dict[str, list[tuple[str | None, ContactEvent]]] = field(default_factory=dict)
    sent: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    visited: dict[str, tuple[int, int]] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    agenda: list[tuple[int, int, str, str, str]] = field(default_factory=list)
    calling: set[str] = field(default_factory=set)
    visiting: set[str] = field(default_factory=set)
    busy_callers: int = 0
    busy_visitors: int = 0
    number: int = 0

    def copy(self) -> Desk:
        """The same desk at the same moment, to play on apart from this one."""
        return replace(
            self, warnings={name: replace(one, indicators=set(one.indicators)) for name, one in self.warnings.items()},
            mine={who: list(names) for who, names in self.mine.items()},
            events={who: list(rows) for who, rows in self.events.items()}, sent=dict(self.sent),
            visited=dict(self.visited), made=list(self.made), agenda=list(self.agenda), calling=set(self.calling),
            visiting=set(self.visiting),
        )  # fmt: skip

    def run(self, contacts: Iterable[tuple[int, ContactEvent]], until_us: int, answer: Answer) -> None:
        """Work until a moment: `contacts` as they become known, and what was already on the agenda."""
        coming = {event.event_id: event for _, event in contacts}
        for at_us, event in contacts:
            self._at(at_us, "contact", event.event_id)
        while self.agenda and self.agenda[0][0] < until_us:
            now_us, _, what, subject, channel = heapq.heappop(self.agenda)
            if what == "contact":
                self._take(coming[subject], now_us)
            elif what == "send":
                self._send(self.warnings[subject], channel, now_us, answer)
            elif what == "door":
                self._door(self.warnings[subject], now_us, answer)
            elif what == "caller":
                self.busy_callers -= 1
            elif what == "visitor":
                self.busy_visitors -= 1
            self._work(now_us, answer)

    def _at(self, at_us: int, what: str, subject: str = "", channel: str = "") -> None:
        self.number += 1
        heapq.heappush(self.agenda, (at_us, self.number, what, subject, channel))

    def _take(self, event: ContactEvent, now_us: int) -> None:
        """One contact event, by the platform's own folding."""
        before = self.events.setdefault(event.recipient, [])
        standing = [self.warnings[name].standing for name in self.mine.get(event.recipient, ())
                    if self.warnings[name].state == RESOLVED or self.warnings[name].over_us > now_us]  # fmt: skip
        known = {one.warning_id for one in standing}
        before[:] = [(of, one) for of, one in before if one.expires_at_us > now_us and (of is None or of in known)]
        before.append((None, event))
        folded = fold(self.policy, standing, before, now_us, told=frozenset({event.event_id}))
        before[:] = [(folded.belongs.get(one.event_id, of), one) for of, one in before]
        for change in folded.changes:
            self._change(event.recipient, change, now_us)

    def _change(self, recipient: str, change: Change, now_us: int) -> None:
        warning = self.warnings.get(change.warning_id)
        if warning is None:
            warning = self.warnings[change.warning_id] = Alert(
                change.warning_id, recipient, change.campaign, change.rank, now_us, now_us, 0, 0, set()
            )
            self.mine.setdefault(recipient, []).append(change.warning_id)
        warning.rank, warning.tier_at_us = change.rank, change.tier_at_us
        warning.over_us, warning.stake_fen = lapses_us(self.policy, change), change.stake_fen or 0
        warning.indicators |= {event.indicator for event in change.events}
        if change.change in ("opened", "raised"):
            tier = self._tier(warning)
            self._begin(warning, tier.actions, now_us)
            if tier.visit == "at_once":
                self._ask_visit(warning, now_us)

    def _begin(self, warning: Alert, actions: Iterable[str], now_us: int) -> None:
        begin_us = quiet_until(self.policy, self._tier(warning), now_us, self.zone)
        for action in actions:
            if action == "call":
                warning.call_at_us = begin_us
                self.calling.add(warning.warning_id)
                self._at(begin_us, "call")
            else:
                self._at(begin_us, "send", warning.warning_id, action)

    def _tier(self, warning: Alert) -> Tier:
        return self.policy.tiers[warning.rank]

    def _stands(self, warning: Alert, now_us: int) -> bool:
        return warning.state == OPEN and warning.over_us > now_us

    def _send(self, warning: Alert, channel: str, now_us: int, answer: Answer) -> None:
        lately = [(at, used, of) for at, used, of in self.sent.get(warning.recipient, ()) if at > now_us - DAY_US]
        sent = Sent(tuple((used, of) for _, used, of in lately))
        if self._stands(warning, now_us) and not held_back(
            self.policy, warning.rank, channel, warning.campaign, sent, now_us, warning.over_us
        ):
            self.sent[warning.recipient] = [*lately, (now_us, channel, warning.campaign)]
            self._try(warning, channel, now_us, answer)

    def _try(self, warning: Alert, channel: str, now_us: int, answer: Answer) -> str:
        tier = self._tier(warning).name
        self.made.append(Made(warning.warning_id, warning.recipient, now_us, channel, tier))
        return answer(warning.recipient, now_us, channel, tier)

    def _work(self, now_us: int, answer: Answer) -> None:
        """Everybody free takes who is next."""
        while self.busy_callers < self.staff.operators and (chosen := self._next_call(now_us)):
            self._call(chosen, now_us, answer)
        while self.busy_visitors < self.staff.visitors and (goes := self._next_visit(now_us)):
            self.visiting.discard(goes.warning_id)
            self.visited[goes.recipient] = (now_us, goes.rank)
            self.busy_visitors += 1
            self._at(now_us + int(self.staff.travel_min * US_PER_MIN), "door", goes.warning_id)

    def _next_call(self, now_us: int) -> Alert | None:
        self.calling = {name for name in self.calling if self._stands(self.warnings[name], now_us)}
        ready = [w for w in map(self.warnings.__getitem__, self.calling)
                 if w.call_at_us is not None and w.call_at_us <= now_us]  # fmt: skip
        return min(ready, key=lambda w: self._place(w, now_us), default=None)

    def _place(self, warning: Alert, now_us: int) -> tuple[int, int, int, str]:
        due = due_us(self._tier(warning), warning.tier_at_us)
        raised = now_us >= (warning.tier_at_us + due) // 2
        return max(warning.rank - raised, 0), due, -warning.stake_fen, warning.warning_id

    def _call(self, warning: Alert, now_us: int, answer: Answer) -> None:
        self.busy_callers += 1
        warning.attempts += 1
        outcome = self._try(warning, "call", now_us, answer)
        took = self.staff.unanswered_min if outcome == NO_ANSWER else self.staff.call_min
        self._at(now_us + int(took * US_PER_MIN), "caller")
        gaps = self.policy.caps.call_gaps_min
        if outcome == NO_ANSWER and warning.attempts < len(gaps):
            again = now_us + gaps[warning.attempts] * US_PER_MIN
            warning.call_at_us = quiet_until(self.policy, self._tier(warning), again, self.zone)
            self._at(warning.call_at_us, "call")
            return
        self.calling.discard(warning.warning_id)
        warning.call_at_us = None
        if outcome == NO_ANSWER:
            self._begin(warning, self._tier(warning).if_unreached, now_us)
        if outcome in (BELIEVED, SETTLED):
            self._close(warning, outcome, now_us)
        elif self._tier(warning).visit != "on_request":
            self._ask_visit(warning, now_us)

    def _ask_visit(self, warning: Alert, now_us: int) -> None:
        """A visit, unless one was made within the cap's days for as high a tier."""
        at_us, rank = self.visited.get(warning.recipient, (-US_PER_DAY * 10**4, len(self.policy.tiers)))
        if now_us - at_us >= self.policy.caps.visit_every_days * US_PER_DAY or warning.rank < rank:
            warning.visit_due_us = now_us + (self._tier(warning).visit_min or 0) * US_PER_MIN
            self.visiting.add(warning.warning_id)

    def _next_visit(self, now_us: int) -> Alert | None:
        self.visiting = {name for name in self.visiting if self._stands(self.warnings[name], now_us)}
        asked = map(self.warnings.__getitem__, self.visiting)
        return min(asked, key=lambda w: (w.visit_due_us or 0, -w.stake_fen, w.warning_id), default=None)

    def _door(self, warning: Alert, now_us: int, answer: Answer) -> None:
        self._at(now_us + int(self.staff.visit_min * US_PER_MIN), "visitor")
        if self._stands(warning, now_us):
            outcome = self._try(warning, "visit", now_us, answer)
            if outcome != NO_ANSWER:
                self._close(warning, outcome, now_us)

    def _close(self, warning: Alert, outcome: str, now_us: int) -> None:
        warning.state, warning.outcome, warning.outcome_at_us = RESOLVED, outcome, now_us
        self.calling.discard(warning.warning_id)
        self.visiting.discard(warning.warning_id)
