"""Payments of a public set as arrays, what is known of the accounts' guilt, and rings as they can be told.

amlsim20k is read where it stands (shared/data/README.md): its time is a day, its values have two decimals and become
integer cents, its rows have no other order than the file's, which is declared as the source's `seq`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ALERT_BELOW = 2_000
"""Cents. Every transfer below 20.00 joins two labelled accounts, and no other sum lies between 19.93 and 100.04."""
FOLDS = 5
REDRAWN_BY = 20_261_122
"""Seed of the redrawn amounts."""


@dataclass(frozen=True)
class Payments:
    """Grain of `payer`, `payee`, `cents`, `day`: one transfer in booking order (day, then row of the file); of `guilty`
    and `opening` (cents): one account. `ring`: number of the account's ring, -1 for none; `alert`: transfers within a
    ring by which it can be told, kept from every feature.
    """

    payer: Ints
    payee: Ints
    cents: Ints
    day: Ints
    guilty: Flags
    opening: Ints
    ring: Ints
    alert: Flags

    @property
    def accounts(self) -> int:
        """How many accounts."""
        return len(self.guilty)

    def between(self, first: int, last: int) -> Payments:
        """Transfers of the days `first` to `last`, both included."""
        kept = (self.day >= first) & (self.day <= last)
        return replace(self, payer=self.payer[kept], payee=self.payee[kept], cents=self.cents[kept],
                       day=self.day[kept], alert=self.alert[kept])  # fmt: skip


def read_amlsim(folder: Path) -> Payments:
    """The set of 20,000 accounts; accounts are numbered as in the files, which name them 0 to 19,999."""
    import pyarrow.parquet as pq

    nodes = pq.read_table(folder / "nodes.parquet", columns=["nodeid", "isFraud", "init_balance"])
    moved = pq.read_table(folder / "transactions.parquet")
    number = nodes["nodeid"].to_numpy()
    guilty, opening = np.zeros(len(number), bool), np.zeros(len(number), np.int64)
    guilty[number] = nodes["isFraud"].to_numpy() == 1
    opening[number] = np.round(nodes["init_balance"].to_numpy() * 100)
    day = moved["time"].to_numpy().astype(np.int64)
    order = np.argsort(day, kind="stable")
    payer, payee = (moved[name].to_numpy()[order].astype(np.int64) for name in ("sourceNodeId", "targetNodeId"))
    cents = np.round(moved["value"].to_numpy()[order] * 100).astype(np.int64)
    alert = guilty[payer] & guilty[payee] & (cents < ALERT_BELOW)
    return Payments(payer, payee, cents, day[order], guilty, opening, rings(payer[alert], payee[alert], len(number)),
                    alert)  # fmt: skip


def rings(payer: Ints, payee: Ints, accounts: int) -> Ints:
    """Number of each account's ring: components of what was moved within rings; -1 where nothing was.

    The set does not publish its rings; two alerts that share an account are one ring here.

    >>> rings(np.array([0, 3]), np.array([1, 1]), 5).tolist()
    [0, 0, -1, 0, -1]
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(payer)), (payer, payee)), shape=(accounts, accounts))
    label = connected_components(graph, directed=False)[1].astype(np.int64)
    touched = np.zeros(accounts, bool)
    touched[payer] = touched[payee] = True
    return np.where(touched, label, -1)


def redrawn(payments: Payments, below: int) -> Payments:
    """The same with every amount below `below` cents replaced by one drawn from the others: the set's own trap."""
    small = payments.cents < below
    cents = payments.cents.copy()
    cents[small] = np.random.default_rng(REDRAWN_BY).choice(cents[~small], int(small.sum()))
    return replace(payments, cents=cents)


def folds(accounts: int) -> Ints:
    """Fold of each account as the README deals them.

    >>> folds(3).tolist()
    [3, 4, 4]
    """
    return np.array([_digest(str(number)) % FOLDS for number in range(accounts)])


def sides(payments: Payments) -> Flags:
    """Whether an account is of the training side: rings go whole to one side, other accounts by themselves."""
    head = np.arange(payments.accounts)
    for number in np.unique(payments.ring[payments.ring >= 0]).tolist():
        members = np.flatnonzero(payments.ring == number)
        head[members] = members[0]
    return np.array([_digest(f"side {number}") % 2 == 0 for number in head.tolist()])


def _digest(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
