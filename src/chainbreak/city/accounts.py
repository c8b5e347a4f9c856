"""Accounts: people's first and second, shops, payrolls, utilities, charities, sinks, a wallet for all, and mules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_DAY
from chainbreak.city.draws import Ints, lognormal, stream
from chainbreak.city.mix import Mix
from chainbreak.city.numbers import BANKS, as_text, card_numbers
from chainbreak.city.people import People

KINDS = ("personal", "merchant", "payroll", "utility", "charity", "sink", "wallet")
LAYERS = ("first", "middle", "last")
INSTITUTIONS = (*BANKS, "云付通")
"""Who keeps accounts: the banks, and a payment institution whose customers all share its one account."""
SECOND_SHARE = 0.35
"""Of people hold a second account; a gang rents some of those."""


@dataclass(frozen=True)
class Accounts:
    """One entry an account. Numbering: person p's first account is p; then the groups, each an array of accounts."""

    kind: Ints
    bank: Ints
    owner: Ints
    opened_us: Ints
    opening_fen: Ints
    text: pa.Array
    second: Ints
    merchants: Ints
    payroll: Ints
    utilities: Ints
    charities: Ints
    cash: Ints
    abroad: Ints
    wallet: Ints
    fresh_mules: Ints

    @property
    def n(self) -> int:
        """How many accounts."""
        return len(self.kind)


def make_accounts(mix: Mix, seed: int, people: People, start_us: int) -> Accounts:
    """All accounts of a preset with opening balances in fen; payrolls hold four months of salaries."""
    rng, n = stream(seed, "accounts"), people.n
    layers = sum(mix["gangs"]["mules"][layer] for layer in LAYERS)
    employers = int(people.employer.max()) + 1
    sizes = {"second": int(n * SECOND_SHARE), "merchants": max(20, n // 40), "payroll": employers, "utilities": 3,
             "charities": max(1, n // 100_000), "cash": len(BANKS), "abroad": 1,
             "wallet": 1, "fresh_mules": mix.preset.gangs * layers * 2}  # fmt: skip
    edges = np.concatenate(([n], n + np.cumsum(list(sizes.values()))))
    group = {name: np.arange(edges[i], edges[i + 1]) for i, name in enumerate(sizes)}
    total = int(edges[-1])
    kind = np.zeros(total, np.int64)
    for name, code in (
        ("merchants", 1),
        ("payroll", 2),
        ("utilities", 3),
        ("charities", 4),
        ("cash", 5),
        ("abroad", 5),
        ("wallet", 6),
    ):
        kind[group[name]] = code
    owner = np.full(total, -1)
    owner[:n], owner[group["second"]] = np.arange(n), rng.choice(n, sizes["second"], replace=False)
    bank = np.minimum((rng.random(total) ** 1.5 * len(BANKS)).astype(np.int64), len(BANKS) - 1)
    bank[group["cash"]] = np.arange(len(BANKS))
    bank[group["wallet"]] = len(BANKS)
    opening = (lognormal(rng, 15_000, 1.4, total) * 100).astype(np.int64)
    opening[group["merchants"]] *= 4
    opening[group["payroll"]] = np.bincount(people.employer[people.employer >= 0], minlength=employers) * 3_500_000
    opening[np.concatenate([group["cash"], group["abroad"]])] = 0
    opening[group["wallet"]] = n * 100_000
    opening[group["fresh_mules"]] = rng.integers(0, 5_000, sizes["fresh_mules"])
    ago = rng.exponential(3.0 * 365, total) + 2
    recent = np.concatenate([np.flatnonzero(rng.random(total) < 0.04), group["fresh_mules"]])
    ago[recent] = rng.exponential(50, len(recent)) + 2
    opened = start_us - (ago * US_PER_DAY).astype(np.int64) // 1_000_000 * 1_000_000
    return Accounts(kind, bank, owner, opened, opening, _texts(bank, group), **group)


def _texts(bank: Ints, group: dict[str, Ints]) -> pa.Array:
    """Card numbers, and names for the sinks and the wallet: money that enters a sink has left the ledger."""
    first, last = int(group["cash"][0]), int(group["wallet"][-1])
    numbers = card_numbers(np.minimum(bank, len(BANKS) - 1), 0)
    cards = as_text(numbers)
    names = [f"CASH{b + 1:02d}" for b in range(len(group["cash"]))] + ["ABROAD01", "WALLET01"]
    return pa.concat_arrays([cards.slice(0, first), pa.array(names), cards.slice(last + 1)])
