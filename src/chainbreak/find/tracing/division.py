"""What is divided after a run: pools by loss (pari passu), and claims that together ask for more than lies there."""

from __future__ import annotations

import numpy as np

from chainbreak.find.tracing.amounts import shares
from chainbreak.find.tracing.model import (
    DE_MINIMIS,
    EXIT,
    HOLDING,
    I64,
    IN_FLIGHT,
    MIXED,
    OVERLAP,
    UNKNOWN,
    Bools,
)

ORDER = {HOLDING: 0, IN_FLIGHT: 1, UNKNOWN: 2, EXIT: 3, DE_MINIMIS: 4}
"""What is still there is divided first, so that the largest remainder falls on it by the claims as they were made."""


def pooled(places: I64, claim_fen: I64, met: Bools, reached: I64) -> I64:
    """The places of a run, divided anew by loss within each pool of claims that ever met on an account.

    Each place goes to its pool's claims by what each still has to get, at first its fen: what is left to get always
    adds up to the places left, so that every place and every claim comes out to the fen. `places` (n, 6) as
    `model.Places`; `reached` (by account): the row that first brought claimed money.

    >>> places = np.array([[0, 5, 0, 250, -2, 0], [1, 5, 0, 250, -2, 0], [0, 6, 1, 750, -2, 0], [1, 6, 1, 250, -2, 0]])
    >>> pooled(places, np.array([1000, 500]), np.ones((2, 2), bool), np.arange(7))[:, [0, 1, 3]].tolist()
    [[0, 5, 333], [1, 5, 167], [0, 6, 667], [1, 6, 333]]
    """
    out: list[tuple[int, ...]] = []
    pool_of = _pools(met)
    for pool in np.unique(pool_of):
        members = np.flatnonzero(pool_of == pool)
        mine = places[pool_of[places[:, 0]] == pool]
        rank = np.array([ORDER[int(bucket)] for bucket in mine[:, 2]], np.int64)
        key = np.column_stack([rank, reached[mine[:, 1]], mine[:, 1], mine[:, 2], mine[:, 5]])
        kinds, where = np.unique(key, axis=0, return_inverse=True)
        sums = np.zeros(len(kinds), np.int64)
        np.add.at(sums, where.ravel(), mine[:, 3])
        to_get, share = claim_fen[members].copy(), np.zeros(len(members), np.int64)
        for (_, _, account, bucket, reason), whole in zip(kinds.tolist(), sums.tolist(), strict=True):
            shares(whole, to_get, share)
            to_get -= share
            out += [
                (int(c), account, bucket, int(fen), MIXED, reason) for c, fen in zip(members, share, strict=True) if fen
            ]
    return np.array(out, np.int64).reshape(-1, 6)


def capped(places: I64, known: I64) -> I64:
    """The places, with the claims on an account scaled to what lies there where together they ask for more.

    `known` (accounts, 2): account and the fen on it at the end of the run. What a claim loses is UNKNOWN, reason
    overlap.
    """
    out, balance = [places], dict(known.tolist())
    held = np.flatnonzero(places[:, 2] == HOLDING)
    for account in np.unique(places[held, 1]):
        here = held[places[held, 1] == account]
        asked, lies = places[here, 3].copy(), balance[int(account)]
        if asked.sum() <= lies:
            continue
        share = np.zeros(len(here), np.int64)
        shares(lies, asked, share)
        places[here, 3] = share
        lost = places[here].copy()
        lost[:, 2], lost[:, 3], lost[:, 5] = UNKNOWN, asked - share, OVERLAP
        out.append(lost)
    table = np.concatenate(out)
    return table[table[:, 3] > 0]


def _pools(met: Bools) -> I64:
    """The pool of each claim, named by its first claim."""
    pool = np.arange(len(met))
    for c in range(len(met)):
        together = np.flatnonzero(met[c])
        if len(together):
            old = np.unique(pool[together])
            pool[np.isin(pool, [*old, pool[c]])] = min(int(old.min()), int(pool[c]))
    return pool
