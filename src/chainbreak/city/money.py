"""A day of honest money: purchases, gifts, salaries, rents, bills, cash; and honest accounts that pass money through.

A debit is ordered only against what the account held at dawn, less what was promised: no balance goes below zero.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from chainbreak.base.clock import US_PER_S
from chainbreak.city.draws import DAY_S, Bools, Ints, Rng, lognormal, scattered, seconds_in
from chainbreak.city.telephony import Day, hours_of

PAYMENT, CASH_OUT, RETURN = range(3)
TRANSFER_KINDS = ("payment", "cash_out", "return")
CHANNELS = ("app", "counter", "atm", "merchant", "online")
APP, COUNTER, ATM, MERCHANT, ONLINE = range(5)
BY_DEVICE = (APP, ONLINE)
"""Channels that know the device on which a transfer was ordered."""
YUAN = 100
"""Fen in a yuan."""


@dataclass
class Moves:
    """Grain: one transfer. at µs UTC, payer, payee, fen, kind, channel; case (0: none) and hop for the truth.

    `link`: 0, or what it returns: the original's `seq`, or as -(place + 1) its place among the day's moves before they
    are in order. `device`: an entry of `World.devices`, -1: none.
    """

    at: Ints
    payer: Ints
    payee: Ints
    fen: Ints
    kind: Ints
    channel: Ints
    case: Ints
    hop: Ints
    link: Ints
    device: Ints

    @staticmethod
    def joined(parts: list[Moves]) -> Moves:
        """All parts, one after another."""
        return Moves(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Moves)))

    def where(self, keep: Bools | Ints) -> Moves:
        """The transfers chosen by a mask or an order."""
        return Moves(*(getattr(self, f.name)[keep] for f in fields(Moves)))


def moves(day: Day, second: Ints, payer: Ints, payee: Ints, fen: Ints, channel: int, kind: int = PAYMENT) -> Moves:
    """Honest transfers of one channel at seconds of the day."""
    n, begin = len(payer), day.world.day_us(day.number)
    nothing = np.zeros(n, np.int64)
    at = begin + np.clip(second, 0, DAY_S - 1) * US_PER_S
    device = payer.astype(np.int64) if channel in BY_DEVICE else np.full(n, -1)
    return Moves(at, payer, payee, fen.astype(np.int64), np.full(n, kind), np.full(n, channel), nothing, nothing,
                 nothing, device)  # fmt: skip


def affordable(orders: Moves, free: Ints) -> Moves:
    """The orders that `free` (fen by account at dawn) can pay in order of time; `free` is reduced by them.

    An account whose next order is too large makes none of that order or later ones: simple, and exact enough.
    """
    order = np.lexsort((orders.at, orders.payer))
    orders = orders.where(order)
    total = np.cumsum(orders.fen)
    first = np.searchsorted(orders.payer, orders.payer, "left")
    spent = total - (total[first] - orders.fen[first]) if len(first) else total
    paid = orders.where((spent <= free[orders.payer]) & (orders.payer != orders.payee) & (orders.fen > 0))
    np.subtract.at(free, paid.payer, paid.fen)
    return paid


def honest_moves(day: Day, free: Ints) -> Moves:
    """The day's honest transfers; `free` is what each account may spend, and is reduced."""
    ordered = Moves.joined(
        [_purchases(day), _gifts(day), _salaries(day), _rents(day), _bills(day), _cash(day), _suppliers(day),
         _wallet(day)]
    )  # fmt: skip
    passing = [_money_club(day, free), _charity(day, free), _agents(day, free)]
    return Moves.joined([affordable(ordered, free), *passing])


