"""Rules that know amounts and not fen: rolling pro rata, lowest intermediate balance, poison. One pass over the rows.

An account on which claimed money lies gets a *slot*; `held` (slots, claims) says how much of each claim lies there.
"""

from __future__ import annotations

import numpy as np

from chainbreak.find.tracing.compiled import kernel
from chainbreak.find.tracing.follow import arrival, put
from chainbreak.find.tracing.lots import balance_before
from chainbreak.find.tracing.model import (
    COVERAGE_ENDED,
    DE_MINIMIS,
    HOLDING,
    HORIZON,
    MIXED,
    NO_REASON,
    OWN,
    UNKNOWN,
)

PRO_RATA, LOWEST_ALONE, LOWEST_GROUP = range(3)


@kernel
def times_over(a, b, c):
    """(a * b // c, a * b % c) for 0 <= a, b <= c < 2**60 and a or b < 2**53, exactly.

    The quotient is guessed in doubles, off by a few at most; the remainder is computed modulo 2**64, which is exact
    because the true one is small, and puts the guess right.

    >>> times_over(10**15, 10**15 - 1, 10**15 + 7) == divmod(10**15 * (10**15 - 1), 10**15 + 7)
    True
    """
    a, b, c = int(a), int(b), int(c)
    q = int(float(a) * float(b) / float(c))
    r = a * b - q * c
    while r < 0:
        q -= 1
        r += c
    while r >= c:
        q += 1
        r -= c
    return q, r


@kernel
def shares(whole, parts, out):
    """Divide `whole` by `parts` into `out`: largest remainder, ties to the earlier; `whole` <= the sum of `parts`."""
    if len(parts) == 1:
        out[0] = whole
        return
    total = parts.sum()
    rest, left = np.zeros(len(parts), np.int64), whole
    for c in range(len(parts)):
        out[c], rest[c] = times_over(parts[c], whole, total) if total > 0 else (0, 0)
        left -= out[c]
    while left > 0:
        best = np.argmax(rest)
        out[best] += 1
        rest[best] = -1
        left -= 1


@kernel
def spread(rule, claims, ends, last, as_of, least, axes, credits, ledger, accounts, at_us):
    """Let the claims' money run through all rows before `last`; arguments as of `follow.follow`.

    Returns flows, places, which claims ever met on an account (claims, claims), and the accounts that claimed money
    touched with the fen on them at the end (accounts, 2).
    """
    payer, payee, fen, _ = ledger
    opening, sink, covered = accounts
    n_claims = len(claims)
    flows, places = np.empty((64, 6), np.int64), np.empty((64, 6), np.int64)
    n, k = 0, 0
    slot, has_slot = np.full(len(opening), -1, np.int32), np.zeros(len(opening), np.bool_)
    # By slot: the account and the known fen on it; what of each claim lies there.
    known, held = np.empty((16, 2), np.int64), np.zeros((16, n_claims), np.int64)
    order = np.argsort(claims[:, 0])
    slots, begun, first = 0, 0, min(claims[order[0], 0], last)
    met = np.zeros((n_claims, n_claims), np.bool_)
    carried, own, share = np.zeros(n_claims, np.int64), np.zeros(n_claims, np.int64), np.zeros(n_claims, np.int64)
    for row in range(first, last):
        p, q = payer[row], payee[row]
        if not (has_slot[p] or has_slot[q]) and (begun == n_claims or claims[order[begun], 0] != row):
            continue
        amount, s = fen[row], slot[p]
        before = known[s, 1] if s >= 0 else 0
        if s >= 0:
            known[s, 1] = max(before - amount, 0)
        if slot[q] >= 0:
            known[slot[q], 1] += amount
        if s < 0 and (begun == n_claims or claims[order[begun], 0] != row):
            continue
        carried[:], own[:] = 0, 0
        while begun < n_claims and claims[order[begun], 0] == row:
            own[order[begun]] = claims[order[begun], 2] - claims[order[begun], 1]
            begun += 1
        if s >= 0 and at_us[row] <= covered[p]:
            _leaving(rule, amount, before, held[s], carried, share)
        for c in range(n_claims):
            if carried[c] == 0:
                continue
            held[s, c] -= carried[c]
            if row >= ends[c]:
                places, k = put(places, k, c, p, UNKNOWN, carried[c], MIXED, HORIZON)
                carried[c] = 0
            elif carried[c] < least:
                places, k = put(places, k, c, p, DE_MINIMIS, carried[c], MIXED, NO_REASON)
                carried[c] = 0
        bucket, reason = arrival(sink[q], covered[q], at_us[row])
        for c in range(n_claims):
            moved = own[c] + carried[c]
            if moved == 0:
                continue
            flows, n = put(flows, n, c, row, 0, moved, OWN if own[c] > 0 else MIXED, 0)
            if bucket != HOLDING:
                places, k = put(places, k, c, q, bucket, moved, n - 1, reason)
                continue
            if slot[q] < 0:
                if slots == len(known):
                    known = np.concatenate((known, known))
                    held = np.concatenate((held, np.zeros_like(held)))
                slot[q], has_slot[q], known[slots, 0] = slots, True, q
                known[slots, 1] = balance_before(q, row + 1, axes, credits, ledger, opening)
                slots += 1
            held[slot[q], c] += moved
            for other in range(n_claims):
                if held[slot[q], other] > 0:
                    met[c, other], met[other, c] = True, True
    for s in range(slots):
        for c in range(n_claims):
            if held[s, c] > 0:
                ended = covered[known[s, 0]] < as_of
                places, k = put(
                    places, k, c, known[s, 0], UNKNOWN if ended else HOLDING, held[s, c], MIXED,
                    COVERAGE_ENDED if ended else NO_REASON,
                )  # fmt: skip
    return flows[:n], places[:k], met, known[:slots]


