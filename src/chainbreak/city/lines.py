"""Lines, the handsets they sit in, the outlets that sold them, and the numbers outside the city's networks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.city.draws import Bools, Floats, Ints, Rng, stream
from chainbreak.city.mix import Mix
from chainbreak.city.numbers import (
    DESK_TACS,
    HANDSET_TACS,
    MODEM_TACS,
    as_text,
    imei_numbers,
    imsi_numbers,
    mobile_numbers,
    tac_list,
)
from chainbreak.city.people import People
from chainbreak.city.places import SECTORS, Places

PERSON_CLASSES = ("courier", "meal_delivery", "ride_hailing", "sales", "family_phone", "repair_shop", "second_hand",
                  "cloned_imei", "dormitory", "arrivals", "travel_group")  # fmt: skip
"""Look-alikes who are people with their own circle; one line a person."""
ORGANISATION_CLASSES = ("call_centre", "hospital", "collection", "iot", "corporate_gateway", "probe")
HOUSEHOLDS = ("family_phone", "dormitory", "arrivals")
"""Classes of people whose groups live in one place."""
CLASSES = ("resident", "second_line", "dual_sim", *PERSON_CLASSES, *ORGANISATION_CLASSES, "box", "farm")
PLANS = {"call_centre": "call_centre", "hospital": "hospital", "iot": "iot", "corporate_gateway": "corporate_gateway",
         "collection": "bank_outbound"}  # fmt: skip
"""Register classes; every other line is on a consumer plan, a courier's and a gang's alike, and so are organisations
that never had themselves registered.
"""
PROTECTED = ("call_centre", "hospital")
CONSUMER_PLANS = ("consumer", "consumer_5g", "consumer_senior", "consumer_prepaid")
ABROAD = ("+852", 51_000_000), ("+855", 12_000_000), ("+63", 9_170_000_000), ("+66", 812_000_000)
"""Countries from which people are called, and where their mobile numbers begin."""
ABROAD_NUMBERS = 40
BANK_LINES = ("95501", "95502", "95503", "95504", "95505", "95506")
POLICE_LINES = ("110", "96110")
SENDERS = (*(f"1069{i:04d}" for i in range(1201, 1231)), "10000", "10010", "10086", "12306", "12345", "95533")


@dataclass(frozen=True)
class Lines:
    """One entry a line: its class, owner (-1: none), cells, handset; then texts. Numbers at or above `n` are outside:
    outsiders' mobiles first, then senders of service messages, banks, police, abroad.
    """

    kind: Ints
    owner: Ints
    home: Ints
    work: Ints
    handset: Ints
    activated_us: Ints
    outlet: Ints
    group: Ints
    """The organisation, dormitory, shop or box of a line; -1 for none."""
    rate: Floats
    """Calls a day in both directions within the circle; 0 without owner."""
    mean_s: Floats
    text: pa.Array
    imsi: pa.Array
    imei: pa.Array
    outsiders: int
    spare_handsets: Ints
    """Handsets of repair shops, in which customers' SIMs are tried."""
    other_handset: tuple[Ints, Ints]
    """Lines with a second handset, and that handset."""
    of_class: dict[str, Ints]
    registered: Bools
    """The plan says what the line is, where its class has a plan of its own."""
    second: Ints
    """A person's second line, -1 for none."""

    @cached_property
    def spot(self) -> Ints:
        """Whose place each line shares: its owner's, or that of its house, shop or company."""
        together = (self.owner < 0) | np.isin(self.kind, [CLASSES.index(name) for name in HOUSEHOLDS])
        return np.where(together & (self.group >= 0), (1 << 34) + self.kind * (1 << 26) + self.group,
                        np.where(self.owner >= 0, self.owner, (1 << 33) + np.arange(self.n)))  # fmt: skip

    @property
    def n(self) -> int:
        """How many lines the city's networks serve."""
        return len(self.kind)

    @cached_property
    def who(self) -> Ints:
        """Who carries each line: two lines with one number here are always in one place."""
        return np.where(self.owner >= 0, self.owner, (1 << 20) + np.arange(self.n))

    @property
    def protected(self) -> Bools:
        """Lines of registered hospitals and call centres."""
        return self.registered & np.isin(self.kind, [CLASSES.index(name) for name in PROTECTED])

    @property
    def senders(self) -> Ints:
        """Numbers that send service messages."""
        return self.n + self.outsiders + np.arange(len(SENDERS))

    @property
    def banks(self) -> Ints:
        """The banks' published numbers."""
        return self.n + self.outsiders + len(SENDERS) + np.arange(len(BANK_LINES))

    @property
    def police(self) -> Ints:
        """110 and 96110."""
        return self.n + self.outsiders + len(SENDERS) + len(BANK_LINES) + np.arange(len(POLICE_LINES))

    @property
    def abroad(self) -> Ints:
        """Numbers of other countries."""
        return int(self.police[-1]) + 1 + np.arange(len(ABROAD) * ABROAD_NUMBERS)


