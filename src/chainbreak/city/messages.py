"""A day's texts: a sample of what services send, and what gangs send from farms and from abroad."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import pyarrow as pa
import yaml

from chainbreak.base.clock import US_PER_S
from chainbreak.city.boxes import moment
from chainbreak.city.registrations import unblocked
from chainbreak.city.sites import Visit, chat_of, site_of
from chainbreak.city.state import State
from chainbreak.city.telephony import MO_SMS, MT_SMS, Day, Legs, signals

Text = tuple[int, int, int, str]
"""Second of the day, sender, recipient, text."""


@cache
def texts() -> dict[str, list[str]]:
    """The texts of `data/texts.yaml`: honest and scam."""
    source = resources.files("chainbreak.city").joinpath("data/texts.yaml").read_text(encoding="utf-8")
    loaded: dict[str, list[str]] = yaml.safe_load(source)
    return loaded


def scam_texts(day: Day, state: State) -> tuple[Legs, list[Text], list[Visit]]:
    """Texts sent from farms and from abroad, with their legs, and the visits of the curious."""
    rng, lines = day.rng("scam texts"), day.world.lines
    rows: list[Text] = []
    visits: list[Visit] = []
    for gang in day.world.gangs:
        farm = unblocked(gang.farm, state)
        site = site_of(day.world, gang.number, state.gangs[gang.number].site)
        for _ in range(int(rng.integers(*day.world.mix["gangs"]["scam_texts_per_day"]))):
            second = int(rng.integers(9 * 3600, 21 * 3600))
            own = rng.random() < 0.6 and len(farm) > 0
            sender = int(rng.choice(farm)) if own else lines.n + int(rng.integers(0, lines.outsiders))
            to = int(rng.integers(0, day.world.people.n))
            chat, n = chat_of(day.world, gang.number, day.number), int(rng.integers(100, 9999))
            text = str(rng.choice(texts()["scam"])).format(n=n, site=site, chat=chat)
            rows.append((second, sender, to, text))
            if site in text and rng.random() < 0.04:
                visits.append((moment(day, second + int(rng.integers(30, 3_000))), to, site))
    seconds, senders, readers = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3).T
    inside = senders < lines.n
    legs = Legs.joined([signals(day, rng, MO_SMS, senders[inside], seconds[inside], readers[inside]),
                        signals(day, rng, MT_SMS, readers, seconds + 3, senders)])  # fmt: skip
    return legs, rows, visits


def message_table(day: Day, legs: Legs, scam: list[Text]) -> pa.Table:
    """Grain: one message with its text: a sample of what services sent, and the scam texts; in order of time."""
    world, rng = day.world, day.rng("texts")
    service = np.flatnonzero((legs.kind == MT_SMS) & (legs.peer >= world.lines.senders[0]))
    kept = rng.choice(
        service, min(len(service), int(world.mix["habits"]["texts_per_day"] * world.people.n)), replace=False
    )
    honest, places = texts()["honest"], ("东门", "幸福里", "云锦苑", "中医", "儿科")
    which = rng.integers(0, len(honest), len(kept))
    number = rng.integers(1_000, 999_999, len(kept))
    rows: list[Text] = []
    for leg, w, n in zip(kept, which, number, strict=True):
        text = honest[w].format(n=n, who=places[n % len(places)])
        rows.append((int(legs.second[leg]), int(legs.peer[leg]), int(legs.line[leg]), text))
    rows = sorted([*rows, *scam])
    second, sender, to = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3).T
    return pa.table({
        "at_us": world.day_us(day.number) + second * US_PER_S, "sender": world.lines.text.take(pa.array(sender)),
        "recipient": world.lines.text.take(pa.array(to)), "text": [row[3] for row in rows],
    })  # fmt: skip
