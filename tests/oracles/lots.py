"""FIFO and LIFO by a queue of labelled lots an account: each debit takes lots off one end, each credit puts them on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from tests.oracles.case import DE_MINIMIS, UNKNOWN, Answer, Case, Flow, Row

Lot = tuple[int, int, int]
"""Fen, the flow it belongs to (-1: nobody's), the row that brought it."""


def by_lots(case: Case, rule: str) -> Answer:
    """Every claim followed by itself."""
    answer = Answer()
    for claim in range(len(case.claims)):
        _follow(case, rule == "lifo", claim, answer)
    return answer


def _follow(case: Case, last_first: bool, claim: int, answer: Answer) -> None:
    queues = [deque([(fen, -1, -1)] if fen > 0 else []) for fen in case.opening]
    for i, row in enumerate(case.alive()):
        back, ordinary = _taken(queues[row.payer], row, last_first)
        back = list(_arriving(case, claim, i, 0, back, answer))
        ordinary = list(_arriving(case, claim, i, sum(lot[0] for lot in back), ordinary, answer))
        if last_first:
            queues[row.payee].extend(back + ordinary)
        else:
            queues[row.payee].extendleft(reversed(back))
            queues[row.payee].extend(ordinary)
    for account, queue in enumerate(queues):
        for fen, flow, _ in queue:
            if flow >= 0:
                answer.put(claim, account, case.rest(account), fen)


def _taken(queue: deque[Lot], row: Row, last_first: bool) -> tuple[list[Lot], list[Lot]]:
    """Lots that leave: those of the returned row that never left, then whatever is next; the last may be unknown."""
    need, back, ordinary = row.fen, [], []
    if row.link >= 0:
        kept: list[Lot] = []
        for lot in reversed(queue) if last_first else queue:
            part = min(need, lot[0]) if lot[2] == row.link else 0
            need -= part
            if part:
                back.append((part, *lot[1:]))
            if lot[0] > part:
                kept.append((lot[0] - part, *lot[1:]))
        queue.clear()
        queue.extend(reversed(kept) if last_first else kept)
    while need and queue:
        lot = queue.pop() if last_first else queue.popleft()
        part = min(need, lot[0])
        need -= part
        ordinary.append((part, *lot[1:]))
        if lot[0] > part:
            rest = (lot[0] - part, *lot[1:])
            queue.append(rest) if last_first else queue.appendleft(rest)
    return back, [*ordinary, (need, -1, -1)] if need else ordinary


def _arriving(case: Case, claim: int, i: int, at: int, lots: list[Lot], answer: Answer) -> Iterator[Lot]:
    """The lots as the payee gets them, from offset `at` of row `i` on."""
    share = case.claims[claim]
    for fen, flow, _ in lots:
        if flow >= 0:
            yield fen, _moved(case, claim, i, at, fen, flow, answer), i
        elif i == share.row:
            lo, hi = max(at, share.lo), min(at + fen, share.lo + share.fen)
            if lo < hi:
                yield from ((n, f, i) for n, f in ((lo - at, -1), (hi - lo, _claimed(case, claim, i, lo, hi, answer)),
                                                   (at + fen - hi, -1)) if n)  # fmt: skip
            else:
                yield fen, -1, i
        else:
            yield fen, -1, i
        at += fen


def _claimed(case: Case, claim: int, i: int, lo: int, hi: int, answer: Answer) -> int:
    row = case.rows[i]
    answer.flows.append(Flow(claim, i, lo, hi, -1))
    stop = case.stop(row.payee, row.at)
    if stop is None:
        return len(answer.flows) - 1
    answer.put(claim, row.payee, stop, hi - lo)
    return -1


def _moved(case: Case, claim: int, i: int, at: int, fen: int, parent: int, answer: Answer) -> int:
    """The flow under which `fen` go on behind row `i`, or -1 where they stop."""
    row = case.rows[i]
    if row.at > case.covered[row.payer]:
        answer.put(claim, row.payer, (UNKNOWN, "coverage_ended"), fen)
        return -1
    if row.at > case.last(claim):
        answer.put(claim, row.payer, (UNKNOWN, "horizon"), fen)
        return -1
    answer.flows.append(Flow(claim, i, at, at + fen, parent))
    stop = case.stop(row.payee, row.at) or ((DE_MINIMIS, "") if fen < case.de_minimis else None)
    if stop is None:
        return len(answer.flows) - 1
    answer.put(claim, row.payee, stop, fen)
    return -1
