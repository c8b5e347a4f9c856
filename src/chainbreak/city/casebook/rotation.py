"""Which identifier each report touches: numbers that rotate, are rented, or are common to unrelated reports.

No identifier stands for a series: each has a time of use and a place among several used side by side, some are one
sub-gang's, some the whole gang's, some a service's that unrelated gangs rent from at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainbreak.city.casebook.gangs import Cases, Gangs
from chainbreak.city.casebook.shapes import Rotation, Shape
from chainbreak.city.casebook.words import FRAUDS, facts
from chainbreak.city.draws import Bools, Floats, Ints, Rng, scattered, stream

NONE = -1
MOST_SLOTS = 1 << 15
"""Of one kind side by side: with fewer than 2 ** 14 times of use, what tells identifiers apart fits one int64."""
OWN, RENTED, SOLD, COMMON, VICTIM = "own", "rented", "sold", "common", "victim"
"""Whose an identifier is. Sold: names of apps, which their makers sell to several gangs."""


@dataclass(frozen=True)
class Used:
    """Identifiers of one kind: `of_report` is each report's (place among all of them, or -1); `owner` each one's, a
    gang * 8 + sub-gang's place (7: the whole gang's), or -1 - service; `first_day` the day of its first use.
    """

    of_report: Ints
    owner: Ints
    first_day: Ints

    @property
    def n(self) -> int:
        """How many identifiers."""
        return len(self.owner)


def rotating(shape: Shape, gangs: Gangs, cases: Cases, seed: int, kind: str, draw: str = "") -> Ints:
    """Each report's identifier of `kind` as a key, by gang and time, or -1; `draw` names another of the same stock."""
    rng = stream(seed, "casebook", kind, draw)
    row = shape.rotation(kind)
    stock = stream(seed, "casebook stock", kind)
    whole = stock.random(gangs.n) < row.whole_gang
    renting = stock.random(gangs.n) < row.rented
    ahead = stock.random(gangs.n)
    own = _own(row, gangs, cases, rng, whole, ahead)
    rented = renting[cases.gang] & (rng.random(cases.n) < row.rented_use)
    hired = _hired(shape, row, gangs, cases, rng, renting, stock)
    key = np.where(rented, hired, own)
    likely = np.asarray([facts()[fraud].get(kind, 1.0) for fraud in FRAUDS])
    key[rng.random(cases.n) >= row.present * likely[cases.fraud]] = NONE
    return key


def numbered(cases: Cases, parts: list[Ints]) -> list[Used]:
    """Keys of one stock drawn in several ways become places 0 … n - 1, the same key the same place, in mixed order."""
    keys = np.concatenate(parts)
    days = np.tile(cases.at_day.astype(np.int64), len(parts))
    named = keys != NONE
    distinct, place = np.unique(keys[named], return_inverse=True)
    # Places in the order of a hash of the key: what belongs together does not stand together.
    order = np.argsort(scattered(distinct, 401), kind="stable")
    mixed = np.empty(len(distinct), np.int64)
    mixed[order] = np.arange(len(distinct))
    first = np.full(len(distinct), np.iinfo(np.int64).max)
    np.minimum.at(first, mixed[place], days[named])
    owner = distinct[order] >> 30
    owner = np.where(owner & (1 << 32), -1 - (owner & ((1 << 32) - 1)), owner)
    of_report = np.full(len(keys), NONE)
    of_report[named] = mixed[place]
    return [Used(part, owner, first) for part in np.split(of_report, len(parts))]


def _own(row: Rotation, gangs: Gangs, cases: Cases, rng: Rng, whole: Bools, ahead: Floats) -> Ints:
    gang = cases.gang
    period = (cases.at_day / row.days + ahead[gang]).astype(np.int64)
    # A busy gang has several in use at once, so that each collects about `uses` reports.
    users = np.where(whole[gang], 1, gangs.subs[gang])
    rate = gangs.size[gang] / np.maximum(gangs.span[gang], 1.0) / users
    slots = np.clip(np.ceil(rate * row.days / row.uses), 1, MOST_SLOTS).astype(np.int64)
    slot = (rng.random(cases.n) * slots).astype(np.int64)
    sub = np.where(whole[gang], 7, cases.sub - gangs.first_sub[gang])
    return ((gang * 8 + sub) << 30) | (period << 16) | slot


def _hired(shape: Shape, row: Rotation, gangs: Gangs, cases: Cases, rng: Rng, renting: Bools, stock: Rng) -> Ints:
    """Numbers of services: a gang holds a few of its service's at a time, which others hold as well."""
    periods = shape.days / row.days
    expected = float(gangs.size[renting].sum()) * row.rented_use * row.present / periods
    services = max(1, round(expected / shape.service_reports))
    weight = (np.arange(services) + 3.0) ** -0.8
    service = stock.choice(services, gangs.n, p=weight / weight.sum())
    reports = np.bincount(service[renting], weights=gangs.size[renting], minlength=services)
    # In a period of use a service has so many numbers that each meets about `number_reports` reports.
    numbers = np.ceil(reports * row.rented_use * row.present / periods / shape.number_reports)
    numbers = np.clip(numbers, 1, MOST_SLOTS).astype(np.int64)
    of = service[cases.gang]
    period = (cases.at_day / row.days + stock.random(services)[of]).astype(np.int64)
    held = (rng.random(cases.n) * shape.held_by_renter).astype(np.int64)
    slot = scattered((cases.gang * 512 + period) * 8 + held, 402) % numbers[of]
    key: Ints = (1 << 62) | (of << 30) | (period << 16) | slot
    return key


def common(shape: Shape, reports: int, seed: int, name: str, share: float, kinds: int) -> Ints:
    """What unrelated reports name: of `kinds` things by rank with Zipf's law, in `share` of the reports; else -1."""
    rng = stream(seed, "casebook", name)
    weight = (np.arange(kinds) + 1.0) ** -shape.zipf
    drawn = rng.choice(kinds, reports, p=weight / weight.sum())
    named: Ints = np.where(rng.random(reports) < share, drawn, NONE)
    return named