_NONE = np.zeros(0, np.int64)


@dataclass
class Draft:
    """Lines being put together: blocks of equal-length columns."""

    blocks: list[dict[str, Ints]] = field(default_factory=list)
    handsets: int = 0
    other_handset: tuple[Ints, Ints] = (_NONE, _NONE)
    spare_handsets: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    serial_runs: list[Ints] = field(default_factory=list)
    """Handsets with one type code and consecutive serials."""
    bought: list[Ints] = field(default_factory=list)
    """Gangs' lines bought new from dealers."""
    raised: list[Ints] = field(default_factory=list)
    """Gangs' lines that dealers kept for one to four months."""

    @property
    def lines(self) -> int:
        """Lines drafted so far."""
        return sum(len(block["owner"]) for block in self.blocks)

    def add(self, kind: str, owner: Ints, home: Ints, work: Ints, handset: Ints, group: Ints) -> None:
        """One block of lines of class `kind`."""
        self.blocks.append({"kind": np.full(len(owner), CLASSES.index(kind)), "owner": owner, "home": home,
                            "work": work, "handset": handset, "group": group})  # fmt: skip

    def new_handsets(self, n: int) -> Ints:
        """`n` handsets not yet in use."""
        self.handsets += n
        return np.arange(self.handsets - n, self.handsets)


