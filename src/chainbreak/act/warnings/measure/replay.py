"""What tiers would have done with contacts that were observed: pure re-judging, with caps and quiet hours.

Contacts come in the order in which they were received. What talks did is not replayed: a case ends by its time alone,
calls count once, and what is begun only when calls fail (`if_unreached`) is counted apart, as the most there could be.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chainbreak.act.warnings.caps import DAY_US, Sent, held_back, quiet_until
from chainbreak.act.warnings.model import ContactEvent
from chainbreak.act.warnings.tiers import Met, Policy, due_us, judge, over_us, remembered
from chainbreak.base.clock import US_PER_HOUR

CALL, SMS, PUSH, BANK = "call", "sms", "push", "bank"
VISIT, VISIT_IF, SMS_IF = "visit", "visit_if_unreached", "sms_if_unreached"
DONE = (CALL, SMS, PUSH, BANK, VISIT, SMS_IF, VISIT_IF)
"""What is counted; the last two happen only when calls fail."""


class Arrival(NamedTuple):
    """One contact, when it was received, and whether it was taken back later."""

    event: ContactEvent
    received_at_us: int
    taken_back: bool = False


@dataclass
class Case:
    """One warning that would have stood. `rank`: the most urgent tier it came to; `kind`: of the contact that brought
    it there. `call_by_us`: by when a call was due, the earliest; `told_us`: when the first message would have left.
    """

    recipient: str
    campaign: str
    opened_at_us: int
    rank: int
    kind: str = ""
    call_by_us: int | None = None
    told_us: int | None = None
    taken_back: bool = True
    last_us: int = 0
    events: list[ContactEvent] = field(default_factory=list)
    done: set[str] = field(default_factory=set)


@dataclass
class Replayed:
    """What a policy would have done. `done` and `held` count by (rank, what) and (rank, reason); `below`: contacts
    that met no trigger.
    """

    cases: list[Case] = field(default_factory=list)
    done: Counter[tuple[int, str]] = field(default_factory=Counter)
    held: Counter[tuple[int, str]] = field(default_factory=Counter)
    below: int = 0

    def best(self) -> dict[tuple[str, str], Case]:
        """(recipient, campaign) -> its most urgent case, the earliest of equals."""
        found: dict[tuple[str, str], Case] = {}
        for case in sorted(self.cases, key=lambda one: (one.rank, one.opened_at_us)):
            found.setdefault((case.recipient, case.campaign), case)
        return found


def replay(
    policy: Policy, arrivals: Iterable[Sequence[Arrival]], since_us: int, zone: str,
    muted: Mapping[str, tuple[int, int]] | None = None,
) -> Replayed:  # fmt: skip
    """Judge contacts again. `arrivals`: those of one recipient at a time, in the order received; what begins before
    `since_us` only leads up and is not counted. `muted`: recipient -> from when until when he wanted no low messages.
    """
    replayed, met = Replayed(), remembered(policy)
    for mine in arrivals:
        quiet = (muted or {}).get(mine[0].event.recipient, (0, 0))
        _Recipient(policy, met, zone, since_us, quiet, replayed).take(mine)
    return replayed


class _Recipient:
    """The contacts of one recipient, one after the other."""

    def __init__(
        self, policy: Policy, met: Met, zone: str, since_us: int, muted: tuple[int, int], into: Replayed
    ) -> None:  # fmt: skip
        self.policy, self.met, self.zone, self.since, self.muted, self.into = policy, met, zone, since_us, muted, into
        self.open: dict[str, Case] = {}
        self.seen: list[int] = []
        self.sent: list[tuple[int, str, str]] = []

    def take(self, arrivals: Sequence[Arrival]) -> None:
        for event, now, taken_back in arrivals:
            self.open = {of: case for of, case in self.open.items() if self._over(case) > now}
            self.seen.append(event.at_us)
            since = now - self.policy.repeat.window_h * US_PER_HOUR
            case = self.open.get(event.of) or Case(event.recipient, event.of, now, len(self.policy.tiers))
            standing = [*(one for one in case.events if one.event_id != event.event_id), event]
            judged = judge(self.policy, standing, sum(at > since for at in self.seen), self.met)
            if judged is None:
                self.into.below += now >= self.since
                continue
            if event.of not in self.open:
                self.open[event.of] = case
                if now >= self.since:
                    self.into.cases.append(case)
            case.events, case.taken_back = standing, case.taken_back and taken_back
            case.last_us = max(case.last_us, event.at_us, event.ended_at_us or 0)
            if judged.rank < case.rank:
                case.rank = judged.rank
                case.kind = next(one.kind for one in standing if one.event_id == judged.event_id)
                self._begin(case, now)

    def _over(self, case: Case) -> int:
        return over_us(self.policy.tiers[case.rank], case.last_us)

    def _begin(self, case: Case, now: int) -> None:
        """What the tier that a case has come to begins, as far as it was not begun before."""
        tier = self.policy.tiers[case.rank]
        due, over = quiet_until(self.policy, tier, now, self.zone), self._over(case)
        for action in tier.actions:
            if action == CALL:
                by = max(due, due_us(tier, now))
                case.call_by_us = by if case.call_by_us is None else min(case.call_by_us, by)
                self._count(case, CALL)
            elif action not in case.done:
                self._message(case, action, now, due, over)
        for action in tier.if_unreached:
            if action == SMS and SMS not in case.done:
                self._count(case, SMS_IF)
        if tier.visit != "on_request":
            self._count(case, VISIT if tier.visit == "at_once" else VISIT_IF)

    def _message(self, case: Case, channel: str, now: int, due: int, over: int) -> None:
        lately = tuple((one, campaign) for at, one, campaign in self.sent if at > due - DAY_US)
        sent = Sent(lately, self.muted[0] <= now < self.muted[1])
        why = held_back(self.policy, case.rank, channel, case.campaign, sent, due, over)
        if why:
            self.into.held[case.rank, why] += case.opened_at_us >= self.since
            return
        if channel != BANK:
            self.sent.append((due, channel, case.campaign))
            case.told_us = due if case.told_us is None else min(case.told_us, due)
        self._count(case, channel)

    def _count(self, case: Case, what: str) -> None:
        if what not in case.done:
            case.done.add(what)
            self.into.done[case.rank, what] += case.opened_at_us >= self.since


def before_paying(replayed: Replayed, losses: Iterable[tuple[str, int]], within_us: int) -> dict[str, int]:
    """Of people who later lost money, counted once each by their first loss: `seen` in contact with fraud in the time
    `within_us` before; `called` by their deadline before they paid; `told` by a message before. `losses`: (recipient,
    when he paid).
    """
    cases: dict[str, list[Case]] = {}
    for case in replayed.cases:
        cases.setdefault(case.recipient, []).append(case)
    first: dict[str, int] = {}
    for who, at in losses:
        first[who] = min(at, first.get(who, at))
    found = {"lost": len(first), "seen": 0, "called": 0, "told": 0}
    for who, at in first.items():
        mine = sorted(cases.get(who, ()), key=lambda one: one.opened_at_us)
        opened = [case.opened_at_us for case in mine]
        mine = mine[bisect_right(opened, at - within_us) : bisect_right(opened, at)]
        found["seen"] += bool(mine)
        found["called"] += any(case.call_by_us is not None and case.call_by_us <= at for case in mine)
        found["told"] += any(case.told_us is not None and case.told_us <= at for case in mine)
    return found
