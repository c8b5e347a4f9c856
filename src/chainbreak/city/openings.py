"""Honest sites that open while the city lives: as young and as little visited as a gang's, and looked up as suddenly.

A school texts the parents its page, a company's sellers name theirs on the telephone, a shop is found by chance and in
friends' texts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_MIN, US_PER_S
from chainbreak.city.boxes import moment
from chainbreak.city.draws import DAY_S, Ints, Rng, stream
from chainbreak.city.messages import Text, texts
from chainbreak.city.sites import DOMAIN_SCHEMA, HONEST_ENDINGS, LOOKS, REGISTRARS, SYLLABLES, Visit
from chainbreak.city.telephony import MO_SMS, MT_SMS, Day, Legs, calls, signals
from chainbreak.city.world import World

CLASSES = ("school", "sales", "shop")
SHARES = (0.3, 0.3, 0.4)
LOOKED_AT = 0.4
"""Of those who were told of a page, who look at it; a proposal of the project."""


@dataclass(frozen=True)
class Opening:
    """One site: its name, class, the day it opened, and the people it is for (numbers of persons)."""

    name: str
    kind: str
    day: int
    audience: Ints


def opened_on(world: World, number: int) -> list[Opening]:
    """The sites that open on a day; the same whenever asked."""
    rng = stream(world.seed, "openings", number)
    found = []
    for _ in range(rng.poisson(world.mix["habits"]["sites_opened_per_day"] * world.people.n)):
        name = "".join(rng.choice(SYLLABLES, int(rng.integers(2, 4)))) + str(int(rng.integers(10, 99_999)))
        audience = rng.choice(world.people.n, int(rng.integers(8, 60)), replace=False)
        kind = str(rng.choice(CLASSES, p=SHARES))
        found.append(Opening(f"{name}.{rng.choice(HONEST_ENDINGS)}", kind, number, audience))
    return found


def opened_domains(day: Day) -> pa.Table:
    """Grain: one site that opens today, as the register of names has it; perhaps empty."""
    rng, dawn = day.rng("openings"), day.world.day_us(day.number)
    rows = [{"domain": opening.name, "registered_at_us": dawn - int(rng.integers(600, 25 * 86_400)) * US_PER_S,
             "registrar": str(rng.choice(REGISTRARS)), "first_seen_us": dawn}
            for opening in opened_on(day.world, day.number)]  # fmt: skip
    return pa.Table.from_pylist(rows, DOMAIN_SCHEMA)


def opening_visits(day: Day) -> tuple[Legs, list[Text], list[Visit]]:
    """Calls and texts that name the sites opened so far, and the look-ups of today."""
    rng = day.rng("opening visits")
    rows: list[Text] = []
    called: list[tuple[int, int, int, int]] = []
    visits: list[Visit] = []
    for opening in (o for number in range(1, day.number + 1) for o in opened_on(day.world, number)):
        regulars = opening.audience[rng.random(len(opening.audience)) < 0.05]
        looks = [(int(who), int(rng.integers(8 * 3600, 22 * 3600))) for who in regulars]
        if opening.kind == "school" and opening.day == day.number:
            invited = _invited(day, rng, opening)
            rows += invited
            looks += [
                (to, at + int(rng.exponential(3_000)) + 30) for at, _, to, _ in invited if rng.random() < LOOKED_AT
            ]
        elif opening.kind == "sales" and not day.weekend:
            for caller, who, second, talked in _pitched(day, rng, opening):
                called.append((caller, who, second, talked))
                if rng.random() < LOOKED_AT:
                    looks.append((who, second + talked + int(rng.integers(2, 40)) * 60))
        elif opening.kind == "shop":
            newly = rng.choice(opening.audience, min(len(opening.audience), int(rng.poisson(6))), replace=False)
            recommended = _recommended(day, rng, opening, newly[rng.random(len(newly)) < 0.3])
            rows += recommended
            looks += [(int(who), int(rng.integers(8 * 3600, 22 * 3600))) for who in newly]
            looks += [(to, at + int(rng.exponential(1_500)) + 30) for at, _, to, _ in recommended]
        visits += [visit for who, second in looks for visit in _looks(day, rng, who, second, opening.name)]
    return _legs(day, rng, called, rows), rows, visits


def _invited(day: Day, rng: Rng, opening: Opening) -> list[Text]:
    """The text that a school sends to all parents within seconds."""
    second, sender = int(rng.integers(9 * 3600, 18 * 3600)), int(rng.choice(day.world.lines.senders))
    text = str(rng.choice(texts()["invitation"])).format(site=opening.name)
    return [(second + i % 20, sender, int(who), text) for i, who in enumerate(opening.audience)]


def _recommended(day: Day, rng: Rng, opening: Opening, readers: Ints) -> list[Text]:
    """Texts by which people tell friends of the page."""
    senders = rng.choice(opening.audience, len(readers))
    line = str(rng.choice(texts()["recommendation"])).format(site=opening.name)
    pairs = [(int(a), int(b)) for a, b in zip(senders, readers, strict=True) if a != b]
    return [(int(rng.integers(8 * 3600, 21 * 3600)), sender, reader, line) for sender, reader in pairs]


def _pitched(day: Day, rng: Rng, opening: Opening) -> list[tuple[int, int, int, int]]:
    """Calls of one seller to a few of the audience: caller, callee, second, length in s."""
    sellers = day.world.lines.of_class["sales"]
    seller = int(sellers[opening.audience[0] % len(sellers)])
    chosen = rng.choice(opening.audience, int(rng.integers(3, 8)), replace=False)
    return [(seller, int(w), int(rng.integers(9 * 3600, 19 * 3600)), int(rng.integers(60, 500))) for w in chosen]


def _looks(day: Day, rng: Rng, who: int, second: int, site: str) -> list[Visit]:
    """One to four look-ups within minutes, as a page is opened, left and opened again."""
    first, end = moment(day, second), moment(day, DAY_S) - US_PER_MIN
    times = [
        first + again * int(rng.integers(20, 110)) * US_PER_S
        for again in range(int(rng.integers(LOOKS[0], LOOKS[1] + 1)))
    ]
    return [(at, who, site) for at in times if at < end]


def _legs(day: Day, rng: Rng, called: list[tuple[int, int, int, int]], rows: list[Text]) -> Legs:
    caller, callee, start, length = np.array(called, np.int64).reshape(-1, 4).T
    second, sender, reader = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3).T
    own = sender < day.world.lines.n
    return Legs.joined([
        calls(day, rng, caller, callee, start, length), signals(day, rng, MT_SMS, reader, second, sender),
        signals(day, rng, MO_SMS, sender[own], second[own], reader[own]),
    ])  # fmt: skip
