"""The world's side of the loop: a town day by day in memory, what detectors confirm in it, and how its people answer.

Two histories a seed: in one nobody blocks anything, in the other every confirmed line is blocked from the next midnight
on and gangs react. Each is taken through the real ingest and the real watch, slice of the day by slice, so that nothing
of the future is in the lake when a detector judges.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.app.bootstrap import Office
from chainbreak.app.ingest_folder import ingest_folder
from chainbreak.app.init_centre import init_centre
from chainbreak.app.watch_records import watch_records
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN
from chainbreak.base.settings import Settings
from chainbreak.bench.warnings.loop_contacts import ACCOUNT, DOMAIN, LINE, Indicator, Registers
from chainbreak.bench.warnings.loop_desk import BELIEVED, NO_ANSWER, REFUSED, SETTLED
from chainbreak.city.build import START
from chainbreak.city.cases import Case
from chainbreak.city.daily import Known, Produced, one_day
from chainbreak.city.mix import load_mix
from chainbreak.city.neighbours import posts_and_sites
from chainbreak.city.places import cell_table
from chainbreak.city.reactions import Reactions, Try, assumed
from chainbreak.city.sites import honest_domains
from chainbreak.city.state import State
from chainbreak.city.tables import account_table, line_table
from chainbreak.city.world import World, make_world
from chainbreak.city.writing import write_lines, write_tables
from chainbreak.records import KINDS
from chainbreak.records.actor import SERVICE
from chainbreak.records.finding import Action, Finding, read_token
from chainbreak.records.kind import Identifier

READ = ("call", "transfer", "lookup", "domain", "message", "hotlist", "line")
"""Kinds of a day's records that detectors and the warning side read."""
AREA_CODE = "579"


@dataclass(frozen=True)
class Found:
    """One thing a detector proposed action for: raw value, and the moment up to which records had been read."""

    kind: str
    value: str
    read_until_us: int
    finding: str
    subject: str


@dataclass(frozen=True)
class DayMade:
    """A day that was played: its records by kind, its reports, its people's talks with fraudsters, what was opened and
    every case that was under way, as it stands at the day's end.
    """

    tables: Mapping[str, pa.Table]
    reports: list[dict[str, Any]]
    talks: Mapping[int, list[tuple[int, int]]]
    opened: list[Case]
    cases: dict[int, Case]


@dataclass
class Town:
    """One seed's world and its registers."""

    world: World
    known: Known
    line: pa.Table
    account: pa.Table
    place: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def of(preset: str, seed: int) -> Town:
        """The world of a preset and seed."""
        world = make_world(load_mix(preset, None), seed, START)
        known = Known(honest_domains(world)["domain"].combine_chunks(), posts_and_sites(world)[1])
        lines = world.lines.text.slice(0, world.lines.n).to_pylist()
        register = line_table(world, (world.lines.activated_us < world.start_us).nonzero()[0])
        return Town(world, known, register, account_table(world), {text: at for at, text in enumerate(lines)})

    @property
    def registers(self) -> Registers:
        """Who holds what, as the registers say before the first day."""
        return Registers.of(self.line, self.account)

    @property
    def days(self) -> int:
        """Days of the preset."""
        return int(self.world.mix.preset.days)

    def day(self, state: State, tries: Sequence[Try], numbers: Mapping[str, float]) -> DayMade:
        """The day after `state`, which is moved on by it."""
        before = list(state.cases)
        made: Produced = one_day(self.world, state, self.known, tries, numbers)
        tables = {kind: pa.concat_tables(parts) for kind in READ if (parts := list(made.tables[kind]))}
        cases = {case["case"]: case for case in [*before, *made.opened]}
        return DayMade(tables, made.reports, made.talks, made.opened, cases)

    def answers(self, state: State, made: DayMade, numbers: Mapping[str, float]) -> Answers:
        """How people answer on the day after `state`, which was played once as `made`."""
        there = State(state.day, state.balance, told=[list(row) for row in state.told])
        there.cases = [copy.deepcopy(case) for case in state.cases]
        there.cases += [{**case, "stops": []} for case in copy.deepcopy(made.opened)]
        return Answers(self, Reactions(self.world, there, made.talks, numbers))


@dataclass
class Answers:
    """People answering a desk's tries in order of time; a number that the town does not have does not answer."""

    town: Town
    people: Reactions
    rows: list[dict[str, Any]] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)

    @property
    def stops(self) -> dict[int, list[list[Any]]]:
        """Case -> spells in which nothing happens, as far as the tries went."""
        return {case["case"]: case["stops"] for case in self.people.state.cases if case.get("stops")}

    def __call__(self, number: str, at_us: int, channel: str, tier: str) -> str:
        """The outcome of a try as the desk hears it: it is not told who is a victim of what."""
        one = Try(self.town.place[number], at_us, channel, tier)
        self.tries.append(one)
        row = self.people.take(one)
        self.rows.append(row)
        if not row["reached"]:
            return NO_ANSWER
        if row["case"] is None:
            return SETTLED
        return BELIEVED if row["believed"] else REFUSED


