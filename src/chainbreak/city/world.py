"""Who and what exists: a pure function of preset, seed, start and mix, made anew by every command that needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_DAY, parse_moment
from chainbreak.city.accounts import INSTITUTIONS, KINDS, Accounts, make_accounts
from chainbreak.city.devices import device_texts
from chainbreak.city.draws import Bools, Ints, scattered
from chainbreak.city.gangs import Box, Gang, boxes_hold, company_boxes, draft_boxes, draft_farms, emptied, make_gangs
from chainbreak.city.lines import Draft, Lines, class_sizes, draft_organisations, draft_people, finish_lines
from chainbreak.city.mix import Mix
from chainbreak.city.narratives import fraud_names
from chainbreak.city.numbers import BANKS
from chainbreak.city.people import Circles, People, make_circles, make_people
from chainbreak.city.places import Places, make_places

ZONE = "Asia/Shanghai"
"""The city's zone; it has no summer time, so every day has 86,400 s."""


@dataclass(frozen=True)
class World:
    """The city as it stands before its first day."""

    mix: Mix
    seed: int
    start: date
    start_us: int
    places: Places
    people: People
    circles: Circles
    lines: Lines
    accounts: Accounts
    boxes: list[Box]
    gangs: list[Gang]

    def day_us(self, day: int) -> int:
        """Local midnight at which day `day` (1 is the first) begins."""
        return self.start_us + (day - 1) * US_PER_DAY

    def date_of(self, day: int) -> date:
        """The calendar day of day `day`."""
        return self.start + timedelta(days=day - 1)

    @cached_property
    def lent(self) -> Ints:
        """Lines of people that lie in a gang's stock."""
        stock = np.concatenate([box.stock for box in self.gang_boxes] or [np.zeros(0, np.int64)])
        return np.asarray(stock[self.lines.owner[stock] >= 0])

    @cached_property
    def devices(self) -> pa.Array:
        """Fingerprints of the devices that order transfers: every account's, then every gang's phones."""
        return device_texts(self)

    @cached_property
    def gives_ledger(self) -> Bools:
        """Of each institution, whether the centre holds its ledger: no payment institution gives it."""
        return np.array([name in BANKS and name not in self.mix["ledgers"]["not_held"] for name in INSTITUTIONS])

    @property
    def is_held(self) -> Bools:
        """The same of each account; sinks have no ledger."""
        held: Bools = self.gives_ledger[self.accounts.bank] & (self.accounts.kind != KINDS.index("sink"))
        return held

    @cached_property
    def ahead_s(self) -> Ints:
        """Seconds by which the clock of each institution is ahead of true time."""
        most = self.mix["ledgers"]["skew_s"]
        ahead: Ints = scattered(np.arange(len(INSTITUTIONS)) + self.seed * 16, 316) % (2 * most + 1) - most
        return ahead

    @property
    def gang_boxes(self) -> list[Box]:
        """Boxes of gangs, without those of companies."""
        return [box for box in self.boxes if box.gang >= 0]


def make_world(mix: Mix, seed: int, start: date) -> World:
    """The world of a mix; some seconds for half a million people."""
    start_us = parse_moment(start.isoformat(), ZONE)
    places = make_places(mix, seed)
    first_day = np.full(mix.preset.people, np.datetime64(start, "D").astype(np.int64))
    people = make_people(mix, seed, places, first_day)
    draft, sizes = Draft(), class_sizes(mix, boxes_hold(mix, seed))
    draft_people(draft, mix, seed, people, places, sizes)
    draft_organisations(draft, mix, seed, places, sizes)
    boxes = draft_boxes(draft, mix, seed, people.home)
    farms = draft_farms(draft, mix, seed, places)
    lines = finish_lines(draft, mix, seed, people, start_us, mix.preset.days)
    accounts = make_accounts(mix, seed, people, start_us)
    gangs = make_gangs(mix, seed, farms, accounts, fraud_names())
    accounts = emptied(mix, accounts, gangs)
    circles = make_circles(mix, seed, people, lines.outsiders)
    return World(mix, seed, start, start_us, places, people, circles, lines, accounts,
                 boxes + company_boxes(mix, lines, len(boxes)), gangs)  # fmt: skip
