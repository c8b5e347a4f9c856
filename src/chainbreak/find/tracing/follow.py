"""Following a claim fen by fen: FIFO and LIFO, forward and backward. Integers only, no heap, no state of lots.

Grain of the two tables that grow here: as `model.Flows` with a sixth column, where the flow begins on its receiver's
axis; and as `model.Places`.
"""

from __future__ import annotations

import numpy as np

from chainbreak.find.tracing.axes import entry_of
from chainbreak.find.tracing.compiled import kernel
from chainbreak.find.tracing.credits import credit_from
from chainbreak.find.tracing.lots import LO, with_map
from chainbreak.find.tracing.model import (
    COVERAGE_ENDED,
    DE_MINIMIS,
    EXIT,
    HOLDING,
    HORIZON,
    IN_FLIGHT,
    NO_COVERAGE,
    NO_REASON,
    ORIGIN,
    OWN,
    UNKNOWN,
)


@kernel
def follow(claims, ends, last, as_of, least, axes, credits, maps, ledger, accounts, at_us):
    """Follow every claim forward. Returns flows, places and the maps, of which some may be new.

    `claims` (n, 3): row, lo, hi · `ends`: first row beyond each claim's horizon · rows from `last` on do not exist ·
    `as_of` UTC µs · `least`: smaller moving pieces stop · `ledger`: payer, payee, fen, link · `accounts`: opening_fen,
    sink, covered_until_us.
    """
    payer, payee, _, _ = ledger
    opening, sink, covered = accounts
    flows, places = np.empty((len(claims) * 16, 6), np.int64), np.empty((len(claims) * 16, 6), np.int64)
    claim, flow, n, k = 0, 0, 0, 0
    while claim < len(claims):
        claim, flow, n, k, unmapped = _follow_on(
            claim, flow, n, k, flows, places, claims, ends, last, as_of, least, payer, payee, sink, covered, at_us,
            axes.lo, axes.to, axes.row, axes.start, axes.debits, axes.left, axes.odd, maps.pieces, maps.begin,
            maps.size, maps.lifo[0] == 1,
        )  # fmt: skip
        if unmapped >= 0:
            maps = with_map(maps, unmapped, axes, credits, ledger, opening)
        elif claim < len(claims):
            flows, places = _longer(flows), _longer(places)
    return flows[:n], places[:k], maps


@kernel
def _longer(table):
    return np.concatenate((table, np.empty((len(table) + 16, 6), np.int64)))


@kernel
def _follow_on(
    claim, flow, n, k, flows, places, claims, ends, last, as_of, least, payer, payee, sink, covered, at_us,
    lows, tos, rows, start, debits, left, odd, pieces, begin, size, lifo,
):  # fmt: skip
    """Follow on from flow `flow` of claim `claim` until all is done, a table is full, or an account needs its map.

    Returns the claim, the flow, the lengths of both tables, and the account without a map (-1: none). This is one
    function over plain arrays, long as it is: each array that is handed on, taken out of a tuple or bound anew within
    the loop costs an atomic count, which had been four fifths of the time.
    """
    while claim < len(claims):
        if flow == n:
            if n == len(flows):
                return claim, flow, n, k, -1
            row, lo, hi = claims[claim, 0], claims[claim, 1], claims[claim, 2]
            first = start[payer[row]]
            x = lo + tos[first_from(rows, first, first + debits[payer[row]], row)]
            write(flows, n, claim, row, lo, hi, OWN, x)
            n += 1
        while flow < n:
            row, x = flows[flow, 1], flows[flow, 5]
            x_hi = x + flows[flow, 3] - flows[flow, 2]
            account = payee[row]
            if k + 3 > len(places):
                return claim, flow, n, k, -1
            bucket, reason = arrival(sink[account], covered[account], at_us[row])
            if bucket != HOLDING:
                write(places, k, claim, account, bucket, x_hi - x, flow, reason)
                k, flow = k + 1, flow + 1
                continue
            first, mapped, stays = begin[account], odd[account] or lifo, n
            if mapped and first < 0:
                return claim, flow, n, k, account
            if mapped:
                stop = first + size[account]
                i = max(first, first_from(pieces[:, LO], first, stop, x + 1) - 1)
            else:
                first, stop = start[account], start[account] + debits[account]
                i = max(first, first_from(lows, first, stop, x + 1) - 1)
            until, end = min(as_of, covered[account]), ends[claim]
            lying, late, small, seen = 0, 0, 0, x
            while i < stop:
                if mapped:
                    lo, hi, to, row = pieces[i, 0], pieces[i, 1], pieces[i, 2], pieces[i, 3]
                else:
                    lo, to, row = lows[i], tos[i], np.int64(rows[i])
                    hi = lows[i + 1] if i + 1 < stop else left[account]
                i += 1
                if lo >= x_hi:
                    break
                a, b = max(lo, x), min(hi, x_hi)
                if a >= b:
                    continue
                lying += a - seen
                seen = b
                if row >= last or (until < as_of and at_us[row] > until):
                    lying += b - a
                elif row >= end:
                    late += b - a
                elif b - a < least:
                    small += b - a
                else:
                    if n == len(flows):
                        return claim, flow, stays, k, -1
                    offset = a - lo
                    if mapped:
                        # A transfer that took several pieces has them one behind the other.
                        offset += to - tos[first_from(rows, start[account], start[account] + debits[account], row)]
                    write(flows, n, claim, row, offset, offset + b - a, flow, to + a - lo)
                    n += 1
            lying += x_hi - seen
            if lying > 0:
                bucket, reason = (UNKNOWN, COVERAGE_ENDED) if until < as_of else (HOLDING, NO_REASON)
                write(places, k, claim, account, bucket, lying, flow, reason)
                k += 1
            if late > 0:
                write(places, k, claim, account, UNKNOWN, late, flow, HORIZON)
                k += 1
            if small > 0:
                write(places, k, claim, account, DE_MINIMIS, small, flow, NO_REASON)
                k += 1
            flow += 1
        claim += 1
    return claim, flow, n, k, -1