@dataclass
class History:
    """What detectors found in one course of events, and every case in it."""

    found: list[Found]
    cases: dict[int, Case]

    def indicators(self, delay_us: int) -> list[Indicator]:
        """Everything found, confirmed `delay_us` after the records it was found in."""
        return [Indicator(one.kind, one.value, one.read_until_us + delay_us, f"finding:{one.finding}", one.subject)
                for one in self.found]  # fmt: skip

    def blocked(self, town: Town, at_us: int, delay_us: int) -> set[int]:
        """Lines in force on a number list that takes effect at `at_us`: all confirmed before."""
        return {town.place[one.value] for one in self.found
                if one.kind == LINE and one.read_until_us + delay_us < at_us and one.value in town.place}  # fmt: skip


def history(town: Town, folder: Path, blocks: bool, delay_us: int, every_h: int) -> History:
    """Play the town without warnings, detect every `every_h` hours, and block what is confirmed if `blocks`."""
    office = _centre(town, folder / "centre")
    state, told = State.initial(town.world), History([], {})
    known: set[tuple[str, str]] = set()
    for day in range(1, town.days + 1):
        dawn = town.world.day_us(day)
        if blocks:
            state.blocked_lines = told.blocked(town, dawn, delay_us)
        made = town.day(state, [], assumed())
        told.cases |= made.cases
        for begin in range(dawn, dawn + US_PER_DAY, every_h * US_PER_HOUR):
            end = begin + every_h * US_PER_HOUR
            if end >= town.world.day_us(town.days + 1):
                break  # nobody is left to be warned
            _ingest(office, folder / f"in-{begin}", made, begin, end, dawn)
            for finding in _proposed(office):
                for found in _raw(office, finding, end):
                    if (found.kind, found.value) not in known:
                        known.add((found.kind, found.value))
                        told.found.append(found)
    return told


def _centre(town: Town, folder: Path) -> Office:
    office = init_centre(folder, Settings(name="loop", area_code=AREA_CODE))
    registers = folder.parent / "registers"
    world = town.world
    for kind, table in (("cell", cell_table(world.places)), ("account", town.account), ("line", town.line),
                        ("domain", honest_domains(world).sort_by("domain"))):  # fmt: skip
        write_tables(registers / f"{kind}.parquet", [table])
    _take_in(office, registers)
    return office


def _ingest(office: Office, folder: Path, made: DayMade, begin: int, end: int, dawn: int) -> None:
    """What arrived between two moments; registers, and what is older than the day, with its first slice."""
    for kind, table in made.tables.items():
        time = KINDS[kind].time
        if time is None:
            part = table if begin == dawn else table.slice(0, 0)
        else:
            late = pc.less(table[time], end)
            part = table.filter(late if begin == dawn else pc.and_(late, pc.greater_equal(table[time], begin)))
        if part.num_rows:
            write_tables(folder / f"{kind}-01.parquet", [part])
    write_lines(folder / "report-01.ndjson", [row for row in made.reports if begin <= row["reported_at_us"] < end])
    _take_in(office, folder)


def _take_in(office: Office, folder: Path) -> None:
    for _ in ingest_folder(office, SERVICE, folder):
        pass


def _proposed(office: Office) -> list[Finding]:
    """Findings of a look of the watch that propose more than watching: what analysts of the loop confirm, right or
    wrong.
    """
    steps = list(watch_records(office, once=True))
    assert not any(step.failed for step in steps), [step.declined for step in steps]
    return [found for step in steps for found in step.findings if found.proposed_action != Action.WATCH]


def _raw(office: Office, finding: Finding, end: int) -> list[Found]:
    """The lines, accounts and domains of a finding, in clear."""
    told = [(member.kind, member.token) for member in finding.members]
    found = [Found(DOMAIN, token, end, finding.finding_id, finding.subject) for kind, token in told if kind == DOMAIN]
    for kind, identifier in ((LINE, Identifier.LINE), (ACCOUNT, Identifier.ACCOUNT)):
        tokens = [read_token(token)[1] for of, token in told if of == kind]
        values = office.vault.values(identifier, tokens) if tokens else {}
        found += [Found(kind, _national(value), end, finding.finding_id, finding.subject)
                  for _, value in sorted(values.items())]  # fmt: skip
    return found


def _national(value: str) -> str:
    """A number of the vault as this country's records write it."""
    return value.removeprefix("+86")


def minutes(count: float) -> int:
    """Minutes in µs."""
    return int(count * US_PER_MIN)
