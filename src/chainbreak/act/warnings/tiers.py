"""Tiers as configuration: which event comes to which tier, what is done there, by when, how often at most.

Judging is pure: the same policy, events and moment give the same answer. Two presets ship (`presets/`); a site picks
one and edits it as a reviewed change. Triggers are data, not code: a clause names facts of one event and what they must
be, and a tier is reached when any event meets any of its clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chainbreak.act.warnings.model import FACTS, KINDS, ContactEvent
from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN
from chainbreak.base.errors import InputError, UsageError, did_you_mean

PRESETS = ("three", "four")
MOST_TIERS = 8
Action = Literal["call", "sms", "push", "bank"]
_ABOUT = {"kind": str, "confidence": float, **FACTS}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Bound(_Part):
    """Limits of a number: `from` and `up_to` are inside, `above` and `below` are not."""

    from_: float | None = Field(default=None, alias="from")
    up_to: float | None = None
    above: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a number lies within."""
        return (
            (self.from_ is None or value >= self.from_) and (self.up_to is None or value <= self.up_to)
            and (self.above is None or value > self.above) and (self.below is None or value < self.below)
        )  # fmt: skip


Want = bool | int | float | str | list[str] | Bound
Clause = dict[str, Want]
"""What facts of one event must be: equal to a value, one of a list, or within a bound. A fact that is not known meets
nothing."""


class Word(_Part):
    """A word in both languages."""

    zh: str
    en: str


class Tier(_Part):
    """One tier; the first of a policy is the most urgent. Never by colour alone: word and shape say the same."""

    name: str = Field(pattern=r"^[a-z_]{1,16}$")
    word: Word
    shape: Literal["▲", "◆", "■", "●"]
    colour: Literal["red", "orange", "yellow", "blue"]
    when: list[Clause] = Field(min_length=1)
    contact_min: int = Field(ge=1, le=1440)
    """Minutes from coming to this tier to the first contact."""
    visit_min: int | None = Field(default=None, ge=1, le=10_080)
    """Minutes to the start of a visit."""
    visit: Literal["at_once", "if_unreached", "on_request"] = "on_request"
    ttl_h: int = Field(ge=1, le=168)
    """Hours after its newest event in which a warning stands."""
    quiet: bool = False
    """Whether quiet hours hold for it."""
    actions: list[Action] = Field(min_length=1)
    """What is begun at once, in order."""
    if_unreached: list[Action] = []
    """What is begun when calls have not reached the person."""

    @model_validator(mode="after")
    def _clauses_are_about_facts(self) -> Tier:
        for clause in self.when:
            for name, want in clause.items():
                if name not in _ABOUT:
                    raise ValueError(f"no fact {name!r}; {did_you_mean(name, _ABOUT)}")
                if name == "kind" and (unknown := set([want] if isinstance(want, str) else _listed(want)) - set(KINDS)):
                    raise ValueError(f"no kind of event {sorted(unknown)}")
        if (self.visit != "on_request") != (self.visit_min is not None):
            raise ValueError("visit_min belongs to a tier that visits by itself")
        return self


def _listed(want: Want) -> list[str]:
    return want if isinstance(want, list) else []


class Repeat(_Part):
    """Contacts of one recipient within `window_h` hours that raise a warning: `from` so many, by `tiers_up`, not above
    the tier `highest`.
    """

    from_: int = Field(alias="from", ge=2)
    tiers_up: int = Field(ge=0, le=3)
    highest: str
    window_h: int = Field(ge=1, le=720)


class Caps(_Part):
    """What one recipient gets at most; per campaign each message goes out once in any case."""

    sms_a_day: int = Field(ge=0, le=20)
    """Texts in 24 hours."""
    push_a_day: int = Field(ge=0, le=20)
    call_gaps_min: list[int] = Field(min_length=1, max_length=10)
    """Minutes before each attempt to call after the one before; when they are used up it is escalated instead."""
    visit_every_days: int = Field(ge=0, le=90)
    """Days in which one visit is made, unless a new fact or a higher tier asks for another."""


class QuietHours(_Part):
    """Local hours of the recipient in which nothing of a quiet tier goes out: from `from` o'clock until `to`."""

    from_: int = Field(alias="from", ge=0, le=23)
    to: int = Field(ge=0, le=23)

    def holds(self, hour: int) -> bool:
        """Whether a local hour is quiet.

        >>> QuietHours(**{"from": 22, "to": 8}).holds(23), QuietHours(**{"from": 22, "to": 8}).holds(8)
        (True, False)
        """
        return self.from_ <= hour < self.to if self.from_ <= self.to else hour >= self.from_ or hour < self.to


