"""How people react to warnings: whether one gets through, is believed, and which payments it keeps from happening.

Everything is a function of the seed, the person and the tries: whoever is warned earlier, or more often, is the same
person with the same readiness to believe. All numbers are those of `data/reactions.yaml`, each with its source.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, US_PER_S
from chainbreak.base.errors import InputError
from chainbreak.city.cases import Case, stopped
from chainbreak.city.draws import lognormal, stream
from chainbreak.city.state import State
from chainbreak.city.world import World

CHANNELS = ("call", "sms", "push", "visit", "bank")
READ_SIGMA, RELAPSE_SIGMA = 1.2, 1.0
NIGHT = (23, 7)
"""Local hours in which few answer."""
COLUMNS = ("number", "at_us", "channel")
MOST_ROWS = 5_000_000
_LESS = {"police": "believes_less_police", "military": "believes_less_police",
         "romance": "believes_less_romance", "investment": "believes_less_romance"}  # fmt: skip

Talk = tuple[int, int]
"""Begin and end of a talk with a fraudster, µs UTC."""


@dataclass(frozen=True)
class Try:
    """One warning on its way to one line: when it leaves (a text), when it rings, when the visitor is at the door."""

    line: int
    at_us: int
    channel: str
    tier: str = ""


@dataclass(frozen=True)
class Heard:
    """What came of a try: whether it got through, and from when on (µs UTC) it was in the person's mind."""

    reached: bool
    at_us: int


