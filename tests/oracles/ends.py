"""Rules that look at the end only: who was reached at all, and one division of what is left."""

from __future__ import annotations

from tests.oracles.amounts import divided, lib_group
from tests.oracles.case import HOLDING, UNKNOWN, Answer, Case


def poison(case: Case) -> list[set[int]]:
    """Accounts reached of each claim: rows are read again and again until nobody new is reached."""
    return [_reached(case, claim) for claim in range(len(case.claims))]


def _reached(case: Case, claim: int) -> set[int]:
    """The first row that brought it to each account, lowered until it stays."""
    rows, start = case.alive(), case.claims[claim].row
    since: dict[int, int] = {}
    live: dict[int, int] = {}

    def arrive(i: int) -> bool:
        payee = rows[i].payee
        new = i < since.get(payee, len(rows))
        since[payee] = min(i, since.get(payee, len(rows)))
        if case.stop(payee, rows[i].at) is None and i < live.get(payee, len(rows)):
            live[payee] = i
            return True
        return new

    changed = arrive(start)
    while changed:
        changed = False
        for i in range(start + 1, len(rows)):
            row = rows[i]
            if live.get(row.payer, i) < i and row.at <= min(case.covered[row.payer], case.last(claim)):
                changed |= arrive(i)
    return set(since)


def paripassu(case: Case) -> Answer:
    """Pots are what the group holds by the lowest balance, divided by loss among all that reached the account."""
    answer, reached = lib_group(case), poison(case)
    before, left = answer.holdings(), {claim: share.fen for claim, share in enumerate(case.claims)}
    for account in sorted(before):
        pot = sum(before[account].values())
        among = {claim: case.claims[claim].fen for claim in left if account in reached[claim]}
        given = _capped(pot, among, left)
        for claim in left:
            left[claim] -= given.get(claim, 0)
            answer.places[claim, account, HOLDING, ""] = given.get(claim, 0)
            moved = before[account].get(claim, 0) - given.get(claim, 0)
            answer.put(claim, account, (UNKNOWN, "division"), moved)
    return answer


def _capped(pot: int, weight: dict[int, int], left: dict[int, int]) -> dict[int, int]:
    """Whoever would get more than is left to him gets that; the others divide the rest anew."""
    given: dict[int, int] = {}
    while weight:
        share = divided(pot, weight)
        full = [claim for claim in weight if share[claim] > left[claim]]
        if not full:
            return given | share
        for claim in full:
            given[claim] = left[claim]
            pot -= left[claim]
            del weight[claim]
    return given