@kernel
def first_from(column, low, high, value):
    """The first place in `[low, high)` of a rising column that holds `value` or more; else `high`."""
    while low < high:
        middle = (low + high) // 2
        if column[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def write(table, n, a, b, c, d, e, f):
    """Write row `n` of a table."""
    table[n, 0], table[n, 1], table[n, 2], table[n, 3], table[n, 4], table[n, 5] = a, b, c, d, e, f


@kernel
def arrival(is_sink, covered_until, at_us):
    """Where money that arrives at an account is: (bucket, reason); HOLDING: there, and can be followed."""
    if is_sink:
        return EXIT, NO_REASON
    if covered_until == 0:
        return UNKNOWN, NO_COVERAGE
    if at_us > covered_until:
        return IN_FLIGHT, NO_REASON
    return HOLDING, NO_REASON


@kernel
def piece(account, i, stop, axes, maps):
    """Piece `i`: `[lo, hi)` of the account's axis went to `to` by transfer `row`, as its fen from `offset` on."""
    if maps.begin[account] >= 0:
        lo, hi, to, row = maps.pieces[i]
        return lo, hi, to, row, to - axes.to[entry_of(axes, account, row)]
    hi = axes.lo[i + 1] if i + 1 < stop else axes.left[account]
    return axes.lo[i], hi, axes.to[i], axes.row[i], 0


@kernel
def put(table, n, a, b, c, d, e, f):
    """`table` with one row more, grown where it is full, and its length."""
    if n == len(table):
        table = _longer(table)
    write(table, n, a, b, c, d, e, f)
    return table, n + 1


@kernel
def follow_back(claims, ends, axes, credits, maps, ledger, accounts, at_us):
    """Follow every claim backward, first in first out: from the fen of a transfer to the fen of earlier ones.

    Arguments as of `follow`; rows before a claim's `ends` are beyond its horizon. A flow's sixth column is unused.
    """
    payer, payee, fen, _ = ledger
    opening, sink, covered = accounts
    flows, places = np.empty((len(claims) * 16, 6), np.int64), np.empty((len(claims) * 16, 6), np.int64)
    n, k = 0, 0
    for claim in range(len(claims)):
        row, lo, hi = claims[claim]
        flows, n = put(flows, n, claim, row, lo, hi, OWN, 0)
        flow = n - 1
        while flow < n:
            row, account = flows[flow, 1], payer[flows[flow, 1]]
            if sink[account] or at_us[row] > covered[account]:
                reason = NO_COVERAGE if sink[account] or covered[account] == 0 else COVERAGE_ENDED
                places, k = put(places, k, claim, account, UNKNOWN, flows[flow, 3] - flows[flow, 2], flow, reason)
                flow += 1
                continue
            if axes.odd[account] and maps.begin[account] < 0:
                maps = with_map(maps, account, axes, credits, ledger, opening)
            lo, hi, seen = flows[flow, 2], flows[flow, 3], 0
            i, stop = maps.begin[account], maps.begin[account] + maps.size[account]
            if i < 0:
                i = entry_of(axes, account, row)
                stop = axes.start[account] + axes.debits[account]
            while i < stop:
                at, at_hi, _, of, offset = piece(account, i, stop, axes, maps)
                i += 1
                if of != row:
                    if maps.begin[account] < 0:
                        break
                    continue
                a, b = max(lo, offset), min(hi, offset + at_hi - at)
                if a < b:
                    seen += b - a
                    x = at + a - offset
                    flows, n, places, k = _drawn_on(
                        flows,
                        n,
                        places,
                        k,
                        claim,
                        account,
                        flow,
                        x,
                        x + b - a,
                        ends[claim],
                        credits,
                        payee,
                        fen,
                        opening,
                    )
            if hi - lo > seen:
                places, k = put(places, k, claim, account, ORIGIN, hi - lo - seen, flow, NO_REASON)
            flow += 1
    return flows[:n], places[:k], maps


@kernel
def _drawn_on(flows, n, places, k, claim, account, flow, x, x_hi, end, credits, payee, fen, opening):
    """The credits that had brought `[x, x_hi)` of an account's axis; before the first lies the opening balance."""
    first, last = credits.begin[account], credits.begin[account + 1]
    before = min(x_hi, max(opening[account], 0))
    if x < before:
        places, k = put(places, k, claim, account, ORIGIN, before - x, flow, NO_REASON)
    c = max(first, first + np.searchsorted(credits.came[first:last], x, "right") - 1)
    came, late = 0, credits.until[0]
    while c < last or late < len(payee):
        if c < last:
            row, came = credits.row[c], credits.came[c]
            c += 1
        else:
            row, late = late, late + 1
            if payee[row] != account:
                continue
            came = credit_from(account, row, credits, payee, fen, opening)
        if came >= x_hi:
            break
        a, b = max(came, x), min(came + fen[row], x_hi)
        if a >= b:
            continue
        if row < end:
            places, k = put(places, k, claim, account, UNKNOWN, b - a, flow, HORIZON)
        else:
            flows, n = put(flows, n, claim, row, a - came, b - came, flow, 0)
    return flows, n, places, k
