"""Following a claim fen by fen: FIFO and LIFO, forward and backward. Integers only, no heap, no state of lots.

Grain of the two tables that grow here: as `model.Flows` with a sixth column, where the flow begins on its receiver's axis;
and as `model.Places`.
"""

from __future__ import annotations

import numpy as np

from chainbreak.find.tracing.axes import entry_of
from chainbreak.find.tracing.compiled import kernel
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
def follow(claims, ends, last, as_of, least, axes, maps, columns):  # type: ignore[no-untyped-def]
    """Follow every claim forward.

    `claims` (n, 3): row, lo, hi · `ends`: first row beyond each claim's horizon · rows from `last` on do not exist ·
    `as_of` UTC µs · `least`: smaller moving pieces stop · `columns`: at_us, payer, payee, sink, covered_until_us.
    """
    at_us, payer, payee, sink, covered = columns
    flows, places = np.empty((len(claims) * 16, 6), np.int64), np.empty((len(claims) * 16, 6), np.int64)
    n, k = 0, 0
    for claim in range(len(claims)):
        row, lo, hi = claims[claim]
        begin = axes.to[entry_of(axes, payer[row], row)]
        flows, n = put(flows, n, claim, row, lo, hi, OWN, begin + lo)
        flow = n - 1
        while flow < n:
            row, x = flows[flow, 1], flows[flow, 5]
            x_hi = x + flows[flow, 3] - flows[flow, 2]
            account = payee[row]
            bucket, reason = arrival(sink[account], covered[account], at_us[row])
            if bucket != HOLDING:
                places, k = put(places, k, claim, account, bucket, x_hi - x, flow, reason)
            else:
                flows, n, places, k = _pass_on(
                    flows, n, places, k, claim, account, flow, x, x_hi, ends[claim], last, as_of, least, axes, maps,
                    at_us, covered,
                )  # fmt: skip
            flow += 1
    return flows[:n], places[:k]


@kernel
def arrival(is_sink, covered_until, at_us):  # type: ignore[no-untyped-def]
    """Where money that arrives at an account is: (bucket, reason); HOLDING: there, and can be followed."""
    if is_sink:
        return EXIT, NO_REASON
    if covered_until == 0:
        return UNKNOWN, NO_COVERAGE
    if at_us > covered_until:
        return IN_FLIGHT, NO_REASON
    return HOLDING, NO_REASON


@kernel
def _pass_on(  # type: ignore[no-untyped-def]
    flows, n, places, k, claim, account, flow, x, x_hi, end, last, as_of, least, axes, maps, at_us, covered
):
    """What became of `[x, x_hi)` of an account's axis: pieces that left, by the map or the debits; the rest lies there."""
    number = maps.which[account]
    if number >= 0:
        i, stop = maps.start[number], maps.start[number + 1]
        i = max(i, np.searchsorted(maps.lo[i:stop], x, "right") + i - 1)
    else:
        i, stop = axes.start[account], axes.start[account] + axes.count[account]
        i = max(i, np.searchsorted(axes.lo[i:stop], x, "right") + i - 1)
    lying, late, small, seen = 0, 0, 0, x
    until = min(as_of, covered[account])
    while i < stop:
        if number >= 0:
            lo, hi, to, row = maps.lo[i], maps.hi[i], maps.to[i], maps.row[i]
        else:
            lo, to, row = axes.lo[i], axes.to[i], axes.row[i]
            hi = axes.lo[i + 1] if i + 1 < stop else axes.left[account]
        i += 1
        if lo >= x_hi:
            break
        a, b = max(lo, x), min(hi, x_hi)
        if a >= b:
            continue
        lying += a - seen
        seen = b
        if row >= last or at_us[row] > until:
            lying += b - a
        elif row >= end:
            late += b - a
        elif b - a < least:
            small += b - a
        else:
            offset = a - lo
            if number >= 0:
                offset += to - axes.to[entry_of(axes, account, row)]
            flows, n = put(flows, n, claim, row, offset, offset + b - a, flow, to + a - lo)
    lying += x_hi - seen
    if lying > 0 and covered[account] < as_of:
        places, k = put(places, k, claim, account, UNKNOWN, lying, flow, COVERAGE_ENDED)
    elif lying > 0:
        places, k = put(places, k, claim, account, HOLDING, lying, flow, NO_REASON)
    if late > 0:
        places, k = put(places, k, claim, account, UNKNOWN, late, flow, HORIZON)
    if small > 0:
        places, k = put(places, k, claim, account, DE_MINIMIS, small, flow, NO_REASON)
    return flows, n, places, k


