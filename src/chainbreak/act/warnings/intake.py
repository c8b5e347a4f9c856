"""What observed contacts of one recipient make of his warnings: pure, whatever order and batches they come in.

Words about one contact are joined: a flag once true stays, a number keeps its greatest, an end is the latest told. The
join is commutative and idempotent, so a contact told twice or out of order ends the same, and a tier is only ever
lowered by taking an event back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from chainbreak.act.warnings.model import OPEN, RESOLVED, ContactEvent, FactValue, warning_id_of
from chainbreak.act.warnings.tiers import Judged, Policy, judge, over_us
from chainbreak.base.clock import US_PER_HOUR

SETTLED = frozenset({"false_alarm", "wrong_person", "already_knew"})
"""Outcomes after which the same campaign opens no new warning: it is no fraud to him, or he knows. Who was dissuaded
and is in contact again is in danger again."""


@dataclass(frozen=True)
class Standing:
    """A warning as it stands. `rank` of the tier it came to, `tier_at_us` when; `outcome_at_us` when it was closed."""

    warning_id: str
    campaign: str
    rank: int
    state: str
    opened_at_us: int
    tier_at_us: int
    outcome: str = ""
    outcome_at_us: int = 0


@dataclass(frozen=True)
class Change:
    """What becomes of one warning: opened, raised, lowered, retracted, or `` "" `` when only its events changed."""

    warning_id: str
    campaign: str
    change: str
    rank: int
    tier_at_us: int
    judged: Judged
    events: tuple[ContactEvent, ...]
    """All events that it rests on now."""
    before: int | None = None
    """Its rank before."""

    @property
    def last_us(self) -> int:
        """The newest moment of its events."""
        return max(max(event.at_us, event.ended_at_us or 0) for event in self.events)

    @property
    def stake_fen(self) -> int | None:
        """The most that any of its events puts at stake."""
        return max((event.stake_fen for event in self.events if event.stake_fen is not None), default=None)


@dataclass
class Folded:
    """What folding gave: changes of warnings, and which warning each event belongs to (None: below every tier)."""

    changes: list[Change] = field(default_factory=list)
    belongs: dict[str, str | None] = field(default_factory=dict)


def joined(known: ContactEvent, word: ContactEvent) -> ContactEvent:
    """What two words about one contact say together.

    >>> one = ContactEvent("call.fraud_line", "line:1", 5, "finding:1", "records", "r", facts={"duration_s": 60})
    >>> two = replace(one, ended_at_us=99, facts={"duration_s": 30, "running": True})
    >>> joined(one, two) == joined(two, one)
    True
    >>> dict(joined(one, two).facts)
    {'duration_s': 60, 'running': True}
    """
    facts: dict[str, FactValue] = {}
    for name in sorted({*known.facts, *word.facts}):
        values = [side.facts[name] for side in (known, word) if name in side.facts]
        facts[name] = max(values, key=lambda value: (str(type(value)), value))
    first, second = sorted((known, word), key=lambda one: (one.at_us, one.facts_text, one.ground))
    ends = [side.ended_at_us for side in (known, word) if side.ended_at_us is not None]
    stakes = [side.stake_fen for side in (known, word) if side.stake_fen is not None]
    return replace(
        first, facts=facts, ended_at_us=max(ends, default=None), stake_fen=max(stakes, default=None),
        confidence=max(known.confidence, word.confidence), fraud=first.fraud or second.fraud,
        district=first.district or second.district, place=first.place or second.place, lang=first.lang or second.lang,
        campaign=first.campaign or second.campaign,
    )  # fmt: skip


def fold(
    policy: Policy, standing: Sequence[Standing], events: Iterable[tuple[str | None, ContactEvent]], now_us: int, *,
    told: frozenset[str] = frozenset(), lower: bool = False,
) -> Folded:  # fmt: skip
    """Warnings of one recipient after all of `events`: (the warning it belonged to, None for a new one; the event).

    `standing`: his open warnings, and those closed lately. Only events that stand are given; a warning of which none is
    left is retracted by its caller. `told`: ids of the events that say something new: such a one opens another warning
    when its first is over. `lower`: events were taken back, so a tier may fall; time alone lowers none.
    """
    every = sorted(events, key=lambda pair: (pair[1].at_us, pair[1].event_id))
    since = now_us - policy.repeat.window_h * US_PER_HOUR
    contacts = sum(1 for _, event in every if event.at_us > since)
    known = {one.warning_id: one for one in standing}
    open_ = {one.campaign: one for one in standing if one.state == OPEN}
    mine: dict[str, list[ContactEvent]] = {}
    alone: dict[str, list[ContactEvent]] = {}
    over: set[str] = set()
    folded = Folded()
    for warning_id, event in every:
        of = open_.get(event.of) or _closed(standing, event)
        if warning_id in known:
            mine.setdefault(str(warning_id), []).append(event)
        elif of is not None:
            mine.setdefault(of.warning_id, []).append(event)
        elif warning_id is None or event.event_id in told:
            alone.setdefault(event.of, []).append(event)
            if warning_id is not None:
                over.add(event.event_id)
    for warning_id, its in mine.items():
        folded.belongs |= {event.event_id: warning_id for event in its}
        if known[warning_id].state == OPEN:
            folded.changes += _again(policy, known[warning_id], its, contacts, now_us, lower)
    for campaign, its in alone.items():
        judged = judge(policy, its, contacts)
        first = its[0].event_id
        opened = warning_id_of(first, now_us if first in over else 0) if judged else None
        folded.belongs |= {event.event_id: opened for event in its}
        if judged and opened:
            folded.changes.append(Change(opened, campaign, "opened", judged.rank, now_us, judged, tuple(its)))
    return folded


def renamed(folded: Folded, used: Collection[str], now_us: int) -> Folded:
    """The same, with another id for every warning that opens under one of those in use: of 48 bits, at a nation's
    million warnings a day, about one a day is.
    """
    new = {
        change.warning_id: warning_id_of(change.warning_id, now_us)
        for change in folded.changes if change.change == "opened" and change.warning_id in used
    }  # fmt: skip
    changes = [replace(change, warning_id=new.get(change.warning_id, change.warning_id)) for change in folded.changes]
    belongs = {event_id: new.get(of, of) if of else of for event_id, of in folded.belongs.items()}
    return Folded(changes, belongs)


def _closed(standing: Iterable[Standing], event: ContactEvent) -> Standing | None:
    """The closed warning that a new event still belongs to: it happened before the talk, or the talk settled the matter
    for this campaign.
    """
    for one in standing:
        if one.state == RESOLVED and one.campaign == event.of:
            before = max(event.at_us, event.ended_at_us or 0) <= one.outcome_at_us
            if before or one.outcome in SETTLED:
                return one
    return None


def _again(
    policy: Policy, was: Standing, its: list[ContactEvent], contacts: int, now_us: int, lower: bool
) -> list[Change]:
    judged = judge(policy, its, contacts)
    if judged is None:  # the tiers were changed meanwhile: what was promised stays promised
        return []
    if judged.rank < was.rank:
        return [Change(was.warning_id, was.campaign, "raised", judged.rank, now_us, judged, tuple(its), was.rank)]
    falls = lower and judged.rank > was.rank
    rank, change = (judged.rank, "lowered") if falls else (was.rank, "")
    return [Change(was.warning_id, was.campaign, change, rank, was.tier_at_us, judged, tuple(its), was.rank)]


def lapses_us(policy: Policy, change: Change) -> int:
    """When a warning lapses: its tier's hours after the newest of its events."""
    return over_us(policy.tiers[change.rank], change.last_us)
