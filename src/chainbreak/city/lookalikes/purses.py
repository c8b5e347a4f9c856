"""Honest accounts that money passes through: group buyers, foremen, tills, sub-landlords, collections.

Each class is a person's own account, half of them second accounts that are used for nothing else: the register shows
`personal`, the money comes from many and is gone within hours. What sets them apart from mules is only what they do:
sums, hours, who pays again, and who is paid.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainbreak.base.clock import US_PER_S
from chainbreak.city.draws import DAY_S, Bools, Ints, Rng, lognormal, scattered, seconds_in, stream
from chainbreak.city.money import APP, MERCHANT, YUAN, Moves, affordable, moves, nothing_moved
from chainbreak.city.telephony import Day
from chainbreak.city.world import World

PEOPLE_PER_PURSE = 500
"""A town of 20,000 has forty of each class; the share is ours, so that each class can be counted."""


def purses(world: World) -> dict[str, Ints]:
    """Accounts of each class, none of them a gang's; for the day and for the truth."""
    rng, accounts = stream(world.seed, "purses"), world.accounts
    rented = np.concatenate([members for gang in world.gangs for members in gang.mules.values()])
    second = rng.permutation(np.setdiff1d(accounts.second, rented))
    first = rng.permutation(np.setdiff1d(np.arange(world.people.n), accounts.owner[rented]))
    each = max(4, world.people.n // PEOPLE_PER_PURSE)
    half = min(each // 2, len(second) // len(_CLASSES))
    return {
        name: np.concatenate([second[n * half : (n + 1) * half], first[n * each : (n + 1) * each - half]])
        for n, name in enumerate(_CLASSES)
    }


def purse_moves(day: Day, free: Ints) -> Moves:
    """The day's transfers into and out of such accounts; `free` (fen by account) is reduced by what others pay in."""
    parts = [nothing_moved()]
    for name, accounts in purses(day.world).items():
        rng = day.rng("purses", name)
        for account in accounts[_works(name, accounts, day)].tolist():
            parts += _CLASSES[name](day, rng, free, account)
    return Moves.joined(parts)


def _works(name: str, accounts: Ints, day: Day) -> Bools:
    """Whether each account's turn is today: tills open six days of seven, a collection is made once in the window."""
    window = day.world.mix.preset.days
    every = {"group_buyer": 3, "foreman": 7, "till": 7, "sublet": 1, "collection": window}[name]
    turn = (scattered(accounts, 151) + day.number) % every
    works: Bools = turn > 0 if name == "till" else turn == 0
    return works


def _group_buyer(day: Day, rng: Rng, free: Ints, account: int) -> list[Moves]:
    """An evening's orders of a neighbourhood: one price list, then nearly all of it to one or two suppliers."""
    people, shops = day.world.people.n, day.world.accounts.merchants
    # Neighbours are neighbours in the numbering; most buy again.
    buyers = (account + rng.integers(-90, 90, int(rng.integers(15, 60)))) % people
    fen = rng.choice((15, 19, 29, 39, 59, 88, 118), len(buyers)) * YUAN * rng.integers(1, 4, len(buyers))
    paid = _paid_in(day, free, seconds_in(rng, (17, 21.5), len(buyers)), buyers, account, fen)
    suppliers = shops[scattered(np.arange(account, account + int(rng.integers(1, 3))), 152) % len(shops)]
    return [paid, *_passed_on(day, rng, paid, account, suppliers, float(rng.uniform(0.86, 0.94)), (600, 5_400))]


def _foreman(day: Day, rng: Rng, free: Ints, account: int) -> list[Moves]:
    """A week's wages of a gang of workers: one sum from the company, each paid in turn within minutes."""
    world = day.world
    size = 8 + int(scattered(np.array([account]), 153)[0] % 23)
    workers = scattered(np.arange(account * 64, account * 64 + size), 154) % world.people.n
    wages = rng.integers(900, 2_400, size) // 50 * 50 * YUAN
    company = world.accounts.payroll[account % len(world.accounts.payroll)]
    total = np.array([int(wages.sum() * rng.uniform(1.02, 1.06))])
    paid = _paid_in(day, free, seconds_in(rng, (9, 18), 1), np.array([company]), account, total)
    if not len(paid.at):
        return []
    begin = _second_of(day, paid) + int(rng.integers(180, 2_400))
    each = moves(day, begin + np.cumsum(rng.integers(20, 90, size)), np.full(size, account), workers, wages, APP)
    return [paid, each.where(each.payee != account)]


def _till(day: Day, rng: Rng, free: Ints, account: int) -> list[Moves]:
    """A stall's takings in its keeper's own account, most of which pays tomorrow's goods in the evening."""
    world = day.world
    buyers = rng.integers(0, world.people.n, int(rng.integers(15, 70)))
    fen = (lognormal(rng, 22, 0.8, len(buyers)) * YUAN).astype(np.int64) + 50
    paid = _paid_in(day, free, seconds_in(rng, (7, 21), len(buyers)), buyers, account, fen, MERCHANT)
    shops = world.accounts.merchants
    supplier = shops[scattered(np.array([account + day.number % 2]), 155) % len(shops)]
    return [paid, *_passed_on(day, rng, paid, account, supplier, float(rng.uniform(0.6, 1.0)), (1_200, 7_200))]


def _sublet(day: Day, rng: Rng, free: Ints, account: int) -> list[Moves]:
    """A flat let by the room: each tenant pays on a day of his own, the owner gets his on the evening of the next."""
    tenants = scattered(np.arange(account * 16, account * 16 + 5 + account % 8), 156) % day.world.people.n
    # Two thirds pay on the day the rent is due, the others on any day.
    due = int(scattered(np.array([account]), 157)[0] % 28)
    when = np.where(scattered(tenants, 158) % 3 > 0, due, scattered(tenants, 159) % 28)
    tenants = tenants[when == day.number % 28]
    fen = (5 + scattered(tenants, 160) % 20) * 100 * YUAN
    paid = _paid_in(day, free, seconds_in(rng, (8, 21), len(tenants)), tenants, account, fen)
    owner = scattered(np.array([account]), 161) % day.world.people.n
    return [paid, *_passed_on(day, rng, paid, account, owner, float(rng.uniform(0.75, 0.92)), (900, 9_000))]


def _collection(day: Day, rng: Rng, free: Ints, account: int) -> list[Moves]:
    """For a colleague in hospital: gifts within a day, all of it sent on to the family at night."""
    givers = rng.integers(0, day.world.people.n, int(rng.integers(15, 60)))
    fen = rng.choice((50, 100, 200, 300, 500), len(givers)) * YUAN
    paid = _paid_in(day, free, seconds_in(rng, (9, 20), len(givers)), givers, account, fen)
    return [paid, *_passed_on(day, rng, paid, account, rng.integers(0, day.world.people.n, 1), 1.0, (300, 5_400))]


_CLASSES: dict[str, Callable[[Day, Rng, Ints, int], list[Moves]]] = {
    "group_buyer": _group_buyer, "foreman": _foreman, "till": _till, "sublet": _sublet, "collection": _collection,
}  # fmt: skip


def _paid_in(
    day: Day, free: Ints, second: Ints, payer: Ints, account: int, fen: Ints, channel: int = APP
) -> Moves:  # fmt: skip
    return affordable(moves(day, second, payer, np.full(len(payer), account), fen, channel), free)


def _second_of(day: Day, received: Moves) -> int:
    return int(received.at.max() - day.world.day_us(day.number)) // US_PER_S


def _passed_on(
    day: Day, rng: Rng, received: Moves, account: int, to: Ints, share: float, after: tuple[int, int]
) -> list[Moves]:  # fmt: skip
    """`share` of what came in today, in parts of about the same size to each of `to`, `after` so many seconds."""
    total = int(int(received.fen.sum()) * share) // len(to) if len(to) else 0
    if total <= 0:
        return []
    second = np.minimum(_second_of(day, received) + rng.integers(*after, len(to)), DAY_S - 1)
    out = moves(day, second, np.full(len(to), account), to, np.full(len(to), total), APP)
    return [out.where(out.payee != account)]