@kernel
def put(table, n, a, b, c, d, e, f):  # type: ignore[no-untyped-def]
    """`table` with one row more, grown where it is full, and its length."""
    if n == len(table):
        table = np.concatenate((table, np.empty((max(16, n), 6), np.int64)))
    table[n, 0], table[n, 1], table[n, 2], table[n, 3], table[n, 4], table[n, 5] = a, b, c, d, e, f
    return table, n + 1


@kernel
def follow_back(claims, ends, axes, maps, credits, columns):  # type: ignore[no-untyped-def]
    """Follow every claim backward: from the fen of a transfer to the fen of earlier ones.

    `ends`: rows before them are beyond the horizon · `credits`: begin of each account's credits, their rows and where
    they lie on the account's axis. A flow's sixth column is unused.
    """
    payer, payee, fen, sink, covered = columns
    begin, rows, came = credits
    flows, places = np.empty((len(claims) * 16, 6), np.int64), np.empty((len(claims) * 16, 6), np.int64)
    n, k = 0, 0
    for claim in range(len(claims)):
        row, lo, hi = claims[claim]
        flows, n = put(flows, n, claim, row, lo, hi, OWN, 0)
        flow = n - 1
        while flow < n:
            row, account = flows[flow, 1], payer[flows[flow, 1]]
            if sink[account] or covered[account] == 0:
                places, k = put(places, k, claim, account, UNKNOWN, flows[flow, 3] - flows[flow, 2], flow, NO_COVERAGE)
            else:
                flows, n, places, k = _draw_on(
                    flows, n, places, k, claim, account, flow, row, ends[claim], axes, maps, begin, rows, came, fen
                )
            flow += 1
    return flows[:n], places[:k]


@kernel
def _draw_on(flows, n, places, k, claim, account, flow, row, end, axes, maps, begin, rows, came, fen):  # type: ignore[no-untyped-def]
    """Where `[lo, hi)` of transfer `row` lay on its payer's axis, and the credits that had brought it there."""
    lo, hi = flows[flow, 2], flows[flow, 3]
    entry = entry_of(axes, account, row)
    number, seen = maps.which[account], 0
    first, stop = (maps.start[number], maps.start[number + 1]) if number >= 0 else (entry, entry + 1)
    for i in range(first, stop):
        if number >= 0:
            if maps.row[i] != row:
                continue
            offset = maps.to[i] - axes.to[entry]
            x, size = maps.lo[i], maps.hi[i] - maps.lo[i]
        else:
            offset, x, size = 0, axes.lo[i], hi
        a, b = max(lo, offset), min(hi, offset + size)
        if a >= b:
            continue
        seen += b - a
        x, x_hi = x + a - offset, x + b - offset
        c = begin[account] + np.searchsorted(came[begin[account] : begin[account + 1]], x, "right") - 1
        while x < x_hi:
            if c < begin[account]:
                # Before the first credit lies the opening balance.
                until = min(x_hi, came[begin[account]]) if begin[account] < begin[account + 1] else x_hi
                places, k = put(places, k, claim, account, ORIGIN, until - x, flow, NO_REASON)
            else:
                until = min(x_hi, came[c] + fen[rows[c]])
                if rows[c] < end:
                    places, k = put(places, k, claim, account, UNKNOWN, until - x, flow, HORIZON)
                else:
                    flows, n = put(flows, n, claim, rows[c], x - came[c], until - came[c], flow, 0)
            x = until
            c += 1
    if hi - lo > seen:
        places, k = put(places, k, claim, account, ORIGIN, hi - lo - seen, flow, NO_REASON)
    return flows, n, places, k
