"""FIFO and LIFO by a queue of labelled lots an account: each debit takes lots off one end, each credit puts them on.

Queues are written from the first in to the last in. What moves together keeps its inner order: of a credit the first
offset is the first in, under both rules, and a debit carries what it takes off in the order in which it lay. A return
enters as the next to go: in it, what is left of the original goes before what is refunded out of other money.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator

from tests.oracles.case import Answer, Case, Flow

Lot = tuple[int, int, int, int]
"""Fen, whose flow they are (-1: nobody's), the row that brought them (-1: none), their first offset in it."""


def by_lots(case: Case, rule: str) -> Answer:
    """Every claim followed by itself."""
    answer = Answer()
    for claim in range(len(case.claims)):
        _follow(case, rule == "lifo", claim, answer)
    return answer


def _follow(case: Case, last_first: bool, claim: int, answer: Answer) -> None:
    queues = [deque([(fen, -1, -1, 0)] if fen > 0 else []) for fen in case.opening]
    for i, row in enumerate(case.alive()):
        queue, theirs = queues[row.payer], queues[row.payee]
        back = _returned(queue, row.fen, row.link, last_first) if row.link >= 0 else []
        need = row.fen - sum(lot[0] for lot in back)
        rest = _whole(_next(queue, need, last_first))
        new = list(_arriving(case, claim, i, rest + _whole(back) if last_first else _whole(back) + rest, answer))
        if row.link >= 0 and not last_first:
            theirs.extendleft(reversed(new))
        else:
            theirs.extend(new)
    for account, queue in enumerate(queues):
        for fen, flow, _, _ in queue:
            if flow >= 0:
                answer.put(claim, account, case.rest(account), fen)


def _returned(queue: deque[Lot], fen: int, of: int, last_first: bool) -> list[Lot]:
    """Up to `fen` of the lots that row `of` brought and that never left."""
    taken: list[Lot] = []
    kept: list[Lot] = []
    for lot in reversed(queue) if last_first else queue:
        part = min(fen, lot[0]) if lot[2] == of else 0
        fen -= part
        out, rest = _cut(lot, part, last_first)
        taken += out
        kept += rest
    queue.clear()
    queue.extend(reversed(kept) if last_first else kept)
    return taken[::-1] if last_first else taken


def _next(queue: deque[Lot], fen: int, last_first: bool) -> list[Lot]:
    """The next `fen` in turn; what the queue does not have is money that nobody knows of."""
    taken: list[Lot] = []
    while fen and queue:
        lot = queue.pop() if last_first else queue.popleft()
        part = min(fen, lot[0])
        fen -= part
        out, rest = _cut(lot, part, last_first)
        taken += out
        queue.extend(rest) if last_first else queue.extendleft(rest)
    if fen:
        taken.append((fen, -1, -1, 0))
    return taken[::-1] if last_first else taken


def _cut(lot: Lot, fen: int, last_first: bool) -> tuple[list[Lot], list[Lot]]:
    """`fen` off the lot, and what stays of it."""
    whole, flow, row, lo = lot
    at = whole - fen if last_first else fen
    low, high = [(at, flow, row, lo)] if at else [], [(whole - at, flow, row, lo + at)] if whole - at else []
    return (high, low) if last_first else (low, high)


def _whole(lots: Iterable[Lot]) -> list[Lot]:
    """Neighbours of one flow, one after another in the row that brought them, are one piece; so is nobody's money."""
    found: list[Lot] = []
    for fen, flow, row, lo in lots:
        if found and found[-1][1] == flow and (flow < 0 or (found[-1][2] == row and found[-1][3] + found[-1][0] == lo)):
            found[-1] = (found[-1][0] + fen, *found[-1][1:])
        else:
            found.append((fen, flow, row, lo))
    return found


def _arriving(case: Case, claim: int, i: int, lots: list[Lot], answer: Answer) -> Iterator[Lot]:
    """The lots as row `i` brings them to the payee; the claim begins in its own row."""
    share, at, root = case.claims[claim], 0, -1
    if i == share.row:
        root = _moved(case, claim, i, (share.lo, share.fen), -1, answer)
    for fen, flow, _, _ in lots:
        if flow >= 0:
            yield fen, _moved(case, claim, i, (at, fen), flow, answer), i, at
        elif i != share.row:
            yield fen, -1, i, at
        else:
            ends = sorted({at, at + fen, *(x for x in (share.lo, share.lo + share.fen) if at < x < at + fen)})
            for lo, hi in itertools.pairwise(ends):
                yield hi - lo, root if share.lo <= lo < share.lo + share.fen else -1, i, lo
        at += fen


def _moved(case: Case, claim: int, i: int, piece: tuple[int, int], parent: int, answer: Answer) -> int:
    """The flow under which a piece (offset, fen) goes on behind row `i`, or -1 where it stops."""
    (lo, fen), row = piece, case.rows[i]
    if parent >= 0 and (halt := case.halt(claim, row, fen)):
        answer.put(claim, row.payer, halt, fen)
        return -1
    answer.flows.append(Flow(claim, i, lo, lo + fen, parent))
    if stop := case.stop(row.payee, row.at):
        answer.put(claim, row.payee, stop, fen)
        return -1
    return len(answer.flows) - 1