@kernel
def _leaving(rule, amount, before, held, carried, share):
    """How much of each claim a debit of `amount` takes from an account that held `before` fen, into `carried`."""
    total = held.sum()
    if total == 0:
        return
    if rule == LOWEST_ALONE:
        for c in range(len(held)):
            carried[c] = max(0, held[c] - max(before - amount, 0))
        return
    if rule == PRO_RATA:
        # Money beyond the balance is unknown and nobody's, so that the debit is its own measure then.
        whole = times_over(amount, total, max(before, amount))[0]
    else:
        whole = max(0, total - max(before - amount, 0))
    if whole > 0:
        shares(whole, held, share)
        carried[:] = share


@kernel
def reach(claims, ends, last, ledger, accounts, at_us):
    """Every account that money of a claim can have touched: flows by the row that reached it first, places of 0."""
    payer, payee, _, _ = ledger
    _, sink, covered = accounts
    n_claims = len(claims)
    flows, places = np.empty((64, 6), np.int64), np.empty((64, 6), np.int64)
    n, k = 0, 0
    for c in range(n_claims):
        by = np.full(len(sink), OWN, np.int64)
        flows, n = put(flows, n, c, claims[c, 0], 0, 0, OWN, 0)
        own = n - 1
        for row in range(claims[c, 0], min(last, ends[c])):
            p, q = payer[row], payee[row]
            if row == claims[c, 0]:
                flow = own
            elif by[p] == OWN or by[q] != OWN or at_us[row] > covered[p]:
                continue
            else:
                if sink[p] or covered[p] == 0:
                    continue
                flows, n = put(flows, n, c, row, 0, 0, by[p], 0)
                flow = n - 1
            by[q] = flow
            bucket, reason = arrival(sink[q], covered[q], at_us[row])
            places, k = put(places, k, c, q, bucket, 0, flow, reason)
    return flows[:n], places[:k]


@kernel
def balances(payer, payee, fen, opening, until):
    """Fen on every account after the first `until` rows; a debit beyond what is known leaves nothing."""
    balance = np.maximum(opening, 0)
    for row in range(until):
        balance[payer[row]] = max(balance[payer[row]] - fen[row], 0)
        balance[payee[row]] += fen[row]
    return balance
