"""What is known of every account from payments up to a moment, in integers and shares; nothing later is looked at.

Own conduct: numbers, sums, counterparties, days, bursts, what leaves within a day and a week of coming in, how long
money stays, sums out of the account's own usual. And guilt that is known already (a confirmed mule, a reported
account): how many counterparties are known to be guilty, and theirs.
"""

from __future__ import annotations

import numpy as np

from chainbreak.bench.mules.payments import Flags, Floats, Ints, Payments

DAYS = 1_000
"""More than any day's number."""


def own_features(of: Payments, moment: int) -> dict[str, Floats]:
    """One value an account and feature, from payments up to day `moment`; NaN where there is nothing to measure."""
    n, found = of.accounts, dict[str, Floats]()
    together = _repeats(of)
    for side, mine, other in (("in", of.payee, of.payer), ("out", of.payer, of.payee)):
        count, total = np.bincount(mine, minlength=n), np.bincount(mine, of.cents, n)
        days = np.unique(mine * DAYS + of.day)
        pairs = np.unique((mine * DAYS + of.day) * n + other) // n
        keys, payers = np.unique(pairs, return_counts=True)
        found |= {
            f"count_{side}": count.astype(float), f"sum_{side}": total.astype(float),
            f"peers_{side}": np.bincount(np.unique(mine * n + other) // n, minlength=n).astype(float),
            f"days_{side}": np.bincount(days // DAYS, minlength=n).astype(float),
            f"peers_of_a_day_{side}": _most(keys // DAYS, payers, n),
            f"repeats_of_a_day_{side}": _most(mine, together, n),
            f"days_since_first_{side}": moment - _least(mine, of.day, n),
            f"days_since_last_{side}": moment - _most(mine, of.day, n),
            f"smallest_{side}": _least(mine, of.cents, n), f"largest_{side}": _most(mine, of.cents, n),
        }  # fmt: skip
    came = found["sum_in"]
    found["out_over_in"] = np.where(came > 0, found["sum_out"] / np.maximum(came, 1.0), np.nan)
    found["opening"] = of.opening.astype(float)
    found["passed_day"], found["passed_week"] = passed(of, 1), passed(of, 7)
    found["stay_days"] = _stay(of)
    return found


def known_features(of: Payments, known: Flags, guilty: Flags) -> dict[str, Floats]:
    """What follows from guilt known of other accounts: `known` says of whom anything is known, `guilty` what."""
    n, bad = of.accounts, (known & guilty).astype(float)
    degree = np.bincount(of.payer, minlength=n) + np.bincount(of.payee, minlength=n)
    rare = bad / np.log(2.0 + degree)
    found, told, guilty_peers, weighed = dict[str, Floats](), np.zeros(n), np.zeros(n), np.zeros(n)
    for side, mine, other in (("in", of.payee, of.payer), ("out", of.payer, of.payee)):
        found[f"guilty_{side}"] = np.bincount(mine, bad[other], n).astype(float)
        guilty_peers += found[f"guilty_{side}"]
        told += np.bincount(mine, known[other].astype(float), n)
        weighed += np.bincount(mine, rare[other], n)
    share = guilty_peers / np.maximum(told, 1.0)
    found |= {"guilty_peers": guilty_peers, "guilty_share": share, "guilty_by_rarity": weighed}
    for side, mine, other in (("in", of.payee, of.payer), ("out", of.payer, of.payee)):
        found[f"guilty_share_of_{side}"] = np.bincount(mine, share[other], n) / np.maximum(
            np.bincount(mine, minlength=n), 1
        )
    return found


def passed(of: Payments, days: int) -> Floats:
    """Most of what came in on a day that was paid out on that day or the `days` after it, of sums in (ratio)."""
    n, span = of.accounts, int(of.day.max(initial=0)) + 2
    came, went = np.zeros((n, span)), np.zeros((n, span))
    np.add.at(came, (of.payee, of.day), of.cents)
    np.add.at(went, (of.payer, of.day), of.cents)
    so_far = np.cumsum(went, axis=1)
    ends = np.minimum(np.arange(span) + days, span - 1)
    out = so_far[:, ends] - np.concatenate([np.zeros((n, 1)), so_far[:, :-1]], axis=1)
    most = np.where(came > 0, out / np.maximum(came, 1.0), -1.0).max(axis=1)
    return np.where(most < 0, np.nan, most)


def _stay(of: Payments) -> Floats:
    """Days from the last credit before a debit to the debit, the shortest of an account."""
    found, last = np.full(of.accounts, np.nan), np.full(of.accounts, -1, np.int64)
    for payer, payee, day in zip(of.payer.tolist(), of.payee.tolist(), of.day.tolist(), strict=True):
        if last[payer] >= 0:
            found[payer] = np.fmin(found[payer], day - last[payer])
        last[payee] = day
    return found


def _repeats(of: Payments) -> Ints:
    """How many transfers of the same day have the same payer and payee, for each transfer."""
    _, at, count = np.unique((of.payer * of.accounts + of.payee) * DAYS + of.day, return_inverse=True,
                             return_counts=True)  # fmt: skip
    return np.asarray(count[at])


def _most(at: Ints, values: Ints, n: int) -> Floats:
    found = np.full(n, -np.inf)
    np.maximum.at(found, at, values)
    return np.where(np.isfinite(found), found, np.nan)


def _least(at: Ints, values: Ints, n: int) -> Floats:
    return -_most(at, -values, n)
