"""The whole loop in the simulated city: detect, warn, intercept, against doing nothing, numbers only, a rule of thumb.

`loop(preset, seeds)` plays every arm on every seed, each day until warnings and records agree: the day is played,
its records make warnings, the day is played again with them (`city.reactions`; nothing differs before the first), and
so on, until the same warnings come out. All effects rest on `city/data/reactions.yaml`: never evidence of field
performance.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from chainbreak.act.warnings.tiers import Policy, read_policy
from chainbreak.act.warnings.tiers import preset as tiers_preset
from chainbreak.base.progress import Advance, silent
from chainbreak.bench.warnings.loop_contacts import Indicator, contacts, reported_lines
from chainbreak.bench.warnings.loop_desk import Desk, Staff
from chainbreak.bench.warnings.loop_score import Played, score, summary
from chainbreak.bench.warnings.loop_town import Answers, DayMade, History, Town, history, minutes
from chainbreak.city.reactions import Try, assumed
from chainbreak.city.state import State
from chainbreak.city.world import ZONE

SEEDS = (9101, 9102, 9103, 9104, 9105)
"""Seeds of the published table; nothing was developed on them."""
ROUNDS = 6
"""A day is played anew at most so often; it has never needed more than four."""
MANY = 1_000
"""Operators and visitors of a desk that nobody waits for."""
RULE = """
name: reported
tiers:
  - {name: all, word: {zh: 一律, en: everybody}, shape: ■, colour: yellow, when: [{kind: call.fraud_line}],
     contact_min: 60, ttl_h: 24, quiet: true, actions: [call], if_unreached: [sms]}
