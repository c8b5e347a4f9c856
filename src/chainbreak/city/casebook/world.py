"""Everything that exists and happened in a casebook, as columns of numbers; texts come when it is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_DAY, US_PER_MIN, US_PER_S
from chainbreak.city.casebook.gangs import LOCAL_US, Cases, Gangs, contact_us, make_cases, make_gangs
from chainbreak.city.casebook.rotation import COMMON, NONE, OWN, SOLD, VICTIM, Used, common, numbered, rotating
from chainbreak.city.casebook.scripts import Scripts
from chainbreak.city.casebook.shapes import Shape
from chainbreak.city.casebook.values import (
    HOSTS,
    MEETING_APPS,
    app_values,
    card_values,
    chat_values,
    domain_values,
    hotline_values,
    line_values,
    mobile_values,
    platform_values,
)
from chainbreak.city.casebook.words import FRAUDS, districts, facts
from chainbreak.city.draws import Bools, Ints, lognormal, stream
from chainbreak.city.numbers import identity_numbers


@dataclass(frozen=True)
class Named:
    """One slot of the narratives: what it may name (`values`), of what kind, each report's (or -1), whose it is, and
    which of the values are a service's (empty: none).
    """

    slot: str
    kind: str
    values: pa.Array
    of_report: Ints
    role: str
    rented: Bools


@dataclass(frozen=True)
class Book:
    """A whole casebook; columns by report in the order of gangs. `order`: reports as they arrived."""

    shape: Shape
    seed: int
    gangs: Gangs
    cases: Cases
    scripts: Scripts
    start_us: int
    used: dict[str, Used]
    named: list[Named]
    occurred_us: Ints
    reported_us: Ints
    victim: Ints
    persons: pa.Array
    age: Ints
    loss_fen: Ints
    officer: Ints
    ids: pa.Array
    order: Ints

    @property
    def n(self) -> int:
        """How many reports."""
        return self.cases.n


def make_book(shape: Shape, reports: int, seed: int) -> Book:
    """The casebook of `reports` reports."""
    gangs = make_gangs(shape, reports, seed, len(districts()))
    cases, scripts = make_cases(shape, gangs, seed, len(districts()))
    rng, n = stream(seed, "casebook times"), cases.n
    start_us = int(np.datetime64(shape.start, "us").astype(np.int64)) - LOCAL_US
    occurred = contact_us(cases, start_us)
    hours = np.minimum(lognormal(rng, *shape.report_delay_h, n), 24 * 120.0)
    reported = occurred + (hours * 3_600).astype(np.int64) * US_PER_S + 10 * US_PER_MIN
    minutes = lognormal(rng, *shape.on_the_way_min, n)
    minutes += np.where(rng.random(n) < shape.late, lognormal(rng, *shape.late_days, n) * 1_440, 0.0)
    arrived = reported + (minutes * US_PER_MIN).astype(np.int64)
    order = np.lexsort((rng.random(n), arrived))
    victim = _victims(shape, cases, seed)
    age, persons = _persons(cases, victim, seed, shape)
    median, sigma = (np.asarray([facts()[fraud]["loss"][i] for fraud in FRAUDS]) for i in (0, 1))
    loss = np.exp(rng.normal(np.log(median[cases.fraud]), sigma[cases.fraud]))
    used = _used(shape, gangs, cases, seed)
    # An officer serves one district, and some write far more than others.
    per = max(2, round(n * shape.officers_per_report / len(districts())))
    officer = cases.district * per + (rng.random(n) ** 2 * per).astype(np.int64)
    loss_fen = np.clip(loss, 100, 50_000_000).astype(np.int64) * 100
    named = _named(shape, cases, used, victim, seed)
    return Book(shape, seed, gangs, cases, scripts, start_us, used, named, occurred, reported, victim, persons, age,
                loss_fen, officer, _ids(rng, reported), order)  # fmt: skip


def _ids(rng: np.random.Generator, reported: Ints) -> pa.Array:
    """Ids at the source: day of the report and a number of that day, in no order."""
    day = (reported + LOCAL_US) // US_PER_DAY
    order = np.lexsort((rng.random(len(day)), day))
    first = np.searchsorted(day[order], day[order], "left")
    number = np.empty(len(day), np.int64)
    number[order] = np.arange(len(day)) - first + 1
    date = np.char.replace(day.astype("datetime64[D]").astype(str), "-", "")
    return pa.array(np.char.add(np.char.add("A", date), np.char.zfill(number.astype(str), 5)))


def _victims(shape: Shape, cases: Cases, seed: int) -> Ints:
    """Each report's victim; a share reported before, hit by the same gang or by another."""
    rng, n = stream(seed, "casebook victims"), cases.n
    victim = rng.permutation(n)
    again = np.flatnonzero(rng.random(n) < shape.repeat_victims)
    same = rng.random(len(again)) < shape.repeat_same_gang
    # Reports stand by gang, so that a neighbour is of the same one, if the gang has another report at all.
    ahead, behind = np.maximum(again - 1, 0), np.minimum(again + 1, n - 1)
    near = np.where(cases.gang[ahead] == cases.gang[again], ahead, behind)
    before = np.where(same & (cases.gang[near] == cases.gang[again]), near, rng.integers(0, n, len(again)))
    copied = victim.copy()
    copied[again] = victim[before]
    return copied