class Policy(_Part):
    """A whole set of tiers, the most urgent first."""

    name: str = Field(pattern=r"^[a-z0-9_.-]{1,32}$")
    tiers: list[Tier] = Field(min_length=1, max_length=MOST_TIERS)
    repeat: Repeat
    caps: Caps
    quiet_hours: QuietHours

    @model_validator(mode="after")
    def _names_are_ours(self) -> Policy:
        names = [tier.name for tier in self.tiers]
        if len(set(names)) < len(names) or self.repeat.highest not in names:
            raise ValueError("each tier has a name of its own, and repeat.highest is one of them")
        return self

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Name of a tier -> its place, 0 the most urgent."""
        return {tier.name: rank for rank, tier in enumerate(self.tiers)}


Met = Callable[[ContactEvent], tuple[int, int] | None]


@dataclass(frozen=True)
class Judged:
    """What a policy says of standing events: the tier's `rank`, which event and clause brought it there, and by how
    many tiers repetition raised it.
    """

    rank: int
    event_id: str
    clause: int
    raised: int


def judge(policy: Policy, events: Iterable[ContactEvent], contacts: int, met: Met | None = None) -> Judged | None:
    """The tier of a warning that rests on `events`; None when no tier's trigger is met.

    `contacts`: how many events of this recipient stand within the window of repetition, of whatever campaign. `met`:
    `first_met` of this policy, when it is remembered from one call to the next.
    """
    best: Judged | None = None
    for event in sorted(events, key=lambda one: (one.at_us, one.event_id)):
        found = met(event) if met else first_met(policy, event)
        if found is not None and (best is None or found[0] < best.rank):
            best = Judged(found[0], event.event_id, found[1], 0)
    if best is None or contacts < policy.repeat.from_:
        return best
    up = max(best.rank - policy.repeat.tiers_up, min(best.rank, policy.ranks[policy.repeat.highest]))
    return Judged(up, best.event_id, best.clause, best.rank - up)


def first_met(policy: Policy, event: ContactEvent) -> tuple[int, int] | None:
    """The most urgent tier whose trigger one event meets, and which of its clauses first; None for none."""
    for rank, tier in enumerate(policy.tiers):
        for n, clause in enumerate(tier.when):
            if meets(clause, event):
                return rank, n
    return None


def remembered(policy: Policy) -> Met:
    """`first_met` of a policy that remembers its answers: contacts of one sort are many, and the answer follows from
    kind, confidence and facts alone.
    """
    known: dict[tuple[Any, ...], tuple[int, int] | None] = {}

    def met(event: ContactEvent) -> tuple[int, int] | None:
        key = (event.kind, event.confidence, frozenset(event.facts.items()))
        if key not in known:
            known[key] = first_met(policy, event)
        return known[key]

    return met


def meets(clause: Clause, event: ContactEvent) -> bool:
    """Whether an event meets every part of a clause."""
    return all(_meets(want, _fact(event, name)) for name, want in clause.items())


def _fact(event: ContactEvent, name: str) -> Any:
    return event.kind if name == "kind" else event.confidence if name == "confidence" else event.facts.get(name)


def _meets(want: Want, value: Any) -> bool:
    if value is None:
        return False
    if isinstance(want, Bound):
        return isinstance(value, int | float) and want.holds(value)
    return value in want if isinstance(want, list) else bool(value == want)


def due_us(tier: Tier, since_us: int) -> int:
    """When first contact is due."""
    return since_us + tier.contact_min * US_PER_MIN


def over_us(tier: Tier, last_us: int) -> int:
    """When a warning lapses whose newest event was at `last_us`."""
    return last_us + tier.ttl_h * US_PER_HOUR


@cache
def preset(name: str) -> Policy:
    """One of the two policies that ship.

    Raises:
        UsageError: there is none (CB-WA-001).
    """
    return read_policy(preset_text(name))


def preset_text(name: str) -> str:
    """The YAML of a policy that ships, with its comments.

    Raises:
        UsageError: there is none (CB-WA-001).
    """
    if name not in PRESETS:
        raise UsageError("CB-WA-001", "no such preset of tiers", given=name, allowed=", ".join(PRESETS))
    return resources.files("chainbreak.act.warnings").joinpath("presets", f"{name}.yaml").read_text(encoding="utf-8")


def read_policy(text: str) -> Policy:
    """A policy from its YAML.

    Raises:
        InputError: it is no policy (CB-WA-002); the message names the place.
    """
    try:
        raw: Mapping[str, Any] = yaml.safe_load(text)
        return Policy.model_validate(raw)
    except yaml.YAMLError as e:
        raise InputError("CB-WA-002", "not a policy of tiers", given=" ".join(str(e).split())) from None
    except ValidationError as e:
        first = e.errors(include_input=False)[0]
        raise InputError("CB-WA-002", "not a policy of tiers", given=".".join(map(str, first["loc"])),
                         allowed=first["msg"]) from None  # fmt: skip