@cache
def table() -> dict[str, dict[str, Any]]:
    """The assumptions: name -> value and source."""
    text = resources.files("chainbreak.city").joinpath("data/reactions.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded


def assumed(**changed: float) -> dict[str, float]:
    """The numbers of the table, some of them replaced (for what a result rests on).

    >>> assumed()["believes_bank"], assumed(believes_bank=0.2)["believes_bank"]
    (0.51, 0.2)
    """
    numbers = {name: float(row["value"]) for name, row in table().items()}
    unknown = set(changed) - set(numbers)
    assert not unknown, f"no such assumption: {sorted(unknown)}"
    return numbers | changed


def heard(world: World, numbers: Mapping[str, float], one: Try, nth: int, talks: Sequence[Talk] = ()) -> Heard:
    """What becomes of a try; `nth` counts the tries of this channel to this line on this day, from 0.

    `talks`: when the person is on the telephone with a fraudster.
    """
    rng = stream(world.seed, "heard", one.line, one.channel, _day(world, one.at_us), nth)
    lot, later = float(rng.random()), float(lognormal(rng, numbers["reads_text_after_min"], READ_SIGMA, 1)[0])
    if one.channel == "bank":
        return Heard(True, one.at_us)
    if one.channel in ("sms", "push"):
        share = numbers["reads_text" if one.channel == "sms" else "sees_push"]
        return Heard(lot < share, one.at_us + int(later * 60) * US_PER_S)
    if one.channel == "visit":
        return Heard(lot < numbers["opens_door"], one.at_us)
    share = numbers["answers_at_night" if _is_night(world, one.at_us) else "answers_call"]
    if any(begin <= one.at_us < end for begin, end in talks):
        share = numbers["busy_with_fraudster"]
    return Heard(lot < share, one.at_us + int(numbers["call_begins_to_help_min"] * US_PER_MIN))


def stops(world: World, numbers: Mapping[str, float], case: Case, told: Sequence[tuple[int, str]]) -> list[list[Any]]:
    """Spells in which a victim pays nothing, [from, to or None] in µs UTC, given what reached him: when it was in his
    mind, and the channel. Who believes is talked round once at most.
    """
    rng = stream(world.seed, "believes", case["case"], case["victim"])
    doubt, weak = float(rng.random()), float(rng.random()) < numbers["relapses"]
    after_us = int(float(lognormal(rng, numbers["relapses_after_h"], RELAPSE_SIGMA, 1)[0]) * US_PER_HOUR)
    less = numbers[_LESS[case["fraud"]]] if case["fraud"] in _LESS else 1.0
    begins: list[int] = []
    for at_us, channel in told:
        before = at_us < case["contact_us"]
        faded = case["contact_us"] - at_us > numbers["forewarned_days"] * US_PER_DAY
        strength = _strength(numbers, channel) * less * (numbers["forewarned"] if before else 1.0)
        if not faded and doubt < strength:
            begins.append(max(at_us, case["contact_us"]))
    begins.sort()
    return [[at_us, at_us + after_us if weak and not n else None] for n, at_us in enumerate(begins)]


class Reactions:
    """A day's people as warnings reach them one after another; what stops in a case is set in it.

    `talks`: person -> talks with a fraudster today. A talk that an earlier warning prevented keeps nobody busy.
    """

    def __init__(self, world: World, state: State, talks: Mapping[int, Sequence[Talk]], numbers: Mapping[str, float]):
        self.world, self.state, self.talks, self.numbers = world, state, talks, numbers
        self.cases = {case["victim"]: case for case in state.cases}
        self.told: dict[int, list[tuple[int, str]]] = {}
        self.counts: Counter[tuple[int, str, int]] = Counter()
        for person, at_us, channel in state.told:
            self.told.setdefault(person, []).append((at_us, channel))
        for person in self.cases.keys() & self.told.keys():
            self._settle(person)

    def take(self, one: Try) -> dict[str, Any]:
        """What comes of the next try, in order of time; grain: one try, with what is so."""
        person = int(self.world.lines.owner[one.line])
        case, key = self.cases.get(person), (one.line, one.channel, _day(self.world, one.at_us))
        busy = [talk for talk in self.talks.get(person, ()) if case is None or not stopped(case, talk[0])]
        came = heard(self.world, self.numbers, one, self.counts[key], busy)
        self.counts[key] += 1
        before = case.get("stops") if case else None
        if came.reached and person >= 0:
            self.state.told.append([person, came.at_us, one.channel])
            self.told.setdefault(person, []).append((came.at_us, one.channel))
            if case:
                self._settle(person)
        mine = case if case and case["contact_us"] <= one.at_us else None
        return _row(self.world, one, came, mine, case is not None and case.get("stops") != before)

    def _settle(self, person: int) -> None:
        case = self.cases[person]
        if found := stops(self.world, self.numbers, case, self.told[person]):
            case["stops"] = found


def react(world: World, state: State, tries: Sequence[Try], talks: Mapping[int, Sequence[Talk]],
          numbers: Mapping[str, float]) -> list[dict[str, Any]]:  # fmt: skip
    """Let all `tries` of a day reach people; grain of what is returned: one try, with what is so."""
    people = Reactions(world, state, talks, numbers)
    return [people.take(one) for one in sorted(tries, key=lambda t: (t.at_us, t.line, t.channel))]


def _row(world: World, one: Try, came: Heard, case: Case | None, believed: bool) -> dict[str, Any]:
    ahead = [pay for pay in case["pays"] if pay >= came.at_us] if case else []
    return {
        "number": world.lines.text[one.line].as_py(), "at_us": one.at_us, "channel": one.channel, "tier": one.tier,
        "case": case["case"] if case else None, "reached": came.reached,
        "heard_us": came.at_us if came.reached else None, "believed": believed,
        "payments_ahead": len(ahead), "payments_prevented": sum(stopped(case, pay) for pay in ahead) if case else 0,
    }  # fmt: skip


def _strength(numbers: Mapping[str, float], channel: str) -> float:
    return numbers[{"sms": "believes_text"}.get(channel, f"believes_{channel}")]


def _day(world: World, at_us: int) -> int:
    return (at_us - world.start_us) // US_PER_DAY


def _is_night(world: World, at_us: int) -> bool:
    hour = (at_us - world.start_us) % US_PER_DAY // US_PER_HOUR
    return bool(hour >= NIGHT[0] or hour < NIGHT[1])


def read_tries(path: Path, world: World, until_us: int) -> list[Try]:
    """The warnings of a CSV file with a header: number, at_us, channel, and tier if there is one; numbers that no line
    of the city has do nothing.

    Raises:
        InputError: it cannot be read (CB-CI-020), or a row lies after the days that are stepped (CB-CI-021).
    """
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise InputError("CB-CI-020", "the file of warnings cannot be read", given=f"{path.name}: {e}") from None
    if len(rows) > MOST_ROWS or (rows and not set(COLUMNS) <= set(rows[0])):
        raise InputError("CB-CI-020", "not a file of warnings", given=path.name, allowed=", ".join((*COLUMNS, "tier")))
    place = {text: line for line, text in enumerate(world.lines.text.slice(0, world.lines.n).to_pylist())}
    tries = []
    for number, row in enumerate(rows, 2):
        at, channel = (row["at_us"] or "").strip(), (row["channel"] or "").strip()
        if not (at.isascii() and at.isdigit() and len(at) <= 18) or channel not in CHANNELS:
            raise InputError("CB-CI-020", "a row that is no warning", given=f"{path.name} line {number}",
                             allowed=f"at_us in µs, channel one of {', '.join(CHANNELS)}")  # fmt: skip
        if int(at) >= until_us:
            raise InputError("CB-CI-021", "a warning lies after the days that are stepped",
                             given=f"{path.name} line {number}")  # fmt: skip
        line = place.get((row["number"] or "").strip()[-11:])
        if line is not None:
            tries.append(Try(line, int(at), channel, (row.get("tier") or "").strip()[:16]))
    return tries