def class_sizes(mix: Mix, boxes_hold: int) -> dict[str, int]:
    """SIMs of each look-alike class: its share of people, and never fewer than all boxes hold at once, or than one."""
    rows = {**mix["callers"], **mix["others"]}
    return {name: max(1, boxes_hold, row["share"] * mix.preset.people // 1000) for name, row in rows.items()}


def draft_people(draft: Draft, mix: Mix, seed: int, people: People, places: Places, sizes: dict[str, int]) -> None:
    """The lines of people: everybody's first, then second lines and second slots of dual-SIM handsets.

    Mixing people of all classes over the numbering keeps order from telling class.
    """
    rng, n = stream(seed, "lines"), people.n
    shuffled = rng.permutation(n)
    kind, group = np.zeros(n, np.int64), np.full(n, -1)
    handset, home, work = draft.new_handsets(n), people.home.copy(), people.work.copy()
    taken = 0
    for name in PERSON_CLASSES:
        # At most a thirtieth of the people each, so that a tiny world still has residents.
        chosen = np.sort(shuffled[taken : taken + min(sizes[name], n // 30)])
        taken += len(chosen)
        kind[chosen] = CLASSES.index(name)
        size = {**mix["callers"], **mix["others"]}[name].get("group", len(chosen) if name == "cloned_imei" else 0)
        if size:
            group[chosen] = _dealt(rng, len(chosen), size)
            first = chosen[np.searchsorted(group[chosen], group[chosen])]
        if name in ("family_phone", "cloned_imei"):
            handset[chosen] = handset[first]
        if name in HOUSEHOLDS:
            home[chosen] = home[first]
        if name == "arrivals":
            work[chosen] = np.where(rng.random(len(chosen)) < 0.5, home[chosen], work[first])
        if name == "meal_delivery":
            work[chosen] = rng.choice(_dense(places), len(chosen))
    draft.blocks.append({"kind": kind, "owner": np.arange(n), "home": home, "work": work,
                         "handset": handset, "group": group})  # fmt: skip
    repair = mix["others"]["repair_shop"]
    shops = -(-min(sizes["repair_shop"], n // 30) // repair["group"])
    draft.spare_handsets = draft.new_handsets(shops * repair["handsets"])
    with_other = np.sort(shuffled[taken:][: int(n * mix["habits"]["other_handset"]["lines"])])
    with_other = np.concatenate([with_other, with_other[::5]])
    draft.other_handset = (with_other, draft.new_handsets(len(with_other)))
    second = shuffled[taken:][: int(mix["habits"]["second_line_share"] * n)]
    dual = shuffled[taken:][len(second) : len(second) + sizes["dual_sim"]]
    for name, owner in (("second_line", second), ("dual_sim", dual)):
        draft.add(name, owner, home[owner], work[owner], draft.new_handsets(len(owner)), np.full(len(owner), -1))


def draft_organisations(draft: Draft, mix: Mix, seed: int, places: Places, sizes: dict[str, int]) -> None:
    """The lines of organisations: each in one cell, on fixed terminals."""
    rng = stream(seed, "organisations")
    for name in ORGANISATION_CLASSES:
        size = sizes[name]
        group = _dealt(rng, size, {**mix["callers"], **mix["others"]}[name].get("group", 1))
        seat = rng.integers(0, places.cells, int(group.max(initial=0)) + 1)[group]
        draft.add(name, np.full(size, -1), seat, seat, draft.new_handsets(size), group)


def _dealt(rng: Rng, n: int, size: int | list[int]) -> Ints:
    """Groups 0, 1, … of `n` members one after another, each of `size` members or of between the two sizes given."""
    low, high = (size, size) if isinstance(size, int) else size
    ends = np.cumsum(rng.integers(low, high + 1, n // low + 1))
    return np.searchsorted(ends, np.arange(n), "right")


def _dense(places: Places) -> Ints:
    """Cells of the half of the sites that have the nearest neighbours: towns."""
    return np.flatnonzero(np.repeat(places.reach <= np.median(places.reach), SECTORS))


def finish_lines(draft: Draft, mix: Mix, seed: int, people: People, start_us: int, days: int) -> Lines:
    """The drafted lines with numbers, SIMs, handsets' IMEIs, outlets and dates of activation."""
    rng = stream(seed, "register")
    column = {key: np.concatenate([block[key] for block in draft.blocks]) for key in draft.blocks[0]}
    n, kind, owner = len(column["kind"]), column["kind"], column["owner"]
    outsiders = max(200, people.n * 3 // 2)
    of_class = {name: np.flatnonzero(kind == code) for code, name in enumerate(CLASSES)}
    rate = np.where(owner >= 0, people.traits.calls[np.maximum(owner, 0)], 0.0)
    rate[np.isin(kind, [CLASSES.index("second_line"), CLASSES.index("dual_sim")])] *= 0.35
    registered = np.ones(n, bool)
    for name in ("call_centre", "hospital", "collection"):
        offices = column["group"][of_class[name]]
        known = rng.random(int(offices.max(initial=0)) + 1) < mix["callers"][name]["registered"]
        registered[of_class[name]] = known[offices]
    texts = pa.concat_arrays([
        _raw_numbers(mobile_numbers(rng, 0, n + outsiders), n),
        pa.array(list(SENDERS + BANK_LINES + POLICE_LINES)),
        pa.array([f"{c}{first + int(k)}" for c, first in ABROAD for k in rng.integers(0, 900_000, ABROAD_NUMBERS)]),
    ])  # fmt: skip
    return Lines(
        kind=kind, owner=owner, home=column["home"], work=column["work"], handset=column["handset"],
        activated_us=_activation(rng, draft, column, of_class, start_us, days),
        outlet=_outlets(rng, draft, column, mix, of_class),
        group=column["group"], rate=rate, mean_s=np.where(owner >= 0, people.mean_s[np.maximum(owner, 0)], 60.0),
        text=texts, imsi=as_text(imsi_numbers(rng, n)), imei=as_text(_imeis(rng, draft, column, of_class)),
        outsiders=outsiders, spare_handsets=draft.spare_handsets, other_handset=draft.other_handset, of_class=of_class,
        registered=registered, second=_second_lines(people.n, owner),
    )  # fmt: skip


def _second_lines(people: int, owner: Ints) -> Ints:
    second = np.full(people, -1)
    further = people + np.flatnonzero(owner[people:] >= 0)
    second[owner[further]] = further
    return second


def _raw_numbers(numbers: Ints, own: int) -> pa.Array:
    # Other networks send some numbers with the country code, in two spellings.
    texts = as_text(numbers)
    prefix = np.zeros(len(numbers), np.int64)
    prefix[own:] = np.where(numbers[own:] % 10 == 7, 1, np.where(numbers[own:] % 50 == 3, 2, 0))
    return pc.binary_join_element_wise(pa.array(["", "+86", "0086"]).take(pa.array(prefix)), texts, "")


def _activation(rng: Rng, draft: Draft, column: dict[str, Ints], of_class: dict[str, Ints], start_us: int,
                days: int) -> Ints:  # fmt: skip
    """Years ago for most, a third within months; three in a hundred lines are new, and so are arrivals, a party on a
    few days. Cards that gangs buy are new, some bought while they work, or kept by dealers for some months.
    """
    n = len(column["kind"])
    ago = np.where(rng.random(n) < 0.3, rng.exponential(200, n), rng.exponential(4.0 * 365, n)) + 5
    fresh = rng.random(n) < 0.03
    ago[fresh] = rng.uniform(-days, 60, int(fresh.sum()))
    for name in ("call_centre", "hospital", "collection", "probe"):
        ago[of_class[name]] = rng.uniform(400, 3000, len(of_class[name]))
    ago[of_class["second_hand"]] = rng.uniform(5, 900, len(of_class["second_hand"]))
    party = column["group"][of_class["arrivals"]]
    came = rng.uniform(-0.6 * days, 20, int(party.max(initial=0)) + 1)
    ago[of_class["arrivals"]] = came[party] + rng.exponential(1.0, len(party))
    bought, raised = np.concatenate([_NONE, *draft.bought, of_class["farm"]]), np.concatenate([_NONE, *draft.raised])
    lately = np.minimum(rng.exponential(25, len(bought)) + 1, 90)
    ago[bought] = np.where(rng.random(len(bought)) < 0.3, rng.uniform(-days, 0, len(bought)), lately)
    ago[raised] = rng.uniform(30, 120, len(raised))
    opening = rng.uniform(9, 19, n) * US_PER_HOUR
    activated: Ints = start_us - np.ceil(ago).astype(np.int64) * US_PER_DAY + opening.astype(np.int64)
    return activated


def _outlets(rng: Rng, draft: Draft, column: dict[str, Ints], mix: Mix, of_class: dict[str, Ints]) -> Ints:
    """Mostly an outlet near home; cards that gangs buy come from few outlets, which sell to honest people too, and a
    party of arrivals has one.
    """
    outlets = mix.preset.outlets
    chosen = (column["home"] // SECTORS * 13 + rng.integers(0, 3, len(column["home"]))) % outlets
    dealt = np.concatenate([_NONE, *draft.bought, *draft.raised, of_class["farm"]])
    dealers = rng.integers(0, outlets, max(2, mix.preset.gangs))
    chosen[dealt] = dealers[rng.integers(0, len(dealers), len(dealt))]
    arrivals = of_class["arrivals"]
    chosen[arrivals] = rng.integers(0, outlets, len(arrivals) + 1)[column["group"][arrivals]]
    return np.asarray(chosen)


def _imeis(rng: Rng, draft: Draft, column: dict[str, Ints], of_class: dict[str, Ints]) -> Ints:
    """Type codes by popularity for handsets, modems for machines, one desk type an organisation."""
    tacs = tac_list()
    model = np.minimum((rng.random(draft.handsets) ** 2 * HANDSET_TACS).astype(np.int64), HANDSET_TACS - 1)
    for name in ("call_centre", "hospital", "collection"):
        at = of_class[name]
        model[column["handset"][at]] = HANDSET_TACS + MODEM_TACS + column["group"][at] % DESK_TACS
    # Both slots of a handset have its type.
    slot = of_class["dual_sim"]
    model[column["handset"][slot]] = model[column["handset"][column["owner"][slot]]]
    machine = np.concatenate([of_class["iot"], of_class["probe"]])
    model[column["handset"][machine]] = HANDSET_TACS + machine % MODEM_TACS
    # Serials within one type run through a permutation of six digits: no two handsets share an IMEI by chance.
    serial = (np.arange(draft.handsets) * 618_033 + 271_829) % 1_000_000
    for run in draft.serial_runs:
        model[run], serial[run] = run[0] % HANDSET_TACS, (serial[run[0]] + np.arange(len(run))) % 1_000_000
    return imei_numbers(tacs[model], serial)
