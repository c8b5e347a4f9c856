"""Hot lists: test calls that arrived under a card's number, numbers that people reported, blacklisted handsets.

All three are poor, as real ones are: test calls run over few routes, people mistype and numbers are spoofed, and a
blacklisted handset may long be in honest hands.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_DAY, US_PER_S
from chainbreak.city.boxes import BoxDay
from chainbreak.city.draws import DAY_S, Ints, Rng, scattered
from chainbreak.city.telephony import MO_CALL, Day

SOURCES = {"test_call": "国际局测试呼叫", "reported": "12321 举报受理", "blacklist": "设备黑名单"}
Hit = tuple[int, str, int, int]
"""µs UTC, list, line (-1: none), handset (-1: none)."""


def hotlist_table(day: Day, box_days: list[BoxDay]) -> pa.Table:
    """Grain: one hit, columns of the record kind `hotlist`, in order of time."""
    rng, lines = day.rng("hotlists"), day.world.lines
    gangs = [found for found in box_days if found.sessions.box.gang >= 0]
    hits = [*_test_calls(day, rng, gangs), *_reported(day, rng, gangs)]
    if day.number == 1:
        hits += _blacklisted(day, rng)
    hits.sort()
    names = [name for _, name, _, _ in hits]
    at, line, handset = np.array([(at, line, handset) for at, _, line, handset in hits], np.int64).reshape(-1, 3).T
    return pa.table({
        "at_us": at, "list": pa.array(names, pa.string()),
        "msisdn": lines.text.take(pa.array(line, mask=line < 0)),
        "imsi": pa.nulls(len(at), pa.string()),
        "imei": lines.imei.take(pa.array(handset, mask=handset < 0)),
        "tac": pa.nulls(len(at), pa.string()),
        "source": pa.array([SOURCES[name] for name in names], pa.string()),
    })  # fmt: skip


def _test_calls(day: Day, rng: Rng, gangs: list[BoxDay]) -> list[Hit]:
    """Calls to test numbers of other networks that came through a box: a few a day for each gang, over those of its
    boxes that take foreign callers from the routes under test.
    """
    row = day.world.mix["hotlists"]
    hits: list[Hit] = []
    for found in gangs:
        box, legs = found.sessions.box, found.legs
        tested = scattered(np.array([box.number]), 401)[0] % 1_000 < row["tested_boxes"] * 1_000
        arrived = np.flatnonzero((legs.kind == MO_CALL) & (legs.duration > 0) & (legs.peer >= day.world.lines.n))
        wanted = min(int(rng.poisson(row["test_calls"])), len(arrived)) if tested else 0
        chosen = rng.choice(arrived, wanted, replace=False)
        hits += [(_at(day, int(legs.second[leg])), "test_call", int(legs.line[leg]), -1) for leg in chosen]
    return hits


def _reported(day: Day, rng: Rng, gangs: list[BoxDay]) -> list[Hit]:
    """Numbers that people report within hours of a call; some report a number that had nothing to do with it."""
    row, people = day.world.mix["hotlists"], day.world.people.n
    hits: list[Hit] = []
    for found in gangs:
        _, line, second, length = found.answered
        told = np.flatnonzero((length > 5) & (rng.random(len(line)) < row["reported"]))
        later = np.minimum(second[told] + length[told] + rng.exponential(7_200, len(told)).astype(np.int64), DAY_S - 1)
        wrong = rng.random(len(told)) < row["innocent"]
        named: Ints = np.where(wrong, rng.integers(0, people, len(told)), line[told])
        hits += [(_at(day, int(at)), "reported", int(who), -1) for at, who in zip(later, named, strict=True)]
    return hits


def _blacklisted(day: Day, rng: Rng) -> list[Hit]:
    """What stood on the list of handsets before day 1: some that boxes write, and stolen ones now in honest hands."""
    row, people, lines = day.world.mix["hotlists"], day.world.people.n, day.world.lines
    handsets: list[int] = []
    for box in day.world.gang_boxes:
        listed = rng.binomial(min(len(box.handsets), 8), row["blacklisted"])
        handsets += rng.choice(box.handsets, listed, replace=False).tolist()
        handsets += lines.handset[rng.integers(0, people, rng.poisson(row["stale"]))].tolist()
    days_ago = rng.uniform(1, 400, len(handsets))
    return [(day.world.start_us - int(ago * US_PER_DAY), "blacklist", -1, handset)
            for ago, handset in zip(days_ago, handsets, strict=True)]  # fmt: skip


def _at(day: Day, second: int) -> int:
    return day.world.day_us(day.number) + second * US_PER_S
