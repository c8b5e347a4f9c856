"""Days as tables of records: canonical columns, raw identifiers, values missing at the published rates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_DAY, US_PER_S
from chainbreak.city.accounts import INSTITUTIONS, KINDS
from chainbreak.city.draws import DAY_S, Bools, Floats, Ints, lognormal, scattered
from chainbreak.city.lines import CLASSES, CONSUMER_PLANS, PLANS
from chainbreak.city.money import CHANNELS, TRANSFER_KINDS, Moves
from chainbreak.city.numbers import BANKS
from chainbreak.city.places import DISTRICTS, SECTORS
from chainbreak.city.telephony import MT_CALL, NOT_MADE, Day, Legs
from chainbreak.city.world import World
from chainbreak.records.call import CALL_KINDS

CHUNK_ROWS = 1_000_000
"""Rows made into text at a time, so that memory is bounded however many people there are."""
OPERATOR_NAMES = ("云川移动", "云川联通", "云川电信")


def call_tables(day: Day, legs: Legs) -> Iterator[pa.Table]:
    """Grain: one leg, columns of the record kind `call`, in order of time; at least one table."""
    rng = day.rng("call rows")
    legs.second = _by_the_clock_of_its_element(day, legs)
    # Legs of one second in no order: whoever made them must not show.
    order = np.argsort(legs.second * (1 << 20) + rng.integers(0, 1 << 20, len(legs.second)), kind="stable")
    for begin in range(0, max(len(order), 1), CHUNK_ROWS):
        yield _call_table(day, rng, legs.where(order[begin : begin + CHUNK_ROWS]))


def _by_the_clock_of_its_element(day: Day, legs: Legs) -> Ints:
    """The second that the network element of a leg's cell writes down; twenty sites are on one element."""
    skew = day.world.mix["skew_s"]
    offset = scattered(legs.cell // SECTORS // 20, 205) % (2 * skew + 1) - skew
    written: Ints = np.clip(legs.second + offset, 0, DAY_S - 1)
    return written


def _call_table(day: Day, rng: np.random.Generator, legs: Legs) -> pa.Table:
    world, n = day.world, len(legs.second)
    missing, optional = world.mix["missing"], world.mix["optional"]
    at = world.day_us(day.number) + legs.second * US_PER_S
    is_call = legs.kind <= MT_CALL
    measured = (scattered(legs.cell, 201) % 1000 < optional["ta_share"] * 1000) & (rng.random(n) < 0.97)
    lines = world.lines
    roaming = scattered(legs.line, 203) % 400 == 0
    table = pa.table({
        "at_us": at,
        "duration_s": legs.duration.astype(np.int32),
        "kind": _take(pa.array(CALL_KINDS), legs.kind, legs.kind == NOT_MADE),
        "msisdn": _take(lines.text, legs.line),
        "imsi": _take(lines.imsi, legs.line),
        "imei": _take(lines.imei, legs.handset, rng.random(n) < missing["imei"]),
        "peer": _take(lines.text, legs.peer, legs.peer < 0),
        "cell_id": _take(world.places.cell_names, legs.cell, rng.random(n) < missing["cell"]),
        "answered": pa.array(legs.answered > 0, mask=~is_call),
        "ta": pa.array(_timing_advance(day, rng, legs).astype(np.int32), mask=~measured),
        "auth_ms": pa.array(_auth_ms(rng, legs, roaming), mask=rng.random(n) >= optional["auth_share"]),
        "roaming": pa.array(roaming),
    })  # fmt: skip
    return table if (legs.kind != NOT_MADE).all() else table.filter(pa.array(legs.kind != NOT_MADE))


def _timing_advance(day: Day, rng: np.random.Generator, legs: Legs) -> Ints:
    """Steps from the mast to where the served side is; what stays put keeps its value but for echoes, which add."""
    places, n = day.world.places, len(legs.second)
    x, y = places.points(legs.cell, _spot(day, legs))
    given = ~np.isnan(legs.x)
    x[given], y[given] = legs.x[given], legs.y[given]
    site = legs.cell // SECTORS
    east, north = x - places.x[site], y - places.y[site]
    # Echoes lengthen the way by some dozens of metres: seldom a step of GSM, now and then one or two of LTE.
    longer = 1 + rng.exponential(0.04, n) / np.maximum(np.hypot(east, north), 0.01)
    steps: Ints = places.steps(legs.cell, places.x[site] + east * longer, places.y[site] + north * longer)
    return steps.clip(0, 1_282)


def _spot(day: Day, legs: Legs) -> Ints:
    """Which point of its cell a line is at: always the same around home and work, elsewhere another every half hour."""
    lines, near = day.world.lines, day.world.places.near[:, :3]
    site = legs.cell[:, None] // SECTORS
    usual = (near[lines.home[legs.line] // SECTORS] == site) | (near[lines.work[legs.line] // SECTORS] == site)
    who = lines.spot[legs.line]
    return np.where(usual.any(axis=1), who, scattered(who * 50 + legs.second // 1_800, 202) % (1 << 40))


def _auth_ms(rng: np.random.Generator, legs: Legs, roaming: Bools) -> Floats:
    """Latency of authentication: the card's and the network's own, with a heavy tail of poor radio; longer abroad."""
    n = len(legs.second)
    card = np.exp((scattered(legs.line, 204) % 2_000 / 1_000 - 1) * 0.3)
    tail = np.where(rng.random(n) < 0.05, np.exp(rng.exponential(0.9, n)), 1.0)
    longer = np.where(roaming, 1.9, 1.0) * legs.slow
    return np.minimum(lognormal(rng, 130.0, 0.35, n) * card * tail * longer, 60_000.0).round(1)


def _take(texts: pa.Array, which: Ints, absent: Bools | None = None) -> pa.Array:
    return texts.take(pa.array(which, mask=absent))


def line_table(world: World, which: Ints, closed_us: int | None = None) -> pa.Table:
    """Grain: one subscription of `which`, columns of the record kind `line`, in order of number."""
    lines = world.lines
    plan = _take(pa.array(CONSUMER_PLANS), scattered(which, 211) % len(CONSUMER_PLANS)).to_pylist()
    for place in np.flatnonzero(lines.registered[which]):
        plan[place] = PLANS.get(CLASSES[lines.kind[which[place]]], plan[place])
    table = pa.table({
        "msisdn": _take(lines.text, which),
        "imsi": _take(lines.imsi, which),
        "activated_at_us": lines.activated_us[which],
        "closed_at_us": pa.array([closed_us] * len(which), pa.int64()),
        "outlet_id": [f"O{o:04d}" for o in lines.outlet[which]],
        "holder": _take(world.people.identity, holder_of(world, which), np.isin(lines.kind[which], _ORGANISED)),
        "plan": pa.array(plan, pa.string()),
    })  # fmt: skip
    return table.sort_by("msisdn")


_ORGANISED = np.array([CLASSES.index(name) for name in PLANS])


def holder_of(world: World, which: Ints) -> Ints:
    """The person in whose name each line is: its owner; for a gang's cards a straw person for every three or so."""
    straw = scattered(which // 3, 212) % world.people.n
    return np.where(world.lines.owner[which] >= 0, world.lines.owner[which], straw)


def account_table(world: World) -> pa.Table:
    """Grain: one account whose ledger is held, or a sink; columns of the record kind `account`, in order of number."""
    accounts = world.accounts
    every = np.arange(accounts.n)
    listed = world.is_held | (accounts.kind == KINDS.index("sink"))
    straw = scattered(every // 2, 221) % world.people.n
    personal = accounts.kind == 0
    return pa.table({
        "account": accounts.text,
        "bank": _take(pa.array(INSTITUTIONS), accounts.bank),
        "opened_at_us": accounts.opened_us,
        "opening_balance_fen": accounts.opening_fen,
        "holder": _take(world.people.identity, np.where(accounts.owner >= 0, accounts.owner, straw), ~personal),
        "outlet_id": [f"B{o:03d}" for o in accounts.bank * 12 + scattered(every, 222) % 12],
        "kind": _take(pa.array(KINDS), accounts.kind),
    }).filter(pa.array(listed)).sort_by("account")  # fmt: skip


def outlet_table(world: World) -> pa.Table:
    """Grain: one outlet of an operator (O…) or a bank (B…)."""
    count = world.mix.preset.outlets
    shops, branches = np.arange(count), np.arange(len(BANKS) * 12)
    opened = world.start_us - (scattered(np.arange(count + len(branches)), 231) % 4_000 + 30) * US_PER_DAY
    return pa.table({
        "outlet_id": [f"O{o:04d}" for o in shops] + [f"B{b:03d}" for b in branches],
        "operator_or_bank": [OPERATOR_NAMES[o % 3] for o in shops] + [BANKS[b // 12] for b in branches],
        "district": [DISTRICTS[o % len(DISTRICTS)] for o in shops] + [DISTRICTS[b % len(DISTRICTS)] for b in branches],
        "opened_at_us": opened,
    })  # fmt: skip


def booking_order(day: Day, moved: Moves) -> Ints:
    """The order in which the records show the moves: by the clocks of the payers' banks, then as they happened."""
    order: Ints = np.lexsort((moved.hop, moved.at, _booked_at(day, moved)))
    return order


def _booked_at(day: Day, moved: Moves) -> Ints:
    """Booking times as the clocks of the payers' banks have them, within the day."""
    ahead = day.world.ahead_s[day.world.accounts.bank[moved.payer]] * US_PER_S
    dawn = day.world.day_us(day.number)
    booked: Ints = np.clip(moved.at + ahead, dawn, dawn + US_PER_DAY - US_PER_S)
    return booked


def transfer_table(day: Day, moved: Moves) -> pa.Table:
    """Grain: one transfer, columns of the record kind `transfer`, of a day's moves in order of booking; without what
    passes between two accounts whose ledgers nobody gave.
    """
    seq, is_held, texts = seq_of(day, np.arange(len(moved.at))), day.world.is_held, day.world.accounts.text
    ids = transfer_ids(day.world, seq)
    table = pa.table({
        "transfer_id": ids,
        "booked_at_us": _booked_at(day, moved),
        "seq": seq,
        "payer": _take(texts, moved.payer),
        "payee": _take(texts, moved.payee),
        "amount_fen": moved.fen,
        "currency": pa.array(["CNY"]).take(pa.array(np.zeros(len(seq), np.int64))),
        "channel": _take(pa.array(CHANNELS), moved.channel),
        "kind": _take(pa.array(TRANSFER_KINDS), moved.kind),
        "link": _links(day.world, moved.link),
        "device": _take(day.world.devices, moved.device, moved.device < 0),
    })  # fmt: skip
    seen = is_held[moved.payer] | is_held[moved.payee]
    return table if seen.all() else table.filter(pa.array(seen))


def _links(world: World, link: Ints) -> pa.Array:
    """The originals' ids, by their `seq`; null for 0."""
    place = np.cumsum(link > 0) - 1
    return _take(transfer_ids(world, link[link > 0]), place, link == 0)


def seq_of(day: Day, place: Ints) -> Ints:
    """The sequence numbers of transfers, by their place in the day's order of booking; unique in a city."""
    seq: Ints = day.number * 10**9 + place
    return seq


def transfer_ids(world: World, seq: Ints) -> pa.Array:
    """The ids of transfers: T, day, number of the day."""
    days = np.array([f"T{world.date_of(day):%Y%m%d}" for day in range(int(seq.max(initial=0)) // 10**9 + 1)])
    return pa.array(np.char.add(days[seq // 10**9], np.char.zfill((seq % 10**9).astype(str), 8)))
