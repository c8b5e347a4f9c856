"""Lines, the handsets they sit in, the outlets that sold them, and the numbers outside the city's networks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.city.draws import Floats, Ints, stream
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
from chainbreak.city.places import Places

PERSON_CLASSES = ("courier", "meal_delivery", "sales", "family_phone", "repair_shop", "second_hand", "cloned_imei",
                  "dormitory")  # fmt: skip
"""Look-alikes who are people with their own circle; one line a person."""
ORGANISATION_CLASSES = ("call_centre", "hospital", "collection", "iot", "corporate_gateway")
HOUSEHOLDS = ("family_phone", "dormitory")
"""Classes of people whose groups live in one place."""
CLASSES = ("resident", "second_line", "dual_sim", *PERSON_CLASSES, *ORGANISATION_CLASSES, "box", "farm")
PLANS = {"call_centre": "call_centre", "hospital": "hospital", "iot": "iot", "corporate_gateway": "corporate_gateway",
         "collection": "bank_outbound"}  # fmt: skip
"""Register classes; every other line is on a consumer plan, a courier's and a gang's alike."""
CONSUMER_PLANS = ("consumer", "consumer_5g", "consumer_senior", "consumer_prepaid")
BANK_LINES = ("95501", "95502", "95503", "95504", "95505", "95506")
POLICE_LINES = ("110", "96110")
SENDERS = (*(f"1069{i:04d}" for i in range(1201, 1231)), "10000", "10010", "10086", "12306", "12345", "95533")


@dataclass(frozen=True)
class Lines:
    """One entry a line: its class, owner (-1: none), cells, handset; then texts. Numbers at or above `n` are outside:
    outsiders' mobiles first, then senders of service messages, banks, police.
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
    second: Ints
    """A person's second line, -1 for none."""

    @property
    def spot(self) -> Ints:
        """Whose place each line shares: its owner's, or that of its house, shop or company."""
        together = (self.owner < 0) | np.isin(self.kind, [CLASSES.index(name) for name in HOUSEHOLDS])
        return np.where(together & (self.group >= 0), (1 << 34) + self.kind * (1 << 26) + self.group,
                        np.where(self.owner >= 0, self.owner, (1 << 33) + np.arange(self.n)))  # fmt: skip

    @property
    def n(self) -> int:
        """How many lines the city's networks serve."""
        return len(self.kind)

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
    """SIMs of each look-alike class: its share of people, and never fewer than all boxes hold at once."""
    rows = {**mix["callers"], **mix["others"]}
    return {name: max(boxes_hold, row["share"] * mix.preset.people // 1000) for name, row in rows.items()}


def draft_people(draft: Draft, mix: Mix, seed: int, people: People, places: Places, sizes: dict[str, int]) -> None:
    """The lines of people: everybody's first, then second lines and second slots of dual-SIM handsets.

    Mixing people of all classes over the numbering keeps order from telling class.
    """
    rng, n = stream(seed, "lines"), people.n
    shuffled = rng.permutation(n)
    kind, group = np.zeros(n, np.int64), np.full(n, -1)
    handset, home = draft.new_handsets(n), people.home.copy()
    taken = 0
    for name in PERSON_CLASSES:
        # At most a tenth of the people each, so that a tiny world still has residents.
        chosen = np.sort(shuffled[taken : taken + min(sizes[name], n // 10)])
        taken += len(chosen)
        kind[chosen] = CLASSES.index(name)
        size = mix["others"].get(name, {}).get("group", 0)
        if size:
            group[chosen] = np.arange(len(chosen)) // size
        if name in ("family_phone", "cloned_imei"):
            first = chosen[(np.arange(len(chosen)) // (size or len(chosen))) * (size or len(chosen))]
            handset[chosen] = handset[first]
        if name in ("family_phone", "dormitory"):
            home[chosen] = home[chosen[(np.arange(len(chosen)) // size) * size]]
    draft.blocks.append({"kind": kind, "owner": np.arange(n), "home": home, "work": people.work,
                         "handset": handset, "group": group})  # fmt: skip
    repair = mix["others"]["repair_shop"]
    shops = -(-min(sizes["repair_shop"], n // 10) // repair["group"])
    draft.spare_handsets = draft.new_handsets(shops * repair["handsets"])
    with_other = np.sort(shuffled[taken:][: int(n * mix["habits"]["other_handset"]["lines"])])
    draft.other_handset = (with_other, draft.new_handsets(len(with_other)))
    second = shuffled[taken:][: int(mix["habits"]["second_line_share"] * n)]
    dual = shuffled[taken:][len(second) : len(second) + sizes["dual_sim"]]
    for name, owner in (("second_line", second), ("dual_sim", dual)):
        draft.add(
            name, owner, people.home[owner], people.work[owner], draft.new_handsets(len(owner)), np.full(len(owner), -1)
        )


def draft_organisations(draft: Draft, mix: Mix, seed: int, places: Places, sizes: dict[str, int]) -> None:
    """The lines of organisations: each in one cell, on fixed terminals."""
    rng = stream(seed, "organisations")
    for name in ORGANISATION_CLASSES:
        size = sizes[name]
        per = mix["others"].get(name, {}).get("group", 1 if name == "iot" else 20 if name == "hospital" else 60)
        group = np.arange(size) // per
        seat = rng.integers(0, places.cells, int(group[-1]) + 1)[group]
        draft.add(name, np.full(size, -1), seat, seat, draft.new_handsets(size), group)


def finish_lines(draft: Draft, mix: Mix, seed: int, people: People, start_us: int, days: int) -> Lines:
    """The drafted lines with numbers, SIMs, handsets' IMEIs, outlets and dates of activation."""
    rng = stream(seed, "register")
    column = {key: np.concatenate([block[key] for block in draft.blocks]) for key in draft.blocks[0]}
    n, kind, owner = len(column["kind"]), column["kind"], column["owner"]
    outsiders = max(200, people.n * 3 // 2)
    of_class = {name: np.flatnonzero(kind == code) for code, name in enumerate(CLASSES)}
    rate = np.where(owner >= 0, people.rate[np.maximum(owner, 0)], 0.0)
    rate[np.isin(kind, [CLASSES.index("second_line"), CLASSES.index("dual_sim")])] *= 0.35
    texts = pa.concat_arrays([
        _raw_numbers(mobile_numbers(rng, 0, n + outsiders), n),
        pa.array(list(SENDERS + BANK_LINES + POLICE_LINES)),
    ])  # fmt: skip
    return Lines(
        kind=kind, owner=owner, home=column["home"], work=column["work"], handset=column["handset"],
        activated_us=_activation(rng, kind, of_class, start_us, days), outlet=_outlets(rng, column, mix, of_class),
        group=column["group"], rate=rate, mean_s=np.where(owner >= 0, people.mean_s[np.maximum(owner, 0)], 60.0),
        text=texts, imsi=as_text(imsi_numbers(rng, n)), imei=as_text(_imeis(rng, draft, column, of_class)),
        outsiders=outsiders, spare_handsets=draft.spare_handsets, other_handset=draft.other_handset, of_class=of_class,
        second=_second_lines(people.n, owner),
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


def _activation(rng: np.random.Generator, kind: Ints, of_class: dict[str, Ints], start_us: int, days: int) -> Ints:
    """Years ago for most; three in a hundred lines are new, a gang's cards all are, some bought while it works."""
    ago = rng.exponential(4.0 * 365, len(kind)) + 5
    fresh = rng.random(len(kind)) < 0.03
    ago[fresh] = rng.uniform(-days, 60, int(fresh.sum()))
    for name in ("call_centre", "hospital", "collection"):
        ago[of_class[name]] = rng.uniform(400, 3000, len(of_class[name]))
    ago[of_class["second_hand"]] = rng.uniform(5, 900, len(of_class["second_hand"]))
    for name in ("box", "farm"):
        bought = np.minimum(rng.exponential(40, len(of_class[name])) + 1, 400)
        ago[of_class[name]] = np.where(rng.random(len(bought)) < 0.2, rng.uniform(-days, 0, len(bought)), bought)
    opening = rng.uniform(9, 19, len(kind)) * US_PER_HOUR
    return start_us - np.ceil(ago).astype(np.int64) * US_PER_DAY + opening.astype(np.int64)


def _outlets(rng: np.random.Generator, column: dict[str, Ints], mix: Mix, of_class: dict[str, Ints]) -> Ints:
    """Mostly an outlet near home; a gang's cards come from few outlets, which sell to honest people too."""
    outlets = mix.preset.outlets
    chosen = (column["home"] // 3 * 13 + rng.integers(0, 3, len(column["home"]))) % outlets
    gangs = np.concatenate([of_class["box"], of_class["farm"]])
    dealers = rng.integers(0, outlets, max(2, mix.preset.gangs))
    chosen[gangs] = dealers[rng.integers(0, len(dealers), len(gangs))]
    return np.asarray(chosen)


def _imeis(rng: np.random.Generator, draft: Draft, column: dict[str, Ints], of_class: dict[str, Ints]) -> Ints:
    """Type codes by popularity for handsets, modems for machines, one desk type an organisation."""
    tacs = tac_list()
    model = np.minimum((rng.random(draft.handsets) ** 2 * HANDSET_TACS).astype(np.int64), HANDSET_TACS - 1)
    for name in ("call_centre", "hospital", "collection"):
        at = of_class[name]
        model[column["handset"][at]] = HANDSET_TACS + MODEM_TACS + column["group"][at] % DESK_TACS
    machine = of_class["iot"]
    model[column["handset"][machine]] = HANDSET_TACS + machine % MODEM_TACS
    # Serials within one type run through a permutation of six digits: no two handsets share an IMEI by chance.
    serial = (np.arange(draft.handsets) * 618_033 + 271_829) % 1_000_000
    for run in draft.serial_runs:
        model[run], serial[run] = run[0] % HANDSET_TACS, (serial[run[0]] + np.arange(len(run))) % 1_000_000
    return imei_numbers(tacs[model], serial)
