"""Gangs and what happened when: series of power-law size, sub-gangs, scripts that change, a time for every report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.city.casebook.scripts import Scripts, make_scripts
from chainbreak.city.casebook.shapes import Shape
from chainbreak.city.draws import Floats, Ints, Rng, lognormal, stream

MOST_SUB_GANGS = 6
LOCAL_US = 8 * US_PER_HOUR
"""Local time, UTC+8 all year."""


@dataclass(frozen=True)
class Gangs:
    """One entry a gang, in no order that means anything: reports, first day and days of activity, its sub-gangs
    (`first_sub` + 0 … `subs` - 1), home district or -1.
    """

    size: Ints
    begin: Floats
    span: Floats
    first_sub: Ints
    subs: Ints
    home: Ints

    @property
    def n(self) -> int:
        """How many gangs."""
        return len(self.size)


@dataclass(frozen=True)
class Cases:
    """One entry a report, in the order of gangs: gang, sub-gang, script, kind of fraud (place in the book's list), day
    of the first contact (with its fraction, from the first day on), district.
    """

    gang: Ints
    sub: Ints
    script: Ints
    fraud: Ints
    at_day: Floats
    district: Ints

    @property
    def n(self) -> int:
        """How many reports."""
        return len(self.gang)


def make_gangs(shape: Shape, reports: int, seed: int, districts: int) -> Gangs:
    """The gangs behind `reports` reports."""
    rng = stream(seed, "casebook gangs")
    size = rng.permutation(series_sizes(shape, reports, rng))
    n = len(size)
    span = lognormal(rng, shape.span_days[0], shape.span_days[1], n) * size**shape.span_power
    span = np.minimum(span, shape.days * 0.9)
    subs = np.minimum(1 + rng.poisson(size / shape.sub_gangs), np.minimum(MOST_SUB_GANGS, size))
    home = np.where(rng.random(n) < shape.local, rng.integers(0, districts, n), -1)
    return Gangs(size, rng.random(n) * (shape.days - span), span, np.cumsum(subs) - subs, subs, home)


def series_sizes(shape: Shape, reports: int, rng: Rng) -> Ints:
    """Reports of each series, summing to `reports`: singletons, the others by a power law from 2 to its largest."""
    alone = round(reports * shape.singletons)
    largest = max(2, int(reports**shape.largest_power))
    k = np.arange(2, largest + 1)
    law = k**-shape.exponent
    mean = float((k * law).sum() / law.sum())
    # More than enough draws; what exceeds the number of reports is cut off the end.
    drawn = rng.choice(k, int((reports - alone) / mean * 1.5) + 50, p=law / law.sum())
    upto = np.cumsum(drawn)
    while upto[-1] < reports - alone:
        drawn = np.concatenate([drawn, rng.choice(k, len(drawn), p=law / law.sum())])
        upto = np.cumsum(drawn)
    kept = drawn[: int(np.searchsorted(upto, reports - alone)) + 1]
    kept[-1] -= int(kept.sum()) - (reports - alone)
    return np.concatenate([kept[kept > 0], np.ones(alone, np.int64)]).astype(np.int64)


def make_cases(shape: Shape, gangs: Gangs, seed: int, districts: int) -> tuple[Cases, Scripts]:
    """Every report's gang, sub-gang, script, kind, time and district; and the scripts."""
    rng = stream(seed, "casebook cases")
    gang = np.repeat(np.arange(gangs.n), gangs.size)
    n = len(gang)
    # The first sub-gangs of a gang do more of the work.
    within = (rng.random(n) ** 1.5 * gangs.subs[gang]).astype(np.int64)
    sub = gangs.first_sub[gang] + within
    share = rng.beta(1.2, 1.4, n)
    scripts = make_scripts(shape, gangs, seed)
    script = scripts.in_use(gang, sub, share)
    at_day = gangs.begin[gang] + share * gangs.span[gang]
    # Districts differ in people, so in reports, by Zipf's law with a flat top.
    weight = 1.0 / (np.arange(districts) + 4)
    district = rng.choice(districts, n, p=weight / weight.sum())
    at_home = (gangs.home[gang] >= 0) & (rng.random(n) < 0.8)
    district = np.where(at_home, gangs.home[gang], district)
    hour = _hours(rng, n)
    # The hour follows the habits of the day, not the exact place in the span.
    at_day = np.minimum(np.floor(at_day) + hour / 24, shape.days - 1e-6)
    return Cases(gang, sub, script, scripts.fraud[script], at_day, district), scripts


def _hours(rng: Rng, n: int) -> Floats:
    """Hours of first contacts: most between nine in the morning and ten at night."""
    waking = 9 + 13 * rng.beta(1.6, 1.5, n)
    return np.where(rng.random(n) < 0.92, waking, rng.random(n) * 24)


def contact_us(cases: Cases, start_us: int) -> Ints:
    """The moment of the first contact, to the minute, µs UTC."""
    minutes: Ints = (cases.at_day * 1_440).astype(np.int64)
    return start_us + minutes * (US_PER_DAY // 1_440)