def _purchases(day: Day) -> Moves:
    rng, world, n = day.rng("purchases"), day.world, day.world.people.n
    payer = np.repeat(np.arange(n), rng.poisson(world.mix["habits"]["purchases_per_day"], n))
    shops = world.accounts.merchants
    # A shop near home for most: neighbours are neighbours in the numbering.
    near = (payer * len(shops) // n + (rng.normal(0, 6, len(payer))).astype(np.int64)) % len(shops)
    shop = shops[
        np.where(rng.random(len(payer)) < 0.7, near, (rng.random(len(payer)) ** 2 * len(shops)).astype(np.int64))
    ]
    fen = (lognormal(rng, 26, 1.1, len(payer)) * YUAN).astype(np.int64) + 1
    second = hours_of(rng, world.people.rhythm[payer])
    return moves(day, second, payer, shop, fen, MERCHANT)


def _gifts(day: Day) -> Moves:
    rng, world, n = day.rng("gifts"), day.world, day.world.people.n
    payer = np.repeat(np.arange(n), rng.poisson(world.mix["habits"]["gifts_per_day"], n))
    friend = world.circles.pick(rng, payer, payer).astype(np.int64)
    inside = friend < n
    payer, friend = payer[inside], friend[inside]
    fen = np.maximum(lognormal(rng, 110, 1.4, len(payer)).astype(np.int64), 1) * YUAN
    # Some pay from their second account, some are paid into it.
    accounts = world.accounts
    second_of = np.full(n, -1)
    second_of[accounts.owner[accounts.second]] = accounts.second
    use = (second_of[friend] >= 0) & (rng.random(len(payer)) < 0.3)
    spend = (second_of[payer] >= 0) & (rng.random(len(payer)) < 0.3)
    payee, source = np.where(use, second_of[friend], friend), np.where(spend, second_of[payer], payer)
    return moves(day, hours_of(rng, world.people.rhythm[payer]), source, payee, fen, APP)


def _due(day: Day, who: Ints, salt: int) -> Bools:
    """Whether each one's own day of the month (1..28) is today."""
    is_due: Bools = scattered(who, salt) % 28 + 1 == day.world.date_of(day.number).day
    return is_due


def _salaries(day: Day) -> Moves:
    """An employer's salaries are one batch, booked within one second."""
    people, accounts = day.world.people, day.world.accounts
    who = np.flatnonzero((people.employer >= 0) & (people.rhythm != 2))
    who = who[_due(day, people.employer[who], 101)]
    fen = 280_000 + scattered(who, 102) % 900_000
    batch = 9 * 3600 + scattered(people.employer[who], 103) % 7_200
    return moves(day, batch, accounts.payroll[people.employer[who]], who, fen, ONLINE)


def _rents(day: Day) -> Moves:
    rng, n = day.rng("rents"), day.world.people.n
    tenants = np.flatnonzero(scattered(np.arange(n), 111) % 4 == 0)
    tenants = tenants[_due(day, tenants, 112)]
    landlord = _landlord(tenants, n)
    fen = (6 + scattered(tenants, 114) % 30) * 10_000
    return moves(day, seconds_in(rng, (8, 22), len(tenants)), tenants, landlord, fen, APP)


def _landlord(tenant: Ints, people: int) -> Ints:
    """The landlord of each tenant: one for about twelve."""
    return scattered(tenant // 48, 113) % people


def _bills(day: Day) -> Moves:
    rng, n = day.rng("bills"), day.world.people.n
    who = np.flatnonzero(_due(day, np.arange(n), 121))
    payee = day.world.accounts.utilities[rng.integers(0, 3, len(who))]
    return moves(day, seconds_in(rng, (7, 23), len(who)), who, payee, 2_000 + rng.integers(0, 38_000, len(who)), ONLINE)


def _cash(day: Day) -> Moves:
    rng, accounts, n = day.rng("cash"), day.world.accounts, day.world.people.n
    who = np.flatnonzero(rng.random(n) < day.world.mix["habits"]["cash_per_day"])
    fen = rng.choice((2, 3, 5, 10, 20, 50, 100), len(who), p=(0.15, 0.1, 0.25, 0.25, 0.15, 0.07, 0.03)) * 100 * YUAN
    return moves(day, seconds_in(rng, (7, 22), len(who)), who, accounts.cash[accounts.bank[who]], fen, ATM, CASH_OUT)


def _suppliers(day: Day) -> Moves:
    """Shops pay suppliers, other shops, most of what they hold on some days."""
    rng, shops = day.rng("suppliers"), day.world.accounts.merchants
    payer = shops[rng.random(len(shops)) < 0.3]
    fen = 40_000 + (lognormal(rng, 3_000, 1.0, len(payer)) * YUAN).astype(np.int64)
    return moves(
        day, seconds_in(rng, (9, 18), len(payer)), payer, shops[rng.integers(0, len(shops), len(payer))], fen, ONLINE
    )


def _wallet(day: Day) -> Moves:
    """People's top-ups, withdrawals and purchases through the one account of a payment institution."""
    rng, world, row = day.rng("wallet"), day.world, day.world.mix["habits"]["wallet_per_day"]
    wallet, shops, parts = int(world.accounts.wallet[0]), world.accounts.merchants, []
    for name, median in (("in", 180), ("out", 260), ("spent", 35)):
        who = np.flatnonzero(rng.random(world.people.n) < row[name])
        other = who if name != "spent" else shops[rng.integers(0, len(shops), len(who))]
        all_one = np.full(len(who), wallet)
        payer, payee = (other, all_one) if name == "in" else (all_one, other)
        fen = np.maximum(lognormal(rng, median, 1.2, len(who)) * YUAN, 1).astype(np.int64)
        second, channel = hours_of(rng, world.people.rhythm[who]), APP if name == "in" else ONLINE
        parts.append(moves(day, second, payer, payee, fen, channel))
    return Moves.joined(parts)


def _money_club(day: Day, free: Ints) -> Moves:
    """Clubs of savers: one evening a week members pay the organiser, who pays the whole sum to one of them at once."""
    rng, n = day.rng("club"), day.world.people.n
    clubs = np.arange(_clubs(n))
    clubs = clubs[scattered(clubs, 131) % 7 == day.number % 7]
    parts = []
    for club in clubs:
        organiser, member = _club(int(club), n)
        fen = np.full(len(member), (5 + int(club) % 16) * 100 * YUAN)
        evening = int(rng.integers(19 * 3600, 20 * 3600))
        paid = affordable(
            moves(
                day, evening + rng.integers(0, 5_400, len(member)), member, np.full(len(member), organiser), fen, APP
            ),
            free,
        )
        parts.append(paid)
        parts.append(_passed_on(day, rng, paid, organiser, np.array([member[day.number % len(member)]]), 1.0))
    return Moves.joined([*parts, nothing_moved()])


def _clubs(people: int) -> int:
    return max(2, people // 400)


def _club(club: int, n: int) -> tuple[int, Ints]:
    people = scattered(np.arange(club * 64, club * 64 + 20 + club % 20), 132) % n
    return int(people[0]), people[1:]


def _charity(day: Day, free: Ints) -> Moves:
    """A drive for a sick child: hundreds of small gifts, sent on to the hospital twice on the same day."""
    rng, world = day.rng("charity"), day.world
    parts = []
    for account in world.accounts.charities:
        givers = rng.integers(0, world.people.n, max(20, min(400, world.people.n // 100)))
        fen = rng.choice((10, 20, 50, 100, 200), len(givers)) * YUAN
        paid = affordable(
            moves(day, seconds_in(rng, (8, 21), len(givers)), givers, np.full(len(givers), account), fen, APP), free
        )
        parts += [paid, _passed_on(day, rng, paid, int(account), world.accounts.utilities[:1], 0.98)]
    return Moves.joined(parts)


def _agents(day: Day, free: Ints) -> Moves:
    """Property agents: a tenant's deposit goes on to the landlord within minutes, less the commission."""
    rng, n = day.rng("agents"), day.world.people.n
    parts = [nothing_moved()]
    for agent in _agent_accounts(n):
        for tenant in rng.integers(0, n, rng.integers(0, 3)):
            fen = np.array([int(rng.integers(25, 90)) * 100 * YUAN])
            order = moves(day, seconds_in(rng, (9, 20), 1), np.array([tenant]), np.array([agent]), fen, APP)
            paid = affordable(order, free)
            parts += [paid, _passed_on(day, rng, paid, int(agent), rng.integers(0, n, 1), 0.93)]
    return Moves.joined(parts)


def _agent_accounts(people: int) -> Ints:
    return scattered(np.arange(max(3, people // 700)), 141) % people


def passing_accounts(people: int) -> dict[str, Ints]:
    """Honest accounts through which money passes or in which it gathers, by class; for the truth."""
    return {
        "club": np.array([_club(club, people)[0] for club in range(_clubs(people))]),
        "agent": _agent_accounts(people),
        "landlord": np.unique(_landlord(np.flatnonzero(scattered(np.arange(people), 111) % 4 == 0), people)),
    }


def _passed_on(day: Day, rng: Rng, received: Moves, account: int, to: Ints, share: float) -> Moves:
    """`share` of what the account received today, to each of `to` in equal parts, 2 to 12 minutes after the last."""
    total = int(received.fen.sum())
    if not total:
        return nothing_moved()
    last = int(received.at.max() - day.world.day_us(day.number)) // US_PER_S
    second = np.minimum(last + rng.integers(120, 720, len(to)), DAY_S - 1)
    out = moves(day, second, np.full(len(to), account), to, np.full(len(to), int(total * share) // len(to)), APP)
    return out.where((out.payer != out.payee) & (out.fen > 0))


def nothing_moved() -> Moves:
    """No transfers."""
    return Moves(*(np.zeros(0, np.int64) for _ in fields(Moves)))