def _persons(cases: Cases, victim: Ints, seed: int, shape: Shape) -> tuple[Ints, pa.Array]:
    """Age by report and identity number by person: born as the kind of fraud that hit him first likes them."""
    rng, n = stream(seed, "casebook persons"), cases.n
    mean, spread = (np.asarray([facts()[fraud]["age"][i] for fraud in FRAUDS]) for i in (0, 1))
    fraud = np.zeros(n, np.int64)
    fraud[victim] = cases.fraud
    age = np.clip(rng.normal(mean[fraud], spread[fraud]), 14, 90)
    first = int(np.datetime64(shape.start, "D").astype(np.int64))
    born = first - (age * 365.25).astype(np.int64) - rng.integers(0, 365, n)
    order = np.argsort(born, kind="stable")
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n) - np.searchsorted(born[order], born[order], "left")
    # 617 has no factor in common with 1,000: nobody born on one day shares a number until there are a thousand of them.
    return age.astype(np.int64)[victim], identity_numbers(born, (rank * 617 + born * 31) % 1_000)


def _used(shape: Shape, gangs: Gangs, cases: Cases, seed: int) -> dict[str, Used]:
    """By slot the rotating identifiers; both mule accounts come from one stock."""
    out = {}
    for kind in ("line", "chat", "domain", "app"):
        out[kind] = numbered(cases, [rotating(shape, gangs, cases, seed, kind)])[0]
    again = rotating(shape, gangs, cases, seed, "account", "second")
    seldom = stream(seed, "casebook second").random(cases.n) >= shape.second_account
    again[seldom] = NONE
    first, second = numbered(cases, [rotating(shape, gangs, cases, seed, "account"), again])
    second.of_report[(second.of_report == first.of_report) | (first.of_report == NONE)] = NONE
    out["account"], out["second"] = first, second
    return out


def _named(shape: Shape, cases: Cases, used: dict[str, Used], victim: Ints, seed: int) -> list[Named]:
    """What the reports name, slot by slot: of what there was, the share that victims can tell."""
    rng, n = stream(seed, "casebook told"), cases.n

    def told(kind: str) -> Ints:
        return np.where(rng.random(n) < shape.rotation(kind).told, used[kind].of_report, NONE)

    def some(share: float) -> Ints:
        return np.where(rng.random(n) < share, victim, NONE)

    def met(slot: str, kind: str, values: pa.Array, share: float) -> Named:
        return Named(slot, kind, values, common(shape, n, seed, slot, share, len(values)), COMMON, none)

    def theirs(slot: str, kind: str, values: pa.Array, of_report: Ints, role: str = OWN) -> Named:
        return Named(slot, kind, values, of_report, role, used[kind].owner < 0)

    none = np.empty(0, bool)
    cards = card_values(seed, used["account"].n, 1)
    lines = line_values(seed, used["line"].n, 1)
    return [
        theirs("phone", "line", lines, told("line")),
        theirs("chat", "chat", chat_values(seed, used["chat"].n), told("chat")),
        theirs("site", "domain", domain_values(seed, used["domain"].n), told("domain")),
        theirs("app", "app", app_values(seed, used["app"].n), told("app"), SOLD),
        theirs("card", "account", cards, told("account")),
        theirs("second", "account", cards, used["second"].of_report),
        met("hotline", "line", hotline_values(int(shape.hotline["kinds"])), shape.hotline["share"]),
        met("platform", "account", platform_values(int(shape.platform["kinds"])), shape.platform["share"]),
        met("meeting", "app", pa.array(MEETING_APPS), shape.meeting),
        met("host", "domain", pa.array(HOSTS), shape.host),
        Named("own_line", "line", mobile_values(seed, n, used["line"].n + 1), some(shape.own_line), VICTIM, none),
        Named("own_card", "account", card_values(seed, n, used["account"].n + 1), some(shape.own_card), VICTIM, none),
    ]  # fmt: skip