repeat: {from: 2, tiers_up: 0, highest: all, window_h: 24}
caps: {sms_a_day: 2, push_a_day: 2, call_gaps_min: [0, 5, 30], visit_every_days: 7}
quiet_hours: {from: 22, to: 8}
"""
"""The rule of thumb: everybody who answered a reported number is called, first come first served."""


@dataclass(frozen=True)
class Delays:
    """Minutes from the end of a call to its record at the centre; from the end of a slice of records to the findings
    of it; from a finding to an analyst's yes.
    """

    feed_min: float = 2.0
    detect_min: float = 15.0
    analyst_min: float = 30.0

    @property
    def confirm_us(self) -> int:
        """From the end of a slice of records to a confirmed indicator."""
        return minutes(self.detect_min + self.analyst_min)


@dataclass(frozen=True)
class Arm:
    """One way of doing it: whether numbers are blocked; which rule warns ("": nobody); with whom; what is assumed
    otherwise than in the table; how much slower everything is.
    """

    name: str
    blocks: bool = False
    rule: str = ""
    staff: Staff = field(default_factory=Staff)
    changed: Mapping[str, float] = field(default_factory=dict)
    slower: float = 1.0


def halved() -> dict[str, float]:
    """All chances to be believed, halved."""
    return {name: value / 2 for name, value in assumed().items() if name.startswith("believes_")
            and not name.startswith("believes_less")}  # fmt: skip


ARMS = (
    Arm("none"),
    Arm("numbers only", blocks=True),
    Arm("warn only", rule="tiers"),
    Arm("warn + numbers", blocks=True, rule="tiers"),
    Arm("reported", rule="reported"),
    Arm("reported, no limit", rule="reported", staff=Staff(MANY, MANY)),
    Arm("warn only, no limit", rule="tiers", staff=Staff(MANY, MANY)),
    Arm("warn only, believed half as often", rule="tiers", changed=halved()),
    Arm("warn only, all delays doubled", rule="tiers", slower=2.0),
)
UNWARNED = {arm.name: "numbers only" if arm.blocks else "none" for arm in ARMS if arm.rule}
"""Arm with warnings -> the one that differs by the warnings alone, and has the same chances."""


@dataclass(frozen=True)
class Setting:
    """What all arms of a loop have in common: a preset of the city and one of tiers, hours between two looks of the
    detectors, delays.
    """

    preset: str = "town"
    tiers: str = "four"
    every_h: int = 24
    delays: Delays = field(default_factory=Delays)


def loop(preset: str = "town", seeds: Sequence[int] = SEEDS, *, tiers: str = "four", every_h: int = 24,
         arms: Sequence[Arm] = ARMS, advance: Advance = silent) -> list[dict[str, Any]]:  # fmt: skip
    """One row an arm: means over seeds, and of money saved the paired difference to `none` with its 95 % t-interval."""
    setting = Setting(preset, tiers, every_h)
    played: dict[str, list[Played]] = {arm.name: [] for arm in arms}
    for seed in seeds:
        for name, result in play_seed(setting, seed, arms).items():
            played[name].append(result)
        advance(1.0)
    return summary(played, UNWARNED)


def play_seed(setting: Setting, seed: int, arms: Sequence[Arm]) -> dict[str, Played]:
    """All arms of one seed; the two histories of detection are made once and shared."""
    town = Town.of(setting.preset, seed)
    histories: dict[bool, History] = {}
    with tempfile.TemporaryDirectory(prefix="chainbreak-loop-") as folder:
        for blocks in sorted({arm.blocks for arm in arms}):
            here, delay_us = Path(folder) / str(blocks), setting.delays.confirm_us
            histories[blocks] = history(town, here, blocks, delay_us, setting.every_h)
    policy = tiers_preset(setting.tiers)
    return {arm.name: _played(town, histories[arm.blocks], arm, policy, setting.delays) for arm in arms}


def _played(town: Town, told: History, arm: Arm, policy: Policy, delays: Delays) -> Played:
    if not arm.rule:
        return score(town, told.cases, [], {}, 0)
    return Loop(town, told, arm, read_policy(RULE) if arm.rule == "reported" else policy, delays).play()


class Loop:
    """One arm with warnings on one seed."""

    def __init__(self, town: Town, told: History, arm: Arm, policy: Policy, delays: Delays) -> None:
        self.town, self.told, self.arm, self.delays = town, told, arm, delays
        self.numbers = assumed(**arm.changed)
        self.confirmed = told.indicators(int(delays.confirm_us * arm.slower))
        self.feed_us, self.registers = minutes(delays.feed_min * arm.slower), town.registers
        few = arm.staff
        slow = Staff(few.operators, few.visitors, few.call_min, few.unanswered_min, few.travel_min * arm.slower,
                        few.visit_min)  # fmt: skip
        self.desk, self.state = Desk(policy, slow, ZONE), State.initial(town.world)
        self.cases: dict[int, dict[str, Any]] = {}
        self.rows: list[dict[str, Any]] = []
        self.yesterday: DayMade | None = None
        self.reports: list[dict[str, Any]] = []
        self.hotlist: list[pa.Table] = []
        self.seen: list[Indicator] = []

    def play(self) -> Played:
        """All days."""
        for day in range(1, self.town.days + 1):
            self._day(day)
        begun = len({one.warning_id for one in self.desk.made})
        return score(self.town, self.cases, self.rows, self._about(), begun)

    def _about(self) -> dict[str, str]:
        """Number warned -> the kind and value of one thing its first warning was about."""
        kinds = {one.value: one.kind for one in [*self.confirmed, *self.seen]}
        about: dict[str, str] = {}
        for warning in self.desk.warnings.values():
            value = min(warning.indicators)
            about.setdefault(warning.recipient, f"{kinds[value]}:{value}")
        return about

    def _day(self, day: int) -> None:
        """Play a day until the warnings that its records make are those it was played with."""
        dawn, before = self.town.world.day_us(day), self.state
        if self.arm.blocks:
            before.blocked_lines = self.told.blocked(self.town, dawn, self.delays.confirm_us)
        tries: list[Try] = []
        for _ in range(ROUNDS):
            state = copy.deepcopy(before)
            made = self.town.day(state, tries, self.numbers)
            desk, answers = self._warned(day, made, before)
            # Records depend on warnings by what these stop: where that is the same, so are the records.
            if answers.stops == {number: case["stops"] for number, case in made.cases.items() if case.get("stops")}:
                break
            tries = answers.tries
        else:
            raise AssertionError(f"day {day} did not settle")
        state.told = answers.people.state.told
        self.state, self.desk, self.yesterday = state, desk, made
        self.rows += answers.rows
        self.cases |= made.cases
        self.reports += made.reports
        self.hotlist += [made.tables["hotlist"]] if "hotlist" in made.tables else []

    def _warned(self, day: int, made: DayMade, before: State) -> tuple[Desk, Answers]:
        """The desk's day on these records."""
        window = self.town.world.day_us(day), self.town.world.day_us(day + 1)
        records = {
            kind: pa.concat_tables([self.yesterday.tables[kind], table] if self.yesterday else [table])
            for kind, table in made.tables.items() if kind in ("call", "lookup", "message", "transfer")
        }  # fmt: skip
        known = self.confirmed
        if self.arm.rule == "reported":
            hot = [*self.hotlist, made.tables["hotlist"]] if "hotlist" in made.tables else self.hotlist
            known = self.seen = reported_lines(
                pa.concat_tables(hot) if hot else None, [*self.reports, *made.reports], self.feed_us
            )
        events = contacts(records, known, self.registers, self.feed_us, window)
        desk, answers = self.desk.copy(), self.town.answers(before, made, self.numbers)
        desk.run(events, window[1], answers)
        return desk, answers
